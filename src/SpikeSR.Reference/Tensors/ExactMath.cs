namespace SpikeSR.Reference.Tensors;

/// <summary>
/// exp, erf, sigmoid, tanh, GELU and its derivative from + - * /, fused multiply-add and comparisons alone, so that every platform and every
/// vector width gives the same bits (SPEC REP-1, REP-6). The vector code is the code below it, written once over the lane; these entries run it on a lane of one.
/// </summary>
/// <remarks>
/// Error: for <see cref="float"/> at most <see cref="ExactMathAccuracy.Limit"/> units in the last place of the result (of 2^-149 among subnormals), over all
/// 2^32 arguments; for <see cref="double"/> at most 1.5 by samples. <see cref="GeluDerivative(float)"/> has a zero near -0.75, and its unit is that of 1.
/// NaN gives NaN. Results too small for a normal number are rounded to a subnormal one; nothing is flushed to zero.
/// </remarks>
public static partial class ExactMath
{
    /// <summary>exp(x). exp(-inf) = +0, exp(inf) = inf.</summary>
    /// <param name="x">Any number.</param>
    public static float Exp(float x) => Exp<LaneScalar<float>, float>(new(x)).Value;

    /// <inheritdoc cref="Exp(float)"/>
    public static double Exp(double x) => Exp<LaneScalar<double>, double>(new(x)).Value;

    /// <summary>1 / (1 + exp(-x)). sigmoid(-inf) = +0, sigmoid(inf) = 1.</summary>
    /// <param name="x">Any number.</param>
    public static float Sigmoid(float x) => Sigmoid<LaneScalar<float>, float>(new(x)).Value;

    /// <inheritdoc cref="Sigmoid(float)"/>
    public static double Sigmoid(double x) => Sigmoid<LaneScalar<double>, double>(new(x)).Value;

    /// <summary>The hyperbolic tangent, odd to the bit: tanh(-0) = -0, tanh(+-inf) = +-1.</summary>
    /// <param name="x">Any number.</param>
    public static float Tanh(float x) => Tanh<LaneScalar<float>, float>(new(x)).Value;

    /// <inheritdoc cref="Tanh(float)"/>
    public static double Tanh(double x) => Tanh<LaneScalar<double>, double>(new(x)).Value;

    /// <summary>The error function, odd to the bit: erf(-0) = -0, erf(+-inf) = +-1.</summary>
    /// <param name="x">Any number.</param>
    public static float Erf(float x) => Erf<LaneScalar<float>, float>(new(x)).Value;

    /// <inheritdoc cref="Erf(float)"/>
    public static double Erf(double x) => Erf<LaneScalar<double>, double>(new(x)).Value;

    /// <summary>
    /// x Phi(x), Phi(x) = (1 + erf(x / sqrt 2)) / 2. Negative arguments keep their relative accuracy down to the smallest subnormal result.
    /// gelu(-0) = -0, gelu(-inf) = -0 (the limit), gelu(inf) = inf.
    /// </summary>
    /// <param name="x">Any number.</param>
    public static float Gelu(float x) => Gelu<LaneScalar<float>, float>(new(x)).Value;

    /// <inheritdoc cref="Gelu(float)"/>
    public static double Gelu(double x) => Gelu<LaneScalar<double>, double>(new(x)).Value;

    /// <summary>Phi(x) + x phi(x), the derivative of <see cref="Gelu(float)"/>. -inf gives -0, inf gives 1.</summary>
    /// <param name="x">Any number.</param>
    public static float GeluDerivative(float x) => GeluDerivative<LaneScalar<float>, float>(new(x)).Value;

    /// <inheritdoc cref="GeluDerivative(float)"/>
    public static double GeluDerivative(double x) => GeluDerivative<LaneScalar<double>, double>(new(x)).Value;
}
