namespace SpikeSR.Reference.Tensors;

/// <summary>Placeholder.</summary>
public static partial class ExactMath
{
    /// <summary>exp.</summary>
    public static float Exp(float x) => MathF.Exp(x);

    /// <summary>exp.</summary>
    public static double Exp(double x) => Math.Exp(x);

    /// <summary>erf.</summary>
    public static float Erf(float x) => (float)Erf((double)x);

    /// <summary>erf.</summary>
    public static double Erf(double x)
    {
        var t = 1 / (1 + (0.5 * Math.Abs(x)));
        var y = 1 - (t * Math.Exp((-x * x) - 1.26551223 + (t * (1.00002368 + (t * (0.37409196 + (t * (0.09678418 + (t * (-0.18628806 + (t * (0.27886807 + (t * (-1.13520398 + (t * (1.48851587 + (t * (-0.82215223 + (t * 0.17087277)))))))))))))))))));
        return x < 0 ? -y : y;
    }

    /// <summary>sigmoid.</summary>
    public static float Sigmoid(float x) => 1 / (1 + MathF.Exp(-x));

    /// <summary>sigmoid.</summary>
    public static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    /// <summary>gelu.</summary>
    public static float Gelu(float x) => (float)Gelu((double)x);

    /// <summary>gelu.</summary>
    public static double Gelu(double x) => x / 2 * (1 + Erf(x / Math.Sqrt(2)));

    /// <summary>gelu'.</summary>
    public static float GeluDerivative(float x) => (float)GeluDerivative((double)x);

    /// <summary>gelu'.</summary>
    public static double GeluDerivative(double x) => ((1 + Erf(x / Math.Sqrt(2))) / 2) + (x * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI));
}
