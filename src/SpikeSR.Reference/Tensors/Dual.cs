using SpikeSR.Reference.Neurons;

namespace SpikeSR.Reference.Tensors;

/// <summary>
/// A dual number, value + derivative * e with e^2 = 0, over double: running a definition on duals gives the directional derivative of its
/// outputs beside them. At a spike the derivative is the surrogate's, so it checks the real backward pass (SPEC REP-1).
/// </summary>
/// <param name="Value">The value.</param>
/// <param name="Derivative">The derivative along the chosen direction.</param>
public readonly record struct Dual(double Value, double Derivative) : IScalar<Dual>
{
    /// <inheritdoc/>
    public static bool CarriesDerivative => true;

    /// <inheritdoc/>
    public static Dual operator +(Dual left, Dual right) => new(left.Value + right.Value, left.Derivative + right.Derivative);

    /// <inheritdoc/>
    public static Dual operator -(Dual left, Dual right) => new(left.Value - right.Value, left.Derivative - right.Derivative);

    /// <inheritdoc/>
    public static Dual operator *(Dual left, Dual right) =>
        new(left.Value * right.Value, (left.Derivative * right.Value) + (left.Value * right.Derivative));

    /// <inheritdoc/>
    public static Dual operator /(Dual left, Dual right)
    {
        var quotient = left.Value / right.Value;
        return new(quotient, (left.Derivative - (quotient * right.Derivative)) / right.Value);
    }

    /// <inheritdoc/>
    public static Dual operator -(Dual value) => new(-value.Value, -value.Derivative);

    /// <inheritdoc/>
    public static Dual FromDouble(double value) => new(value, 0);

    /// <inheritdoc/>
    public static double ToDouble(Dual value) => value.Value;

    /// <inheritdoc/>
    public static Dual FusedMultiplyAdd(Dual left, Dual right, Dual addend) =>
        new(
            Math.FusedMultiplyAdd(left.Value, right.Value, addend.Value),
            Math.FusedMultiplyAdd(left.Derivative, right.Value, Math.FusedMultiplyAdd(left.Value, right.Derivative, addend.Derivative)));

    /// <inheritdoc/>
    public static Dual Sqrt(Dual value)
    {
        var root = Math.Sqrt(value.Value);
        return new(root, value.Derivative / (2 * root));
    }

    /// <inheritdoc/>
    public static Dual Abs(Dual value) => new(Math.Abs(value.Value), value.Value < 0 ? -value.Derivative : value.Value > 0 ? value.Derivative : 0);

    /// <inheritdoc/>
    public static Dual Exp(Dual value)
    {
        var exp = ExactMath.Exp(value.Value);
        return new(exp, exp * value.Derivative);
    }

    /// <inheritdoc/>
    public static Dual Erf(Dual value) =>
        new(ExactMath.Erf(value.Value), 2 / Math.Sqrt(Math.PI) * ExactMath.Exp(-value.Value * value.Value) * value.Derivative);

    /// <inheritdoc/>
    public static Dual Sigmoid(Dual value)
    {
        var sigmoid = ExactMath.Sigmoid(value.Value);
        return new(sigmoid, sigmoid * (1 - sigmoid) * value.Derivative);
    }

    /// <inheritdoc/>
    public static Dual Gelu(Dual value)
    {
        // d/dx [x (1 + erf(x / sqrt 2)) / 2], from erf and exp: a second derivation beside ExactMath.GeluDerivative.
        var cumulative = (1 + ExactMath.Erf(value.Value / Math.Sqrt(2))) / 2;
        var density = ExactMath.Exp(-value.Value * value.Value / 2) / Math.Sqrt(2 * Math.PI);
        return new(ExactMath.Gelu(value.Value), (cumulative + (value.Value * density)) * value.Derivative);
    }

    /// <inheritdoc/>
    public static Dual GeluDerivative(Dual value)
    {
        // Phi' + phi + x phi' = (2 - x^2) phi.
        var density = ExactMath.Exp(-value.Value * value.Value / 2) / Math.Sqrt(2 * Math.PI);
        return new(ExactMath.GeluDerivative(value.Value), (2 - (value.Value * value.Value)) * density * value.Derivative);
    }

    /// <inheritdoc/>
    public static bool IsGreater(Dual left, Dual right) => left.Value > right.Value;

    /// <inheritdoc/>
    public static double Floor(Dual value) => Math.Floor(value.Value);

    /// <inheritdoc/>
    public static Dual Fire(Dual u, in SurrogateFunction surrogate) =>
        new(u.Value >= 0 ? 1 : 0, surrogate.Derivative(new F64(u.Value)).Value * u.Derivative);

    /// <inheritdoc/>
    public static Dual Detach(Dual value) => new(value.Value, 0);
}
