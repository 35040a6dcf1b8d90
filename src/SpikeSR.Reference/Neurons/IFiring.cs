using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Neurons;

/// <summary>Who says whether a neuron fires, and what its steps hand on: the neuron itself, or somebody whose decisions and storage are being followed.</summary>
/// <typeparam name="T">Scalar.</typeparam>
internal interface IFiring<T>
    where T : unmanaged, IScalar<T>
{
    /// <summary>The spike, 0 or 1.</summary>
    /// <param name="u">Membrane less threshold.</param>
    /// <param name="at">Position in [T, M].</param>
    T Fire(T u, int at);

    /// <summary>A number that one step hands on to the next: the membrane, and on the way back the gradient by it.</summary>
    /// <param name="value">As the step left it.</param>
    T HandOn(T value);
}

/// <summary>The neuron itself (SPEC LIF-2).</summary>
/// <typeparam name="T">Scalar.</typeparam>
/// <param name="surrogate">The surrogate, for scalars that carry derivatives.</param>
internal readonly struct OwnFiring<T>(SurrogateFunction surrogate) : IFiring<T>
    where T : unmanaged, IScalar<T>
{
    private readonly SurrogateFunction _surrogate = surrogate;

    /// <inheritdoc/>
    public T Fire(T u, int at) => T.Fire(u, _surrogate);

    /// <inheritdoc/>
    public T HandOn(T value) => value;
}
