using System.Numerics;
using System.Runtime.CompilerServices;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators.Kernels;

/// <summary>Kernels of <see cref="Loss"/>.</summary>
internal static unsafe class LossKernel
{
    /// <summary>(sum |x - target|) / N.</summary>
    public static T L1<TLane, T>(TensorView<T> x, TensorView<T> target)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Guard.SameLength(x, target, nameof(target));
        Guard.That(x.Length > 0, "the mean of no element is not defined", nameof(x));
        return FixedOrderKernel.Along<TLane, T, Distances<T>>(new(x.Pointer, target.Pointer), 0, x.Length) / T.CreateTruncating(x.Length);
    }

    /// <summary>gradX = (gradLoss / N) sign(x - target).</summary>
    public static void L1Backward<TLane, T>(TensorView<T> x, TensorView<T> target, T gradLoss, TensorView<T> gradX, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Guard.SameLength(x, target, nameof(target));
        Guard.SameLength(x, gradX, nameof(gradX));
        var share = gradLoss / T.CreateTruncating(x.Length);
        LaneLoop.Elements<TLane, T, Signs<T>>(new(x.Pointer, target.Pointer, share, gradX.Pointer), x.Length, threads);
    }

    // |x - target|.
    private readonly struct Distances<T>(T* x, T* target) : ILaneTerms<T>
        where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane At<TLane>(int row, int channel)
            where TLane : unmanaged, ILane<TLane, T> => TLane.Abs(TLane.Load(x + channel) - TLane.Load(target + channel));
    }

    private readonly struct Signs<T>(T* x, T* target, T share, T* gradX) : LaneLoop.IElementKernel<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int i)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var (value, wanted, up) = (TLane.Load(x + i), TLane.Load(target + i), TLane.Broadcast(share));
            var down = TLane.Select(TLane.IsGreater(wanted, value), -up, TLane.Broadcast(T.Zero));
            TLane.Store(gradX + i, TLane.Select(TLane.IsGreater(value, wanted), up, down));
        }
    }
}
