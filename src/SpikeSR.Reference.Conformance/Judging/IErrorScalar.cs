using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Judging;

/// <summary>A scalar that carries what rounding may do to it.</summary>
/// <typeparam name="T">The scalar itself.</typeparam>
internal interface IErrorScalar<T> : IScalar<T>
    where T : unmanaged, IErrorScalar<T>
{
    /// <summary>Numbers that <see cref="Sample"/> gives.</summary>
    static abstract int Samples { get; }

    /// <summary>Relative error of storing and of summing, together.</summary>
    static abstract double OneRounding { get; }

    /// <summary>How far a backend's value may lie from this one; infinite where nothing can be said.</summary>
    double Error { get; }

    /// <summary>The value as a tensor holds it: its sum closed, and rounded to storage.</summary>
    T Store();

    /// <summary>The value as a product with 1 in a matrix product leaves it: rounded as its operands are.</summary>
    T AsOperand();

    /// <summary>The same with a larger error.</summary>
    /// <param name="by">What is added to it.</param>
    T Widen(double by);

    /// <summary>Writes down samples of the error, in units of one rounding.</summary>
    /// <param name="into">Where to, <see cref="Samples"/> long.</param>
    void Sample(Span<float> into);
}
