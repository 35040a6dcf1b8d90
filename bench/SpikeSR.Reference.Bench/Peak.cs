using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Bench;

/// <summary>The bare rate of fused multiply-adds in registers: what every other rate is a share of.</summary>
internal static class Peak
{
    private const int Accumulators = 12;

    /// <summary>GFLOP/s of one or several threads at the same time, on the lane that kernels use, over a millisecond or two: long enough for a helper to wake.</summary>
    public static double Measure<T>(int threads)
        where T : unmanaged, IFloatingPointIeee754<T> => SimdDispatch.Choose<T, double, Choice<T>>(new Choice<T>(threads));

    private static double Rate<TLane, T>(int threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        const int Steps = 800_000;
        var started = Stopwatch.GetTimestamp();
        if (threads == 1)
        {
            Chains<TLane, T>(Steps);
        }
        else
        {
            new Parallelism(threads).For(threads, _ => Chains<TLane, T>(Steps));
        }

        return 2.0 * Accumulators * TLane.Width * Steps * threads / Stopwatch.GetElapsedTime(started).TotalSeconds / 1e9;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static T Chains<TLane, T>(int steps)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (left, right) = (TLane.Broadcast(T.One), TLane.Broadcast(T.Zero));
        TLane a = right, b = right, c = right, d = right, e = right, f = right, g = right, h = right, i = right, j = right, k = right, l = right;
        for (var step = 0; step < steps; step++)
        {
            TLane.Accumulate(ref a, left, right);
            TLane.Accumulate(ref b, left, right);
            TLane.Accumulate(ref c, left, right);
            TLane.Accumulate(ref d, left, right);
            TLane.Accumulate(ref e, left, right);
            TLane.Accumulate(ref f, left, right);
            TLane.Accumulate(ref g, left, right);
            TLane.Accumulate(ref h, left, right);
            TLane.Accumulate(ref i, left, right);
            TLane.Accumulate(ref j, left, right);
            TLane.Accumulate(ref k, left, right);
            TLane.Accumulate(ref l, left, right);
        }

        return TLane.Get(a + b + c + d + e + f + g + h + i + j + k + l, 0);
    }

    private readonly struct Choice<T>(int threads) : ILaneChoice<T, double>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public double For<TLane>()
            where TLane : unmanaged, ILane<TLane, T> => Rate<TLane, T>(threads);
    }
}
