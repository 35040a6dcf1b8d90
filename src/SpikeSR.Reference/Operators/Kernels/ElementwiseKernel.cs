using System.Numerics;
using System.Runtime.CompilerServices;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators.Kernels;

/// <summary>Kernels of <see cref="Elementwise"/>.</summary>
internal static unsafe class ElementwiseKernel
{
    /// <summary>y = left + right.</summary>
    public static void Add<TLane, T>(TensorView<T> left, TensorView<T> right, TensorView<T> y, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Guard.SameLength(left, right, nameof(right));
        Guard.SameLength(left, y, nameof(y));
        LaneLoop.Elements<TLane, T, Sum<T>>(new(left.Pointer, right.Pointer, y.Pointer), y.Length, threads);
    }

    /// <summary>y = left * right.</summary>
    public static void Multiply<TLane, T>(TensorView<T> left, TensorView<T> right, TensorView<T> y, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Guard.SameLength(left, right, nameof(right));
        Guard.SameLength(left, y, nameof(y));
        LaneLoop.Elements<TLane, T, Product<T>>(new(left.Pointer, right.Pointer, y.Pointer), y.Length, threads);
    }

    /// <summary>y = x * factor.</summary>
    public static void Scale<TLane, T>(TensorView<T> x, double factor, TensorView<T> y, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Guard.SameLength(x, y, nameof(y));
        LaneLoop.Elements<TLane, T, Scaled<T>>(new(x.Pointer, T.CreateTruncating(factor), y.Pointer), y.Length, threads);
    }

    /// <summary>y[m] = (x[0, m] + x[1, m] + ...) / T.</summary>
    public static void MeanOverSteps<TLane, T>(TensorView<T> x, TensorView<T> y, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Elementwise.CheckSteps(x, nameof(x), y);
        LaneLoop.Elements<TLane, T, StepMean<T>>(new(x.Pointer, x.Shape[0], y.Length, y.Pointer), y.Length, threads);
    }

    /// <summary>gradX[t, m] = gradY[m] / T.</summary>
    public static void MeanOverStepsBackward<TLane, T>(TensorView<T> gradY, TensorView<T> gradX, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Elementwise.CheckSteps(gradX, nameof(gradX), gradY);
        LaneLoop.Elements<TLane, T, StepMeanBackward<T>>(new(gradY.Pointer, gradX.Shape[0], gradY.Length, gradX.Pointer), gradY.Length, threads);
    }

    /// <summary>y[n, pixel, c] = a[n, c] x[n, pixel, c].</summary>
    public static void ScaleChannels<TLane, T>(TensorView<T> x, TensorView<T> a, TensorView<T> y, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Elementwise.CheckPlanes(x, a, nameof(a));
        Guard.SameLength(x, y, nameof(y));
        var (planes, pixels, channels) = (x.Shape[0], x.Shape[1], x.Shape[2]);
        LaneLoop.Channels<TLane, T, ScaledChannels<T>>(new(x.Pointer, a.Pointer, y.Pointer, channels), planes, pixels, channels, threads);
    }

    /// <summary>y[n, pixel, c] = GELU(a[n, c] u + d) + x.</summary>
    public static void GatedGelu<TLane, T>(TensorView<T> u, TensorView<T> a, TensorView<T> d, TensorView<T> x, TensorView<T> y, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Elementwise.CheckPlanes(u, a, nameof(a));
        Guard.SameLength(u, d, nameof(d));
        Guard.SameLength(u, x, nameof(x));
        Guard.SameLength(u, y, nameof(y));
        var kernel = new GatedGeluSum<T>(u.Pointer, a.Pointer, d.Pointer, x.Pointer, y.Pointer, u.Shape[2]);
        LaneLoop.Channels<TLane, T, GatedGeluSum<T>>(kernel, u.Shape[0], u.Shape[1], u.Shape[2], threads);
    }

    /// <summary>gradA[n, c] = sum over pixels of gradY x.</summary>
    public static void ScaleChannelsBackward<TLane, T>(TensorView<T> x, TensorView<T> gradY, TensorView<T> gradA, Workspace workspace, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Elementwise.CheckPlanes(x, gradA, nameof(gradA));
        Guard.SameLength(x, gradY, nameof(gradY));
        var terms = new ChannelSumKernel.Products<T>(gradY.Pointer, x.Pointer, x.Shape[2]);
        ChannelSumKernel.Planes<TLane, T, ChannelSumKernel.Products<T>>(terms, x.Shape[0], x.Shape[1], gradA, workspace, threads);
    }

    /// <summary>y[n, pixel, c] = (1 - t) a[n, c] + t r.</summary>
    public static void Blend<TLane, T>(TensorView<T> t, TensorView<T> a, TensorView<T> r, TensorView<T> y, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Elementwise.CheckPlanes(t, a, nameof(a));
        Guard.SameLength(t, r, nameof(r));
        Guard.SameLength(t, y, nameof(y));
        var (planes, pixels, channels) = (t.Shape[0], t.Shape[1], t.Shape[2]);
        LaneLoop.Channels<TLane, T, Blended<T>>(new(t.Pointer, a.Pointer, r.Pointer, y.Pointer, channels), planes, pixels, channels, threads);
    }

    /// <summary>gradT = g (r - a), gradR = g t, gradA[n, c] = sum over pixels of g (1 - t).</summary>
    public static void BlendBackward<TLane, T>(
        TensorView<T> t, TensorView<T> a, TensorView<T> r, TensorView<T> gradY, TensorView<T> gradT, TensorView<T> gradA, TensorView<T> gradR, Workspace workspace, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Elementwise.CheckBlend(t, a, r, gradY, gradT, gradA, gradR);
        var (planes, pixels, channels) = (t.Shape[0], t.Shape[1], t.Shape[2]);
        ChannelSumKernel.Planes<TLane, T, Complements<T>>(new(gradY.Pointer, t.Pointer, channels), planes, pixels, gradA, workspace, threads);
        var kernel = new BlendedBackward<T>(t.Pointer, a.Pointer, r.Pointer, gradY.Pointer, gradT.Pointer, gradR.Pointer, channels);
        LaneLoop.Channels<TLane, T, BlendedBackward<T>>(kernel, planes, pixels, channels, threads);
    }

    /// <summary>y = left + right.</summary>
    internal readonly struct Sum<T>(T* left, T* right, T* y) : LaneLoop.IElementKernel<T>
        where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int i)
            where TLane : unmanaged, ILane<TLane, T> => TLane.Store(y + i, TLane.Load(left + i) + TLane.Load(right + i));
    }

    private readonly struct Product<T>(T* left, T* right, T* y) : LaneLoop.IElementKernel<T>
        where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int i)
            where TLane : unmanaged, ILane<TLane, T> => TLane.Store(y + i, TLane.Load(left + i) * TLane.Load(right + i));
    }

    private readonly struct Scaled<T>(T* x, T factor, T* y) : LaneLoop.IElementKernel<T>
        where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int i)
            where TLane : unmanaged, ILane<TLane, T> => TLane.Store(y + i, TLane.Load(x + i) * TLane.Broadcast(factor));
    }

    private readonly struct StepMean<T>(T* x, int steps, int count, T* y) : LaneLoop.IElementKernel<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        private readonly Divisor<T> _divisor = new(T.CreateTruncating(steps));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int i)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var sum = TLane.Load(x + i);
            for (var t = 1; t < steps; t++)
            {
                sum += TLane.Load(x + ((nint)t * count) + i);
            }

            TLane.Store(y + i, _divisor.Divide(sum));
        }
    }

    private readonly struct StepMeanBackward<T>(T* gradY, int steps, int count, T* gradX) : LaneLoop.IElementKernel<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        private readonly Divisor<T> _divisor = new(T.CreateTruncating(steps));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int i)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var share = _divisor.Divide(TLane.Load(gradY + i));
            for (var t = 0; t < steps; t++)
            {
                TLane.Store(gradX + ((nint)t * count) + i, share);
            }
        }
    }

    private readonly struct GatedGeluSum<T>(T* u, T* a, T* d, T* x, T* y, int channels) : LaneLoop.IChannelKernel<T>
        where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int plane, int row, int channel)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var at = ((nint)row * channels) + channel;
            var sum = (TLane.Load(a + ((nint)plane * channels) + channel) * TLane.Load(u + at)) + TLane.Load(d + at);
            TLane.Store(y + at, ExactMath.Gelu<TLane, T>(sum) + TLane.Load(x + at));
        }
    }

    private readonly struct ScaledChannels<T>(T* x, T* a, T* y, int channels) : LaneLoop.IChannelKernel<T>
        where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int plane, int row, int channel)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var at = ((nint)row * channels) + channel;
            TLane.Store(y + at, TLane.Load(a + ((nint)plane * channels) + channel) * TLane.Load(x + at));
        }
    }

    private readonly struct Blended<T>(T* t, T* a, T* r, T* y, int channels) : LaneLoop.IChannelKernel<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int plane, int row, int channel)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var at = ((nint)row * channels) + channel;
            var gate = TLane.Load(t + at);
            var descriptor = TLane.Load(a + ((nint)plane * channels) + channel);
            TLane.Store(y + at, ((TLane.Broadcast(T.One) - gate) * descriptor) + (gate * TLane.Load(r + at)));
        }
    }

    private readonly struct BlendedBackward<T>(T* t, T* a, T* r, T* gradY, T* gradT, T* gradR, int channels) : LaneLoop.IChannelKernel<T>
        where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int plane, int row, int channel)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var at = ((nint)row * channels) + channel;
            var g = TLane.Load(gradY + at);
            TLane.Store(gradT + at, g * (TLane.Load(r + at) - TLane.Load(a + ((nint)plane * channels) + channel)));
            TLane.Store(gradR + at, g * TLane.Load(t + at));
        }
    }

    // g (1 - t).
    private readonly struct Complements<T>(T* g, T* t, int channels) : ILaneTerms<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane At<TLane>(int row, int channel)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var at = ((nint)row * channels) + channel;
            return TLane.Load(g + at) * (TLane.Broadcast(T.One) - TLane.Load(t + at));
        }
    }
}
