using System.Numerics;
using System.Runtime.CompilerServices;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators.Kernels;

/// <summary>Kernels of <see cref="BatchNorm"/>: sums across channels, then one pass over the elements with each channel's constants.</summary>
internal static unsafe class BatchNormKernel
{
    /// <summary>y = fma(x, scale, shift); in training the batch's statistics are folded into the running ones.</summary>
    public static void Forward<TLane, T>(
        BatchNormSettings settings,
        TensorView<T> x,
        TensorView<T> weight,
        TensorView<T> bias,
        TensorView<T> runningMean,
        TensorView<T> runningVariance,
        TensorView<T> y,
        TensorView<T> statistics,
        Workspace workspace,
        Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (n, channels) = BatchNorm.CheckForward(settings, x, weight, bias, runningMean, runningVariance, y, statistics);
        using var scope = workspace.OpenScope();
        var (mean, rstd) = (statistics.Slice(0, 1).Reshape(channels), statistics.Slice(1, 1).Reshape(channels));
        var variance = scope.Rent<T>(channels);
        runningMean.CopyTo(mean);
        runningVariance.CopyTo(variance);
        if (settings.Train)
        {
            Moments<TLane, T>(x, mean, variance, workspace, threads);
            FoldIn(settings, n, mean.Span, variance.Span, runningMean.Span, runningVariance.Span);
        }

        var (scale, shift) = (scope.Rent<T>(channels), scope.Rent<T>(channels));
        Constants(settings.Epsilon, weight.Span, bias.Span, mean.Span, variance.Span, rstd.Span, scale.Span, shift.Span);
        LaneLoop.Channels<TLane, T, Affine<T>>(new(x.Pointer, scale.Pointer, shift.Pointer, y.Pointer, channels), x.Shape[0], x.Shape[1], channels, threads);
    }

    /// <summary>rstd = 1 / sqrt(variance + epsilon); scale = weight rstd; shift = fma(-mean, scale, bias).</summary>
    public static void Constants<T>(
        double epsilon, ReadOnlySpan<T> weight, ReadOnlySpan<T> bias, ReadOnlySpan<T> mean, ReadOnlySpan<T> variance, Span<T> rstd, Span<T> scale, Span<T> shift)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (var c = 0; c < weight.Length; c++)
        {
            rstd[c] = T.One / T.Sqrt(variance[c] + T.CreateTruncating(epsilon));
            scale[c] = weight[c] * rstd[c];
            shift[c] = T.FusedMultiplyAdd(-mean[c], scale[c], bias[c]);
        }
    }

    /// <summary>gradBias += sum g; gradWeight += sum g xhat; gradX = g scale, or in training scale ((g - sum g / n) - xhat (sum g xhat / n)).</summary>
    public static void Backward<TLane, T>(
        BatchNormSettings settings,
        TensorView<T> x,
        TensorView<T> weight,
        TensorView<T> statistics,
        TensorView<T> gradY,
        TensorView<T> gradX,
        TensorView<T> gradWeight,
        TensorView<T> gradBias,
        Workspace workspace,
        Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (n, channels) = BatchNorm.CheckBackward(x, weight, statistics, gradY, gradX, gradWeight, gradBias);
        var (planes, pixels) = (x.Shape[0], x.Shape[1]);
        var mean = statistics.Pointer;
        var rstd = mean + channels;
        using var scope = workspace.OpenScope();
        var (scale, gradient, product) = (scope.Rent<T>(channels), scope.Rent<T>(channels), scope.Rent<T>(channels));
        ChannelSumKernel.Totals<TLane, T, ChannelSumKernel.Elements<T>>(new(gradY.Pointer, channels), planes, pixels, gradient, workspace, threads);
        var terms = new NormalisedProducts<T>(x.Pointer, gradY.Pointer, mean, rstd, channels);
        ChannelSumKernel.Totals<TLane, T, NormalisedProducts<T>>(terms, planes, pixels, product, workspace, threads);
        for (var c = 0; c < channels; c++)
        {
            gradBias.Span[c] += gradient.Span[c];
            gradWeight.Span[c] += product.Span[c];
            gradient.Span[c] /= T.CreateTruncating(n);
            product.Span[c] /= T.CreateTruncating(n);
            scale.Span[c] = weight.Span[c] * rstd[c];
        }

        if (settings.Train)
        {
            var kernel = new TrainingGradient<T>(x.Pointer, gradY.Pointer, gradX.Pointer, mean, rstd, scale.Pointer, gradient.Pointer, product.Pointer, channels);
            LaneLoop.Channels<TLane, T, TrainingGradient<T>>(kernel, planes, pixels, channels, threads);
        }
        else
        {
            LaneLoop.Channels<TLane, T, EvaluationGradient<T>>(new(gradY.Pointer, gradX.Pointer, scale.Pointer, channels), planes, pixels, channels, threads);
        }
    }

    // Mean and biased variance of every channel; the variance in a second pass over (x - mean)^2.
    private static void Moments<TLane, T>(TensorView<T> x, TensorView<T> mean, TensorView<T> variance, Workspace workspace, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (planes, pixels, channels) = (x.Shape[0], x.Shape[1], x.Shape[2]);
        var n = T.CreateTruncating(planes * pixels);
        ChannelSumKernel.Totals<TLane, T, ChannelSumKernel.Elements<T>>(new(x.Pointer, channels), planes, pixels, mean, workspace, threads);
        DivideBy(mean.Span, n);
        ChannelSumKernel.Totals<TLane, T, SquaredDeviations<T>>(new(x.Pointer, mean.Pointer, channels), planes, pixels, variance, workspace, threads);
        DivideBy(variance.Span, n);
    }

    private static void DivideBy<T>(Span<T> values, T n)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        foreach (ref var value in values)
        {
            value /= n;
        }
    }

    // running = momentum batch + (1 - momentum) running, the batch's variance unbiased.
    private static void FoldIn<T>(BatchNormSettings settings, int n, ReadOnlySpan<T> mean, ReadOnlySpan<T> variance, Span<T> runningMean, Span<T> runningVariance)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (keep, take) = (T.CreateTruncating(1 - settings.Momentum), T.CreateTruncating(settings.Momentum));
        for (var c = 0; c < mean.Length; c++)
        {
            var unbiased = variance[c] * T.CreateTruncating(n / (n - 1.0));
            runningMean[c] = T.FusedMultiplyAdd(take, mean[c], keep * runningMean[c]);
            runningVariance[c] = T.FusedMultiplyAdd(take, unbiased, keep * runningVariance[c]);
        }
    }

    private readonly struct Affine<T>(T* x, T* scale, T* shift, T* y, int channels) : LaneLoop.IChannelKernel<T>
        where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int plane, int row, int channel)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var at = ((nint)row * channels) + channel;
            TLane.Store(y + at, TLane.FusedMultiplyAdd(TLane.Load(x + at), TLane.Load(scale + channel), TLane.Load(shift + channel)));
        }
    }

    private readonly struct EvaluationGradient<T>(T* gradY, T* gradX, T* scale, int channels) : LaneLoop.IChannelKernel<T>
        where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int plane, int row, int channel)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var at = ((nint)row * channels) + channel;
            TLane.Store(gradX + at, TLane.Load(gradY + at) * TLane.Load(scale + channel));
        }
    }

    private readonly struct TrainingGradient<T>(T* x, T* gradY, T* gradX, T* mean, T* rstd, T* scale, T* meanGradient, T* meanProduct, int channels) : LaneLoop.IChannelKernel<T>
        where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int plane, int row, int channel)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var at = ((nint)row * channels) + channel;
            var normalised = (TLane.Load(x + at) - TLane.Load(mean + channel)) * TLane.Load(rstd + channel);
            var centred = TLane.Load(gradY + at) - TLane.Load(meanGradient + channel);
            TLane.Store(gradX + at, TLane.Load(scale + channel) * (centred - (normalised * TLane.Load(meanProduct + channel))));
        }
    }

    // (x - mean)^2.
    private readonly struct SquaredDeviations<T>(T* x, T* mean, int channels) : ILaneTerms<T>
        where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane At<TLane>(int row, int channel)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var deviation = TLane.Load(x + ((nint)row * channels) + channel) - TLane.Load(mean + channel);
            return deviation * deviation;
        }
    }

    // g ((x - mean) rstd).
    private readonly struct NormalisedProducts<T>(T* x, T* g, T* mean, T* rstd, int channels) : ILaneTerms<T>
        where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane At<TLane>(int row, int channel)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var at = ((nint)row * channels) + channel;
            return TLane.Load(g + at) * ((TLane.Load(x + at) - TLane.Load(mean + channel)) * TLane.Load(rstd + channel));
        }
    }
}
