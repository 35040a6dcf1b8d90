using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators;

/// <summary>The attributes of Adam (SPEC ADAM-1).</summary>
/// <param name="LearningRate">lr.</param>
/// <param name="Beta1">Decay of the first moment.</param>
/// <param name="Beta2">Decay of the second moment.</param>
/// <param name="Epsilon">Added to the root of the second moment.</param>
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
        Guard.That(step >= 1, $"step is {step}, expected at least 1", nameof(step));
        Guard.SameLength(theta, gradient, nameof(gradient));
        Guard.SameLength(theta, m, nameof(m));
        Guard.SameLength(theta, v, nameof(v));
        var constants = new AdamConstants<T>(settings, step);
        threads.ForRange(theta.Length, 4096, (first, last) =>
        {
            for (var i = first; i < last; i++)
            {
                var g = gradient.Span[i];
                var momentum = T.FusedMultiplyAdd(constants.Beta1, m.Span[i], constants.Take1 * g);
                var second = T.FusedMultiplyAdd(constants.Beta2, v.Span[i], constants.Take2 * (g * g));
                m.Span[i] = momentum;
                v.Span[i] = second;
                theta.Span[i] -= (constants.LearningRate * (momentum / constants.Correction1)) / (T.Sqrt(second / constants.Correction2) + constants.Epsilon);
            }
        });
    }
}

/// <summary>Adam's constants as scalars, each rounded once from double.</summary>
/// <typeparam name="T">Scalar.</typeparam>
/// <param name="settings">Rates.</param>
/// <param name="step">Number of the step, from 1.</param>
internal readonly struct AdamConstants<T>(AdamSettings settings, long step)
    where T : unmanaged, IScalar<T>
{
    public T LearningRate { get; } = T.FromDouble(settings.LearningRate);

    public T Beta1 { get; } = T.FromDouble(settings.Beta1);

    public T Beta2 { get; } = T.FromDouble(settings.Beta2);

    public T Take1 { get; } = T.FromDouble(1 - settings.Beta1);

    public T Take2 { get; } = T.FromDouble(1 - settings.Beta2);

    public T Correction1 { get; } = T.FromDouble(1 - Power(settings.Beta1, step));

    public T Correction2 { get; } = T.FromDouble(1 - Power(settings.Beta2, step));

    public T Epsilon { get; } = T.FromDouble(settings.Epsilon);

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
