using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Network;

/// <summary>A place among the published names: modules declare their entries relative to it.</summary>
/// <typeparam name="T">Element type.</typeparam>
/// <param name="stateDict">Where entries are declared.</param>
/// <param name="prefix">The place's name with a trailing dot, or empty at the root.</param>
public readonly struct StateDictScope<T>(StateDict<T> stateDict, string prefix)
    where T : unmanaged, IScalar<T>
{
    /// <summary>A place below this one.</summary>
    /// <param name="name">Its name relative to this place; may hold dots.</param>
    public StateDictScope<T> this[string name] => new(stateDict, $"{prefix}{name}.");

    /// <summary>Declares an entry.</summary>
    /// <param name="name">Name relative to this place.</param>
    /// <param name="initialisation">How it starts.</param>
    /// <param name="extents">Extents in the published layout.</param>
    public Parameter<T> Declare(string name, Initialisation initialisation, params ReadOnlySpan<int> extents) =>
        stateDict.Declare(prefix + name, new Shape(extents), initialisation, isBuffer: false);

    /// <summary>Declares a weight of the given extents, uniform in +-1 / sqrt(fan-in), fan-in being all but the first.</summary>
    /// <param name="extents">[out, in / groups, ...].</param>
    public Parameter<T> Weight(params ReadOnlySpan<int> extents) =>
        Declare("weight", Initialisation.Uniform(new Shape(extents[1..]).Length), extents);

    /// <summary>Declares the bias that goes with a weight, uniform in the same bound.</summary>
    /// <param name="weight">The weight.</param>
    public Parameter<T> BiasOf(Parameter<T> weight) =>
        Declare("bias", Initialisation.Uniform(weight.Shape.Length / weight.Shape[0]), weight.Shape[0]);

    /// <summary>Declares the affine pair of a layer norm: ones and zeros.</summary>
    /// <param name="channels">C.</param>
    public (Parameter<T> Weight, Parameter<T> Bias) LayerNorm(int channels) =>
        (Declare("weight", Initialisation.One, channels), Declare("bias", Initialisation.Zero, channels));

    /// <summary>Declares a TDBN: weight start, bias 0, running mean 0, running variance 1 (SPEC TDBN-5).</summary>
    /// <param name="channels">C.</param>
    /// <param name="threshold">V_th of the neurons behind it: the affine weight starts at V_th / sqrt 2, or a share of that.</param>
    /// <param name="share">The share.</param>
    public NormParameters<T> Norm(int channels, double threshold, double share = 1) => new(
        Declare("weight", new Initialisation((1 / Math.Sqrt(2)) * share * threshold), channels),
        Declare("bias", Initialisation.Zero, channels),
        stateDict.Declare(prefix + "running_mean", new Shape(channels), Initialisation.Zero, isBuffer: true),
        stateDict.Declare(prefix + "running_var", new Shape(channels), Initialisation.One, isBuffer: true));
}
