using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Tests.Properties;

/// <summary>An operator or module as the laws see it: what it reads, what it writes, and how it runs on a backend.</summary>
/// <param name="name">Name in reports.</param>
internal abstract class Subject(string name)
{
    /// <summary>Name in reports.</summary>
    public string Name { get; } = name;

    /// <summary>How many random samples a law checks.</summary>
    public int Samples { get; init; } = 20;

    /// <summary>The inputs and parameters in each of which the outputs are affine while the others stay.</summary>
    public IReadOnlyList<string> LinearIn { get; init; } = [];

    /// <summary>Chooses sizes and settings, declares inputs, parameters and outputs, and says how to compute.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="trial">Where to declare.</param>
    public abstract Calculation Prepare<T>(Trial<T> trial)
        where T : unmanaged, IScalar<T>;

    /// <summary>Runs forward and, where asked, backward.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="sample">What decides.</param>
    /// <param name="backend">What computes.</param>
    /// <param name="lift">What a drawn number becomes.</param>
    /// <param name="backwardPasses">How many backward passes follow.</param>
    public Trial<T> Run<T>(Sample sample, Backend<T> backend, Func<Drawn, T> lift, int backwardPasses = 0)
        where T : unmanaged, IScalar<T>
    {
        var trial = new Trial<T>(sample, backend, lift);
        var calculation = Prepare(trial);
        calculation.Forward();
        for (var pass = 0; pass < backwardPasses; pass++)
        {
            calculation.Backward();
        }

        trial.Dispose();
        return trial;
    }

    public override string ToString() => Name;
}

/// <summary>How a subject computes what it declared.</summary>
/// <param name="Forward">Fills the outputs.</param>
/// <param name="Backward">Fills the gradients of inputs and adds to those of parameters; runs after Forward.</param>
internal readonly record struct Calculation(Action Forward, Action Backward);
