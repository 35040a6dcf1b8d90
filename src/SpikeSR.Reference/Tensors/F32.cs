using SpikeSR.Reference.Neurons;

namespace SpikeSR.Reference.Tensors;

/// <summary>IEEE 754 binary32, the same bytes as <see cref="float"/>.</summary>
/// <param name="Value">The number.</param>
public readonly record struct F32(float Value) : IScalar<F32>
{
    /// <inheritdoc/>
    public static bool CarriesDerivative => false;

    /// <inheritdoc/>
    public static F32 operator +(F32 left, F32 right) => new(left.Value + right.Value);

    /// <inheritdoc/>
    public static F32 operator -(F32 left, F32 right) => new(left.Value - right.Value);

    /// <inheritdoc/>
    public static F32 operator *(F32 left, F32 right) => new(left.Value * right.Value);

    /// <inheritdoc/>
    public static F32 operator /(F32 left, F32 right) => new(left.Value / right.Value);

    /// <inheritdoc/>
    public static F32 operator -(F32 value) => new(-value.Value);

    /// <inheritdoc/>
    public static F32 FromDouble(double value) => new((float)value);

    /// <inheritdoc/>
    public static double ToDouble(F32 value) => value.Value;

    /// <inheritdoc/>
    public static F32 FusedMultiplyAdd(F32 left, F32 right, F32 addend) => new(MathF.FusedMultiplyAdd(left.Value, right.Value, addend.Value));

    /// <inheritdoc/>
    public static F32 Sqrt(F32 value) => new(MathF.Sqrt(value.Value));

    /// <inheritdoc/>
    public static F32 Abs(F32 value) => new(MathF.Abs(value.Value));

    /// <inheritdoc/>
    public static F32 Exp(F32 value) => new(ExactMath.Exp(value.Value));

    /// <inheritdoc/>
    public static F32 Erf(F32 value) => new(ExactMath.Erf(value.Value));

    /// <inheritdoc/>
    public static F32 Sigmoid(F32 value) => new(ExactMath.Sigmoid(value.Value));

    /// <inheritdoc/>
    public static F32 Gelu(F32 value) => new(ExactMath.Gelu(value.Value));

    /// <inheritdoc/>
    public static F32 GeluDerivative(F32 value) => new(ExactMath.GeluDerivative(value.Value));

    /// <inheritdoc/>
    public static bool IsGreater(F32 left, F32 right) => left.Value > right.Value;

    /// <inheritdoc/>
    public static double Floor(F32 value) => MathF.Floor(value.Value);

    /// <inheritdoc/>
    public static F32 Fire(F32 u, in SurrogateFunction surrogate) => new(u.Value >= 0 ? 1 : 0);

    /// <inheritdoc/>
    public static F32 Detach(F32 value) => value;
}
