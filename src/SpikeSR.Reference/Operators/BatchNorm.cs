using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators;

/// <summary>The attributes of batch normalisation (SPEC TDBN-1).</summary>
/// <param name="Epsilon">Added to the variance under the root.</param>
/// <param name="Momentum">Weight of the batch in the running statistics.</param>
/// <param name="Train">Whether the batch's statistics are used (and folded into the running ones) instead of the running ones.</param>
public sealed record BatchNormSettings(double Epsilon = 1e-5, double Momentum = 0.1, bool Train = false);

/// <summary>
/// Definition of TDBN, batch normalisation over (T, B, H, W) per channel (SPEC TDBN): <c>y = fma(x, scale, shift)</c> with
/// <c>rstd = 1 / sqrt(var + eps)</c>, <c>scale = weight rstd</c>, <c>shift = fma(-mean, scale, bias)</c>.
/// </summary>
public static class BatchNorm
{
    /// <summary>Normalises, and in training folds the batch's statistics into the running ones.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="settings">Epsilon, momentum, mode.</param>
    /// <param name="x">Input [planes, pixels, C], planes = T B.</param>
    /// <param name="weight">Affine weight [C].</param>
    /// <param name="bias">Affine bias [C].</param>
    /// <param name="runningMean">Running mean [C]; read in evaluation, updated in training.</param>
    /// <param name="runningVariance">Running variance [C]; read in evaluation, updated in training (unbiased).</param>
    /// <param name="y">Output, as x; may be x itself.</param>
    /// <param name="statistics">Receives mean and rstd [2, C] for the backward pass.</param>
    /// <param name="threads">Threads over channels.</param>
    /// <exception cref="ArgumentException">Shapes differ, or training has a single value a channel.</exception>
    public static void Forward<T>(
        BatchNormSettings settings, TensorView<T> x, TensorView<T> weight, TensorView<T> bias, TensorView<T> runningMean, TensorView<T> runningVariance, TensorView<T> y, TensorView<T> statistics, Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        var (n, channels) = CheckForward(settings, x, weight, bias, runningMean, runningVariance, y, statistics);
        threads.For(channels, c =>
        {
            var (mean, variance) = (runningMean.Span[c], runningVariance.Span[c]);
            if (settings.Train)
            {
                (mean, variance) = Moments(x, c, n);
                var (keep, take) = (T.FromDouble(1 - settings.Momentum), T.FromDouble(settings.Momentum));
                var unbiased = variance * T.FromDouble(n / (n - 1.0));
                runningMean.Span[c] = T.FusedMultiplyAdd(take, mean, keep * runningMean.Span[c]);
                runningVariance.Span[c] = T.FusedMultiplyAdd(take, unbiased, keep * runningVariance.Span[c]);
            }

            var rstd = T.FromDouble(1) / T.Sqrt(variance + T.FromDouble(settings.Epsilon));
            statistics.Span[c] = mean;
            statistics.Span[channels + c] = rstd;
            var (scale, shift) = ScaleAndShift(weight.Span[c], bias.Span[c], mean, rstd);
            for (var i = c; i < x.Length; i += channels)
            {
                y.Span[i] = T.FusedMultiplyAdd(x.Span[i], scale, shift);
            }
        });
    }

    /// <summary>
    /// gradBias += sum g; gradWeight += sum g xhat, xhat = (x - mean) rstd; gradX = g scale in evaluation,
    /// scale ((g - sum g / n) - xhat (sum g xhat / n)) in training. Overwrites gradX.
    /// </summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="settings">Epsilon, momentum, mode.</param>
    /// <param name="x">Input [planes, pixels, C].</param>
    /// <param name="weight">Affine weight [C].</param>
    /// <param name="statistics">Mean and rstd [2, C] from the forward pass.</param>
    /// <param name="gradY">Gradient by the output, as x.</param>
    /// <param name="gradX">Gradient by the input, as x; may be gradY itself.</param>
    /// <param name="gradWeight">Gradient by the weight [C].</param>
    /// <param name="gradBias">Gradient by the bias [C].</param>
    /// <param name="threads">Threads over channels.</param>
    public static void Backward<T>(
        BatchNormSettings settings, TensorView<T> x, TensorView<T> weight, TensorView<T> statistics, TensorView<T> gradY, TensorView<T> gradX, TensorView<T> gradWeight, TensorView<T> gradBias, Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        var (n, channels) = CheckBackward(x, weight, statistics, gradY, gradX, gradWeight, gradBias);
        threads.For(channels, c =>
        {
            var (mean, rstd) = (statistics.Span[c], statistics.Span[channels + c]);
            var scale = weight.Span[c] * rstd;
            var sumGradient = ChannelSum.Channel(gradY, c);
            var sumProduct = SumNormalised(x, gradY, c, mean, rstd);
            gradBias.Span[c] += sumGradient;
            gradWeight.Span[c] += sumProduct;
            var (meanGradient, meanProduct) = (sumGradient / T.FromDouble(n), sumProduct / T.FromDouble(n));
            for (var i = c; i < x.Length; i += channels)
            {
                var g = gradY.Span[i];
                var normalised = (x.Span[i] - mean) * rstd;
                gradX.Span[i] = settings.Train ? scale * ((g - meanGradient) - (normalised * meanProduct)) : g * scale;
            }
        });
    }

    /// <summary>scale = weight rstd, shift = fma(-mean, scale, bias): the affine map that normalisation amounts to.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="weight">Affine weight of the channel.</param>
    /// <param name="bias">Affine bias of the channel.</param>
    /// <param name="mean">Mean of the channel.</param>
    /// <param name="rstd">1 / sqrt(var + eps) of the channel.</param>
    internal static (T Scale, T Shift) ScaleAndShift<T>(T weight, T bias, T mean, T rstd)
        where T : unmanaged, IScalar<T>
    {
        var scale = weight * rstd;
        return (scale, T.FusedMultiplyAdd(-mean, scale, bias));
    }

    /// <summary>Throws unless the forward pass's tensors fit together; n and C.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="settings">Mode.</param>
    /// <param name="x">[planes, pixels, C].</param>
    /// <param name="weight">[C].</param>
    /// <param name="bias">[C].</param>
    /// <param name="runningMean">[C].</param>
    /// <param name="runningVariance">[C].</param>
    /// <param name="y">As x.</param>
    /// <param name="statistics">[2, C].</param>
    internal static (int N, int Channels) CheckForward<T>(
        BatchNormSettings settings, TensorView<T> x, TensorView<T> weight, TensorView<T> bias, TensorView<T> runningMean, TensorView<T> runningVariance, TensorView<T> y, TensorView<T> statistics)
        where T : unmanaged
    {
        var (n, channels) = Check(x, weight, statistics);
        CheckParameters(channels, weight, bias, runningMean, runningVariance);
        Guard.SameLength(x, y, nameof(y));
        Guard.That(!settings.Train || n > 1, "training needs more than one value a channel", nameof(x));
        return (n, channels);
    }

    /// <summary>Throws unless there is a parameter of each kind for every channel.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="channels">C.</param>
    /// <param name="weight">[C].</param>
    /// <param name="bias">[C].</param>
    /// <param name="runningMean">[C].</param>
    /// <param name="runningVariance">[C].</param>
    internal static void CheckParameters<T>(int channels, TensorView<T> weight, TensorView<T> bias, TensorView<T> runningMean, TensorView<T> runningVariance)
        where T : unmanaged
    {
        Guard.HasShape(weight, nameof(weight), channels);
        Guard.HasShape(bias, nameof(bias), channels);
        Guard.HasShape(runningMean, nameof(runningMean), channels);
        Guard.HasShape(runningVariance, nameof(runningVariance), channels);
    }

    /// <summary>Throws unless the backward pass's tensors fit together; n and C.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="x">[planes, pixels, C].</param>
    /// <param name="weight">[C].</param>
    /// <param name="statistics">[2, C].</param>
    /// <param name="gradY">As x.</param>
    /// <param name="gradX">As x.</param>
    /// <param name="gradWeight">[C].</param>
    /// <param name="gradBias">[C].</param>
    internal static (int N, int Channels) CheckBackward<T>(
        TensorView<T> x, TensorView<T> weight, TensorView<T> statistics, TensorView<T> gradY, TensorView<T> gradX, TensorView<T> gradWeight, TensorView<T> gradBias)
        where T : unmanaged
    {
        var (n, channels) = Check(x, weight, statistics);
        Guard.HasShape(gradWeight, nameof(gradWeight), channels);
        Guard.HasShape(gradBias, nameof(gradBias), channels);
        Guard.SameLength(x, gradY, nameof(gradY));
        Guard.SameLength(x, gradX, nameof(gradX));
        return (n, channels);
    }

    // Mean and biased variance of one channel; the variance in a second pass over (x - mean)^2.
    private static (T Mean, T Variance) Moments<T>(TensorView<T> x, int channel, int n)
        where T : unmanaged, IScalar<T>
    {
        var mean = ChannelSum.Channel(x, channel) / T.FromDouble(n);
        var (planes, pixels, channels) = (x.Shape[0], x.Shape[1], x.Shape[2]);
        var total = T.FromDouble(0);
        for (var plane = 0; plane < planes; plane++)
        {
            var squares = new SquaredDeviations<T>(x.Span, (plane * pixels * channels) + channel, channels, mean);
            var sum = FixedOrder.Sum<T, SquaredDeviations<T>>(pixels, squares);
            total = plane == 0 ? sum : total + sum;
        }

        return (mean, total / T.FromDouble(n));
    }

    private static T SumNormalised<T>(TensorView<T> x, TensorView<T> gradY, int channel, T mean, T rstd)
        where T : unmanaged, IScalar<T>
    {
        var (planes, pixels, channels) = (x.Shape[0], x.Shape[1], x.Shape[2]);
        var total = T.FromDouble(0);
        for (var plane = 0; plane < planes; plane++)
        {
            var terms = new NormalisedProducts<T>(x.Span, gradY.Span, (plane * pixels * channels) + channel, channels, mean, rstd);
            var sum = FixedOrder.Sum<T, NormalisedProducts<T>>(pixels, terms);
            total = plane == 0 ? sum : total + sum;
        }

        return total;
    }

    private static (int N, int Channels) Check<T>(TensorView<T> x, TensorView<T> weight, TensorView<T> statistics)
        where T : unmanaged
    {
        Guard.HasShape(x, nameof(x), -1, -1, -1);
        Guard.HasShape(weight, nameof(weight), x.Shape[2]);
        Guard.HasShape(statistics, nameof(statistics), 2, x.Shape[2]);
        return (x.Shape[0] * x.Shape[1], x.Shape[2]);
    }

    // (x - mean)^2.
    internal readonly ref struct SquaredDeviations<T>(ReadOnlySpan<T> x, int offset, int stride, T mean) : FixedOrder.ITerms<T>
        where T : unmanaged, IScalar<T>
    {
        private readonly ReadOnlySpan<T> _x = x;

        public T this[int index]
        {
            get
            {
                var deviation = _x[offset + (index * stride)] - mean;
                return deviation * deviation;
            }
        }
    }

    // g ((x - mean) rstd).
    internal readonly ref struct NormalisedProducts<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> g, int offset, int stride, T mean, T rstd) : FixedOrder.ITerms<T>
        where T : unmanaged, IScalar<T>
    {
        private readonly ReadOnlySpan<T> _x = x;
        private readonly ReadOnlySpan<T> _g = g;

        public T this[int index] => _g[offset + (index * stride)] * ((_x[offset + (index * stride)] - mean) * rstd);
    }
}
