using SpikeSR.Reference.Neurons;

namespace SpikeSR.Reference.Tensors;

/// <summary>
/// The arithmetic that definitions are written in. One source runs as <see cref="F64"/> (the oracle), as <see cref="F32"/> (what a fast
/// kernel must equal byte for byte) and as <see cref="Dual"/> (derivatives). Discontinuous decisions are members, so that a
/// scalar can say what they mean for it (SPEC REP-1).
/// </summary>
/// <typeparam name="T">The scalar itself.</typeparam>
public interface IScalar<T>
    where T : unmanaged, IScalar<T>
{
    /// <summary>True where the scalar carries a derivative: straight-through terms, which are zero in value, are computed only then.</summary>
    static abstract bool CarriesDerivative { get; }

    /// <summary>The nearest scalar to a double; its derivative is 0.</summary>
    static abstract T FromDouble(double value);

    /// <summary>The value, without what else the scalar carries.</summary>
    static abstract double ToDouble(T value);

    /// <summary>Sum, rounded once.</summary>
    static abstract T operator +(T left, T right);

    /// <summary>Difference, rounded once.</summary>
    static abstract T operator -(T left, T right);

    /// <summary>Product, rounded once.</summary>
    static abstract T operator *(T left, T right);

    /// <summary>Quotient, rounded once.</summary>
    static abstract T operator /(T left, T right);

    /// <summary>Negation, exact.</summary>
    static abstract T operator -(T value);

    /// <summary>left * right + addend, rounded once.</summary>
    static abstract T FusedMultiplyAdd(T left, T right, T addend);

    /// <summary>Square root, rounded once.</summary>
    static abstract T Sqrt(T value);

    /// <summary>Absolute value, exact.</summary>
    static abstract T Abs(T value);

    /// <summary>The exponential function (<see cref="ExactMath"/>).</summary>
    static abstract T Exp(T value);

    /// <summary>The error function (<see cref="ExactMath"/>).</summary>
    static abstract T Erf(T value);

    /// <summary>1 / (1 + exp(-x)) (<see cref="ExactMath"/>).</summary>
    static abstract T Sigmoid(T value);

    /// <summary>x Phi(x), Phi(x) = (1 + erf(x / sqrt 2)) / 2 (<see cref="ExactMath"/>).</summary>
    static abstract T Gelu(T value);

    /// <summary>Phi(x) + x phi(x), the derivative of <see cref="Gelu"/> (<see cref="ExactMath"/>).</summary>
    static abstract T GeluDerivative(T value);

    /// <summary>Decision: left &gt; right, by value; false where either is NaN.</summary>
    static abstract bool IsGreater(T left, T right);

    /// <summary>Decision: the largest integer not above the value, as a double; NaN and infinities pass through.</summary>
    static abstract double Floor(T value);

    /// <summary>Decision: does a neuron whose membrane stands <paramref name="u"/> above its threshold fire? 1 if u &gt;= 0, else 0;
    /// the derivative, where carried, is the surrogate's (SPEC LIF-2).</summary>
    static abstract T Fire(T u, in SurrogateFunction surrogate);

    /// <summary>The same value as a constant: what else the scalar carries (a derivative, an error) is 0.</summary>
    static abstract T Detach(T value);
}
