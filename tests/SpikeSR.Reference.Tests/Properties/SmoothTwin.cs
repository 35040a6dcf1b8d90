using SpikeSR.Reference.Neurons;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Tests.Properties;

/// <summary>
/// A double in whose world a neuron does not step: <see cref="Fire"/> is the smooth function whose derivative the surrogate is. The backward pass of a
/// network in this scalar is the true gradient of its forward pass, so finite differences can judge it, without dual numbers and without
/// the definitions' own derivatives.
/// </summary>
/// <param name="Value">The value.</param>
internal readonly record struct SmoothTwin(double Value) : IScalar<SmoothTwin>
{
    public static bool CarriesDerivative => false;

    public static SmoothTwin operator +(SmoothTwin left, SmoothTwin right) => new(left.Value + right.Value);

    public static SmoothTwin operator -(SmoothTwin left, SmoothTwin right) => new(left.Value - right.Value);

    public static SmoothTwin operator *(SmoothTwin left, SmoothTwin right) => new(left.Value * right.Value);

    public static SmoothTwin operator /(SmoothTwin left, SmoothTwin right) => new(left.Value / right.Value);

    public static SmoothTwin operator -(SmoothTwin value) => new(-value.Value);

    public static SmoothTwin FromDouble(double value) => new(value);

    public static double ToDouble(SmoothTwin value) => value.Value;

    public static SmoothTwin FusedMultiplyAdd(SmoothTwin left, SmoothTwin right, SmoothTwin addend) =>
        new(Math.FusedMultiplyAdd(left.Value, right.Value, addend.Value));

    public static SmoothTwin Sqrt(SmoothTwin value) => new(Math.Sqrt(value.Value));

    public static SmoothTwin Abs(SmoothTwin value) => new(Math.Abs(value.Value));

    public static SmoothTwin Exp(SmoothTwin value) => new(ExactMath.Exp(value.Value));

    public static SmoothTwin Erf(SmoothTwin value) => new(ExactMath.Erf(value.Value));

    public static SmoothTwin Sigmoid(SmoothTwin value) => new(ExactMath.Sigmoid(value.Value));

    public static SmoothTwin Gelu(SmoothTwin value) => new(ExactMath.Gelu(value.Value));

    public static SmoothTwin GeluDerivative(SmoothTwin value) => new(ExactMath.GeluDerivative(value.Value));

    public static bool IsGreater(SmoothTwin left, SmoothTwin right) => left.Value > right.Value;

    public static double Floor(SmoothTwin value) => Math.Floor(value.Value);

    public static SmoothTwin Fire(SmoothTwin u, in SurrogateFunction surrogate) => new(Primitive(surrogate, u.Value));

    public static SmoothTwin Detach(SmoothTwin value) => value;

    /// <summary>The function from 0 to 1 whose derivative is the surrogate's.</summary>
    public static double Primitive(SurrogateFunction surrogate, double u)
    {
        var (alpha, scaled) = (surrogate.Alpha, surrogate.Alpha * u);
        return surrogate.Kind switch
        {
            SurrogateKind.Sigmoid => 1 / (1 + Math.Exp(-scaled)),
            SurrogateKind.ATan => (Math.Atan(Math.PI / 2 * scaled) / Math.PI) + 0.5,
            SurrogateKind.PiecewiseQuadratic when Math.Abs(scaled) >= 1 => u > 0 ? 1 : 0,
            SurrogateKind.PiecewiseQuadratic => (-alpha * alpha * Math.Abs(u) * u / 2) + scaled + 0.5,
            SurrogateKind.PiecewiseExp => u < 0 ? Math.Exp(scaled) / 2 : 1 - (Math.Exp(-scaled) / 2),
            SurrogateKind.SoftSign => (scaled / (1 + Math.Abs(scaled)) / 2) + 0.5,
            SurrogateKind.Erf => (1 + ExactMath.Erf(scaled)) / 2,
            _ => throw new ArgumentOutOfRangeException(nameof(surrogate)),
        };
    }
}
