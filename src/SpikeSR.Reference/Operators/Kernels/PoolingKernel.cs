using System.Numerics;
using System.Runtime.CompilerServices;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators.Kernels;

/// <summary>Kernels of <see cref="Pooling"/>.</summary>
internal static unsafe class PoolingKernel
{
    /// <summary>y[n, c] = (sum over pixels of x[n, pixel, c]) / pixels.</summary>
    public static void Forward<TLane, T>(TensorView<T> x, TensorView<T> y, Workspace workspace, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (planes, pixels, channels) = Pooling.Check(x, y);
        ChannelSumKernel.Planes<TLane, T, ChannelSumKernel.Elements<T>>(new(x.Pointer, channels), planes, pixels, y, workspace, threads);
        LaneLoop.Elements<TLane, T, Quotients<T>>(new(y.Pointer, pixels), y.Length, threads);
    }

    /// <summary>gradX[n, pixel, c] = gradY[n, c] / pixels.</summary>
    public static void Backward<TLane, T>(TensorView<T> gradY, TensorView<T> gradX, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (planes, pixels, channels) = Pooling.Check(gradX, gradY);
        LaneLoop.Channels<TLane, T, Shares<T>>(new(gradY.Pointer, gradX.Pointer, pixels, channels), planes, pixels, channels, threads);
    }

    private readonly struct Quotients<T>(T* y, int pixels) : LaneLoop.IElementKernel<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        private readonly Divisor<T> _divisor = new(T.CreateTruncating(pixels));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int i)
            where TLane : unmanaged, ILane<TLane, T> => TLane.Store(y + i, _divisor.Divide(TLane.Load(y + i)));
    }

    private readonly struct Shares<T>(T* gradY, T* gradX, int pixels, int channels) : LaneLoop.IChannelKernel<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        private readonly Divisor<T> _divisor = new(T.CreateTruncating(pixels));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int plane, int row, int channel)
            where TLane : unmanaged, ILane<TLane, T> =>
            TLane.Store(gradX + ((nint)row * channels) + channel, _divisor.Divide(TLane.Load(gradY + ((nint)plane * channels) + channel)));
    }
}
