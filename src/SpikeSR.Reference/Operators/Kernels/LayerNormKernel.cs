using System.Numerics;
using System.Runtime.CompilerServices;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators.Kernels;

/// <summary>Kernels of <see cref="LayerNorm"/>: a row (token) at a time, sums along it; the affine gradients are sums across the rows.</summary>
internal static unsafe class LayerNormKernel
{
    /// <summary>y = fma((x - mean) rstd, weight, bias), row by row.</summary>
    public static void Forward<TLane, T>(double epsilon, TensorView<T> x, TensorView<T> weight, TensorView<T> bias, TensorView<T> y, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (rows, channels) = LayerNorm.Check(x, weight);
        Guard.HasShape(bias, nameof(bias), channels);
        Guard.SameLength(x, y, nameof(y));
        threads.ForRange(rows, Grain(channels), (first, last) =>
        {
            for (var row = first; row < last; row++)
            {
                var (mean, rstd) = Moments<TLane, T>(epsilon, x.Pointer, row, channels);
                var kernel = new Normalise<T>(x.Pointer, mean, rstd, weight.Pointer, bias.Pointer, y.Pointer, channels);
                LaneLoop.ChannelRange<TLane, T, Normalise<T>>(kernel, 0, row, row + 1, 0, channels);
            }
        });
    }

    /// <summary>gradX = rstd ((h - mean_c h) - xhat mean_c(h xhat)), h = g weight; gradWeight += sum over rows of g xhat; gradBias += sum over rows of g.</summary>
    public static void Backward<TLane, T>(
        double epsilon, TensorView<T> x, TensorView<T> weight, TensorView<T> gradY, TensorView<T> gradX, TensorView<T> gradWeight, TensorView<T> gradBias, Workspace workspace, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (rows, channels) = LayerNorm.Check(x, weight);
        Guard.SameLength(x, gradY, nameof(gradY));
        Guard.SameLength(x, gradX, nameof(gradX));
        Guard.HasShape(gradWeight, nameof(gradWeight), channels);
        Guard.HasShape(gradBias, nameof(gradBias), channels);
        using var scope = workspace.OpenScope();
        var statistics = scope.Rent<T>(rows, 2);
        threads.ForRange(rows, Grain(channels), (first, last) =>
        {
            var n = T.CreateTruncating(channels);
            for (var row = first; row < last; row++)
            {
                var (mean, rstd) = Moments<TLane, T>(epsilon, x.Pointer, row, channels);
                (statistics.Pointer[2 * row], statistics.Pointer[(2 * row) + 1]) = (mean, rstd);
                var terms = new GradientProducts<T>(x.Pointer, gradY.Pointer, weight.Pointer, mean, rstd, channels);
                var meanGradient = FixedOrderKernel.Along<TLane, T, WeightedGradients<T>>(new(gradY.Pointer, weight.Pointer, channels), row, channels) / n;
                var meanProduct = FixedOrderKernel.Along<TLane, T, GradientProducts<T>>(terms, row, channels) / n;
                var kernel = new InputGradient<T>(x.Pointer, gradY.Pointer, weight.Pointer, mean, rstd, meanGradient, meanProduct, gradX.Pointer, channels);
                LaneLoop.ChannelRange<TLane, T, InputGradient<T>>(kernel, 0, row, row + 1, 0, channels);
            }
        });
        var products = new NormalisedProducts<T>(x.Pointer, gradY.Pointer, statistics.Pointer, channels);
        ChannelSumKernel.AddTotal<TLane, T, NormalisedProducts<T>>(products, 1, rows, gradWeight, workspace, threads);
        ChannelSumKernel.AddTotal<TLane, T, ChannelSumKernel.Elements<T>>(new(gradY.Pointer, channels), 1, rows, gradBias, workspace, threads);
    }

    // Rows in the smallest range that is worth a thread's while.
    private static int Grain(int channels) => Math.Max(1, 4096 / Math.Max(1, channels));

    private static (T Mean, T Rstd) Moments<TLane, T>(double epsilon, T* x, int row, int channels)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var n = T.CreateTruncating(channels);
        var mean = FixedOrderKernel.Along<TLane, T, ChannelSumKernel.Elements<T>>(new(x, channels), row, channels) / n;
        var variance = FixedOrderKernel.Along<TLane, T, SquaredDeviations<T>>(new(x, mean, channels), row, channels) / n;
        return (mean, T.One / T.Sqrt(variance + T.CreateTruncating(epsilon)));
    }

    private readonly struct Normalise<T>(T* x, T mean, T rstd, T* weight, T* bias, T* y, int channels) : LaneLoop.IChannelKernel<T>
        where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int plane, int row, int channel)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var at = ((nint)row * channels) + channel;
            var normalised = (TLane.Load(x + at) - TLane.Broadcast(mean)) * TLane.Broadcast(rstd);
            TLane.Store(y + at, TLane.FusedMultiplyAdd(normalised, TLane.Load(weight + channel), TLane.Load(bias + channel)));
        }
    }

    private readonly struct InputGradient<T>(T* x, T* g, T* weight, T mean, T rstd, T meanGradient, T meanProduct, T* gradX, int channels) : LaneLoop.IChannelKernel<T>
        where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int plane, int row, int channel)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var at = ((nint)row * channels) + channel;
            var normalised = (TLane.Load(x + at) - TLane.Broadcast(mean)) * TLane.Broadcast(rstd);
            var centred = (TLane.Load(g + at) * TLane.Load(weight + channel)) - TLane.Broadcast(meanGradient);
            TLane.Store(gradX + at, TLane.Broadcast(rstd) * (centred - (normalised * TLane.Broadcast(meanProduct))));
        }
    }

    // (x - mean)^2.
    private readonly struct SquaredDeviations<T>(T* x, T mean, int channels) : ILaneTerms<T>
        where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane At<TLane>(int row, int channel)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var deviation = TLane.Load(x + ((nint)row * channels) + channel) - TLane.Broadcast(mean);
            return deviation * deviation;
        }
    }

    // h = g weight.
    private readonly struct WeightedGradients<T>(T* g, T* weight, int channels) : ILaneTerms<T>
        where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane At<TLane>(int row, int channel)
            where TLane : unmanaged, ILane<TLane, T> => TLane.Load(g + ((nint)row * channels) + channel) * TLane.Load(weight + channel);
    }

    // h xhat.
    private readonly struct GradientProducts<T>(T* x, T* g, T* weight, T mean, T rstd, int channels) : ILaneTerms<T>
        where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane At<TLane>(int row, int channel)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var at = ((nint)row * channels) + channel;
            var normalised = (TLane.Load(x + at) - TLane.Broadcast(mean)) * TLane.Broadcast(rstd);
            return (TLane.Load(g + at) * TLane.Load(weight + channel)) * normalised;
        }
    }

    // g xhat, mean and rstd of each row [rows, 2].
    private readonly struct NormalisedProducts<T>(T* x, T* g, T* statistics, int channels) : ILaneTerms<T>
        where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane At<TLane>(int row, int channel)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var at = ((nint)row * channels) + channel;
            var (mean, rstd) = (TLane.Broadcast(statistics[2 * row]), TLane.Broadcast(statistics[(2 * row) + 1]));
            return TLane.Load(g + at) * ((TLane.Load(x + at) - mean) * rstd);
        }
    }
}
