using SpikeSR.Reference.Neurons;

namespace SpikeSR.Reference.Tensors;

/// <summary>IEEE 754 binary64, the same bytes as <see cref="double"/>.</summary>
/// <param name="Value">The number.</param>
public readonly record struct F64(double Value) : IScalar<F64>
{
    /// <inheritdoc/>
    public static bool CarriesDerivative => false;

    /// <inheritdoc/>
    public static F64 operator +(F64 left, F64 right) => new(left.Value + right.Value);

    /// <inheritdoc/>
    public static F64 operator -(F64 left, F64 right) => new(left.Value - right.Value);

    /// <inheritdoc/>
    public static F64 operator *(F64 left, F64 right) => new(left.Value * right.Value);

    /// <inheritdoc/>
    public static F64 operator /(F64 left, F64 right) => new(left.Value / right.Value);

    /// <inheritdoc/>
    public static F64 operator -(F64 value) => new(-value.Value);

    /// <inheritdoc/>
    public static F64 FromDouble(double value) => new(value);

    /// <inheritdoc/>
    public static double ToDouble(F64 value) => value.Value;

    /// <inheritdoc/>
    public static F64 FusedMultiplyAdd(F64 left, F64 right, F64 addend) => new(Math.FusedMultiplyAdd(left.Value, right.Value, addend.Value));

    /// <inheritdoc/>
    public static F64 Sqrt(F64 value) => new(Math.Sqrt(value.Value));

    /// <inheritdoc/>
    public static F64 Abs(F64 value) => new(Math.Abs(value.Value));

    /// <inheritdoc/>
    public static F64 Exp(F64 value) => new(ExactMath.Exp(value.Value));

    /// <inheritdoc/>
    public static F64 Erf(F64 value) => new(ExactMath.Erf(value.Value));

    /// <inheritdoc/>
    public static F64 Sigmoid(F64 value) => new(ExactMath.Sigmoid(value.Value));

    /// <inheritdoc/>
    public static F64 Gelu(F64 value) => new(ExactMath.Gelu(value.Value));

    /// <inheritdoc/>
    public static F64 GeluDerivative(F64 value) => new(ExactMath.GeluDerivative(value.Value));

    /// <inheritdoc/>
    public static bool IsGreater(F64 left, F64 right) => left.Value > right.Value;

    /// <inheritdoc/>
    public static double Floor(F64 value) => Math.Floor(value.Value);

    /// <inheritdoc/>
    public static F64 Fire(F64 u, in SurrogateFunction surrogate) => new(u.Value >= 0 ? 1 : 0);

    /// <inheritdoc/>
    public static F64 Detach(F64 value) => value;
}
