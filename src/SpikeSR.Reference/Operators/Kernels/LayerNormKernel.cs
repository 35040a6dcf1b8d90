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
        var kernel = new Normalise<T>(epsilon, x.Pointer, weight.Pointer, bias.Pointer, y.Pointer, null, channels);
        threads.ForRange(rows, Grain(channels), (first, last) => NormaliseRows<TLane, T>(kernel, first, last));
    }

    /// <summary>The same for <paramref name="rows"/> rows on one thread; statistics, if wanted, receives mean and rstd of every row [rows, 2].</summary>
    public static void Rows<TLane, T>(double epsilon, int rows, int channels, T* x, T* weight, T* bias, T* y, T* statistics = null)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T> => NormaliseRows<TLane, T>(new(epsilon, x, weight, bias, y, statistics, channels), 0, rows);

    /// <summary>gradX = rstd ((h - mean_c h) - xhat mean_c(h xhat)), h = g weight; gradWeight += sum over rows of g xhat; gradBias += sum over rows of g.</summary>
    public static void Backward<TLane, T>(
        double epsilon, TensorView<T> x, TensorView<T> weight, TensorView<T> gradY, TensorView<T> gradX, TensorView<T> gradWeight, TensorView<T> gradBias, Workspace workspace, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (rows, channels) = LayerNorm.CheckBackward(x, weight, gradY, gradX, gradWeight, gradBias);
        using var scope = workspace.OpenScope();
        var statistics = scope.Rent<T>(rows, 2);
        var kernel = new InputGradient<T>(x.Pointer, gradY.Pointer, weight.Pointer, gradX.Pointer, statistics.Pointer, channels);
        var n = new Divisor<T>(T.CreateTruncating(channels));
        threads.ForRange(rows, Grain(channels), (first, last) =>
        {
            Moments<TLane, T>(epsilon, n, x.Pointer, first, last, channels, statistics.Pointer + (2 * first));
            GradientRows<TLane, T>(kernel, first, last);
        });
        var products = new NormalisedProducts<T>(x.Pointer, gradY.Pointer, statistics.Pointer, channels);
        ChannelSumKernel.AddTotal<TLane, T, NormalisedProducts<T>>(products, 1, rows, gradWeight, workspace, threads);
        ChannelSumKernel.AddTotal<TLane, T, ChannelSumKernel.Elements<T>>(new(gradY.Pointer, channels), 1, rows, gradBias, workspace, threads);
    }

    /// <summary>The gradient by the input of <paramref name="rows"/> rows on one thread, their means and rstd known.</summary>
    public static void BackwardRows<TLane, T>(int rows, int channels, T* x, T* weight, T* statistics, T* gradY, T* gradX)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T> => GradientRows<TLane, T>(new(x, gradY, weight, gradX, statistics, channels), 0, rows);

    // Rows whose moments are found together: 16 rows of 64 channels are 4 KB in float.
    private const int RowGroup = 16;

    // Rows in the smallest range that is worth a thread's while.
    private static int Grain(int channels) => Math.Max(1, 4096 / Math.Max(1, channels));

    private static void NormaliseRows<TLane, T>(Normalise<T> kernel, int first, int last)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var n = new Divisor<T>(T.CreateTruncating(kernel.Channels));
        var group = stackalloc T[2 * RowGroup];
        for (; first < last; first += RowGroup)
        {
            var end = Math.Min(last, first + RowGroup);
            var moments = kernel.Statistics is null ? group : kernel.Statistics + (2 * first);
            Moments<TLane, T>(kernel.Epsilon, n, kernel.X, first, end, kernel.Channels, moments);
            for (var row = first; row < end; row++)
            {
                var (mean, rstd) = (moments[2 * (row - first)], moments[(2 * (row - first)) + 1]);
                var c = 0;
                for (; c <= kernel.Channels - TLane.Width; c += TLane.Width)
                {
                    kernel.Invoke<TLane>(row, c, mean, rstd);
                }

                for (; c < kernel.Channels; c++)
                {
                    kernel.Invoke<LaneScalar<T>>(row, c, mean, rstd);
                }
            }
        }
    }

    private static void GradientRows<TLane, T>(InputGradient<T> kernel, int first, int last)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var n = new Divisor<T>(T.CreateTruncating(kernel.Channels));
        for (var row = first; row < last; row++)
        {
            var (mean, rstd) = (kernel.Statistics[2 * row], kernel.Statistics[(2 * row) + 1]);
            var weighted = new WeightedGradients<T>(kernel.GradY, kernel.Weight, kernel.Channels);
            var products = new GradientProducts<T>(kernel.X, kernel.GradY, kernel.Weight, mean, rstd, kernel.Channels);
            var meanGradient = Mean(FixedOrderKernel.Along<TLane, T, WeightedGradients<T>>(weighted, row, kernel.Channels), n);
            var meanProduct = Mean(FixedOrderKernel.Along<TLane, T, GradientProducts<T>>(products, row, kernel.Channels), n);
            var c = 0;
            for (; c <= kernel.Channels - TLane.Width; c += TLane.Width)
            {
                kernel.Invoke<TLane>(row, c, mean, rstd, meanGradient, meanProduct);
            }

            for (; c < kernel.Channels; c++)
            {
                kernel.Invoke<LaneScalar<T>>(row, c, mean, rstd, meanGradient, meanProduct);
            }
        }
    }

    // Mean and rstd of every row. A loop for each: what one row's steps wait for, the steps of other rows fill.
    private static void Moments<TLane, T>(double epsilon, Divisor<T> n, T* x, int first, int last, int channels, T* moments)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (var row = first; row < last; row++)
        {
            moments[2 * (row - first)] = Mean(FixedOrderKernel.Along<TLane, T, ChannelSumKernel.Elements<T>>(new(x, channels), row, channels), n);
        }

        for (var row = first; row < last; row++)
        {
            var deviations = new SquaredDeviations<T>(x, moments[2 * (row - first)], channels);
            moments[(2 * (row - first)) + 1] = Mean(FixedOrderKernel.Along<TLane, T, SquaredDeviations<T>>(deviations, row, channels), n);
        }

        for (var row = 0; row < last - first; row++)
        {
            moments[(2 * row) + 1] = T.One / T.Sqrt(moments[(2 * row) + 1] + T.CreateTruncating(epsilon));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Mean<T>(T sum, Divisor<T> n)
        where T : unmanaged, IFloatingPointIeee754<T> => n.Divide(new LaneScalar<T>(sum)).Value;

    private readonly struct Normalise<T>(double epsilon, T* x, T* weight, T* bias, T* y, T* statistics, int channels)
        where T : unmanaged
    {
        public double Epsilon { get; } = epsilon;

        public T* X { get; } = x;

        public T* Statistics { get; } = statistics;

        public int Channels { get; } = channels;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int row, int channel, T mean, T rstd)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var at = ((nint)row * Channels) + channel;
            var normalised = (TLane.Load(X + at) - TLane.Broadcast(mean)) * TLane.Broadcast(rstd);
            TLane.Store(y + at, TLane.FusedMultiplyAdd(normalised, TLane.Load(weight + channel), TLane.Load(bias + channel)));
        }
    }

    private readonly struct InputGradient<T>(T* x, T* gradY, T* weight, T* gradX, T* statistics, int channels)
        where T : unmanaged
    {
        public T* X { get; } = x;

        public T* GradY { get; } = gradY;

        public T* Weight { get; } = weight;

        public T* Statistics { get; } = statistics;

        public int Channels { get; } = channels;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int row, int channel, T mean, T rstd, T meanGradient, T meanProduct)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var at = ((nint)row * Channels) + channel;
            var normalised = (TLane.Load(X + at) - TLane.Broadcast(mean)) * TLane.Broadcast(rstd);
            var centred = (TLane.Load(GradY + at) * TLane.Load(Weight + channel)) - TLane.Broadcast(meanGradient);
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

    /// <summary>g xhat, mean and rstd of each row [rows, 2].</summary>
    internal readonly struct NormalisedProducts<T>(T* x, T* g, T* statistics, int channels) : ILaneTerms<T>
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
