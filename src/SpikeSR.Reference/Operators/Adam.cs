using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators;

/// <summary>The attributes of Adam (SPEC ADAM-1).</summary>
/// <param name="LearningRate">lr.</param>
/// <param name="Beta1">Decay of the first moment, from 0 to below 1.</param>
/// <param name="Beta2">Decay of the second moment, from 0 to below 1.</param>
/// <param name="Epsilon">Added to the root of the second moment; at least 0.</param>
public sealed record AdamSettings(double LearningRate = 1e-4, double Beta1 = 0.9, double Beta2 = 0.999, double Epsilon = 1e-8);

/// <summary>
/// Definition of one Adam step with bias correction (SPEC ADAM):
/// <code>
/// m     = fma(beta1, m, (1 - beta1) g)
/// v     = fma(beta2, v, (1 - beta2) (g g))
/// theta = theta - (lr (m / (1 - beta1^step))) / (sqrt(v / (1 - beta2^step)) + eps)
/// </code>
/// </summary>
public static class Adam
{
    /// <summary>Updates parameters and moments in place.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="settings">Rates.</param>
    /// <param name="step">Number of this step, from 1.</param>
    /// <param name="theta">Parameters, any shape.</param>
    /// <param name="gradient">Gradient, as theta.</param>
    /// <param name="m">First moment, as theta.</param>
    /// <param name="v">Second moment, as theta.</param>
    /// <param name="threads">Threads over elements.</param>
    public static void Step<T>(AdamSettings settings, long step, TensorView<T> theta, TensorView<T> gradient, TensorView<T> m, TensorView<T> v, Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        Check(settings, step, theta, gradient, m, v);
        Average(settings, gradient, m, v, threads);
        Descend(settings, step, theta, m, v, threads);
    }

    /// <summary>The moments' part of a step.</summary>
    internal static void Average<T>(AdamSettings settings, TensorView<T> gradient, TensorView<T> m, TensorView<T> v, Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        var constants = new AdamConstants(settings, step: 1);
        var (beta1, take1) = (T.FromDouble(constants.Beta1), T.FromDouble(constants.Take1));
        var (beta2, take2) = (T.FromDouble(constants.Beta2), T.FromDouble(constants.Take2));
        threads.ForRange(gradient.Length, 4096, (first, last) =>
        {
            for (var i = first; i < last; i++)
            {
                var g = gradient.Span[i];
                m.Span[i] = T.FusedMultiplyAdd(beta1, m.Span[i], take1 * g);
                v.Span[i] = T.FusedMultiplyAdd(beta2, v.Span[i], take2 * (g * g));
            }
        });
    }

    /// <summary>The parameters' part of a step, from the new moments.</summary>
    internal static void Descend<T>(AdamSettings settings, long step, TensorView<T> theta, TensorView<T> m, TensorView<T> v, Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        var constants = new AdamConstants(settings, step);
        var (correction1, correction2) = (T.FromDouble(constants.Correction1), T.FromDouble(constants.Correction2));
        var (rate, epsilon) = (T.FromDouble(constants.LearningRate), T.FromDouble(constants.Epsilon));
        threads.ForRange(theta.Length, 4096, (first, last) =>
        {
            for (var i = first; i < last; i++)
            {
                theta.Span[i] -= (rate * (m.Span[i] / correction1)) / (T.Sqrt(v.Span[i] / correction2) + epsilon);
            }
        });
    }

    /// <summary>Throws unless the decays and epsilon are in their ranges, the step counts from 1 and the tensors hold as many elements.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="settings">Rates.</param>
    /// <param name="step">Number of the step.</param>
    /// <param name="theta">Parameters.</param>
    /// <param name="gradient">Gradient.</param>
    /// <param name="m">First moment.</param>
    /// <param name="v">Second moment.</param>
    internal static void Check<T>(AdamSettings settings, long step, TensorView<T> theta, TensorView<T> gradient, TensorView<T> m, TensorView<T> v)
        where T : unmanaged
    {
        Guard.That(settings.Beta1 is >= 0 and < 1, $"beta1 is {settings.Beta1}, expected at least 0 and below 1", nameof(settings));
        Guard.That(settings.Beta2 is >= 0 and < 1, $"beta2 is {settings.Beta2}, expected at least 0 and below 1", nameof(settings));
        Guard.That(settings.Epsilon >= 0, $"eps is {settings.Epsilon}, expected at least 0", nameof(settings));
        Guard.That(step >= 1, $"step is {step}, expected at least 1", nameof(step));
        Guard.SameLength(theta, gradient, nameof(gradient));
        Guard.SameLength(theta, m, nameof(m));
        Guard.SameLength(theta, v, nameof(v));
    }
}

/// <summary>Adam's constants in double; each is rounded once to the scalar that uses it.</summary>
/// <param name="settings">Rates.</param>
/// <param name="step">Number of the step, from 1.</param>
internal readonly struct AdamConstants(AdamSettings settings, long step)
{
    public double LearningRate { get; } = settings.LearningRate;

    public double Beta1 { get; } = settings.Beta1;

    public double Beta2 { get; } = settings.Beta2;

    public double Take1 { get; } = 1 - settings.Beta1;

    public double Take2 { get; } = 1 - settings.Beta2;

    public double Correction1 { get; } = 1 - Power(settings.Beta1, step);

    public double Correction2 { get; } = 1 - Power(settings.Beta2, step);

    public double Epsilon { get; } = settings.Epsilon;

    // By repeated squaring in double, so that every platform finds the same power.
    private static double Power(double value, long exponent)
    {
        var power = 1.0;
        for (var square = value; exponent > 0; exponent >>= 1, square *= square)
        {
            power = (exponent & 1) == 1 ? power * square : power;
        }

        return power;
    }
}
