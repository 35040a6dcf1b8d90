using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SpikeSR.Reference.Tensors;

/// <summary>
/// Kernels of <see cref="FixedOrder"/>. AcrossChunk: the sums of several channels at once, one channel a place of the lane, so that 16 registers are the
/// 16 lanes of the definition. Along: the sum of one row, where 16 neighbouring terms are the 16 lanes (one register of 512 bits in float).
/// </summary>
internal static unsafe class FixedOrderKernel
{
    private const int Lanes = FixedOrder.Lanes;

    /// <summary>Sums at most <see cref="FixedOrder.ChunkLength"/> rows of the channels from <paramref name="c"/> on.</summary>
    public static TLane AcrossChunk<TLane, T, TTerms>(TTerms terms, int first, int count, int c)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
        where TTerms : struct, ILaneTerms<T>
    {
        var zero = TLane.Broadcast(T.Zero);
        TLane a0 = zero, a1 = zero, a2 = zero, a3 = zero, a4 = zero, a5 = zero, a6 = zero, a7 = zero;
        TLane a8 = zero, a9 = zero, a10 = zero, a11 = zero, a12 = zero, a13 = zero, a14 = zero, a15 = zero;
        var (i, end) = (first, first + count);
        for (; i <= end - Lanes; i += Lanes)
        {
            a0 += terms.At<TLane>(i, c);
            a1 += terms.At<TLane>(i + 1, c);
            a2 += terms.At<TLane>(i + 2, c);
            a3 += terms.At<TLane>(i + 3, c);
            a4 += terms.At<TLane>(i + 4, c);
            a5 += terms.At<TLane>(i + 5, c);
            a6 += terms.At<TLane>(i + 6, c);
            a7 += terms.At<TLane>(i + 7, c);
            a8 += terms.At<TLane>(i + 8, c);
            a9 += terms.At<TLane>(i + 9, c);
            a10 += terms.At<TLane>(i + 10, c);
            a11 += terms.At<TLane>(i + 11, c);
            a12 += terms.At<TLane>(i + 12, c);
            a13 += terms.At<TLane>(i + 13, c);
            a14 += terms.At<TLane>(i + 14, c);
            a15 += terms.At<TLane>(i + 15, c);
        }

        if (i < end)
        {
            // The first lane has a term, the last has none.
            a0 += terms.At<TLane>(i, c);
            a1 = i + 1 < end ? a1 + terms.At<TLane>(i + 1, c) : a1;
            a2 = i + 2 < end ? a2 + terms.At<TLane>(i + 2, c) : a2;
            a3 = i + 3 < end ? a3 + terms.At<TLane>(i + 3, c) : a3;
            a4 = i + 4 < end ? a4 + terms.At<TLane>(i + 4, c) : a4;
            a5 = i + 5 < end ? a5 + terms.At<TLane>(i + 5, c) : a5;
            a6 = i + 6 < end ? a6 + terms.At<TLane>(i + 6, c) : a6;
            a7 = i + 7 < end ? a7 + terms.At<TLane>(i + 7, c) : a7;
            a8 = i + 8 < end ? a8 + terms.At<TLane>(i + 8, c) : a8;
            a9 = i + 9 < end ? a9 + terms.At<TLane>(i + 9, c) : a9;
            a10 = i + 10 < end ? a10 + terms.At<TLane>(i + 10, c) : a10;
            a11 = i + 11 < end ? a11 + terms.At<TLane>(i + 11, c) : a11;
            a12 = i + 12 < end ? a12 + terms.At<TLane>(i + 12, c) : a12;
            a13 = i + 13 < end ? a13 + terms.At<TLane>(i + 13, c) : a13;
            a14 = i + 14 < end ? a14 + terms.At<TLane>(i + 14, c) : a14;
        }

        // The tree i + (i + 8), (i + 4), (i + 2), (i + 1).
        (a0, a1, a2, a3) = ((a0 + a8) + (a4 + a12), (a1 + a9) + (a5 + a13), (a2 + a10) + (a6 + a14), (a3 + a11) + (a7 + a15));
        return (a0 + a2) + (a1 + a3);
    }

    /// <summary>Sums the first <paramref name="count"/> terms of one row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Along<TLane, T, TTerms>(TTerms terms, int row, int count)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
        where TTerms : struct, ILaneTerms<T>
    {
        var total = T.Zero;
        for (var start = 0; start < count; start += FixedOrder.ChunkLength)
        {
            var sum = AlongChunk<TLane, T, TTerms>(terms, row, start, Math.Min(count, start + FixedOrder.ChunkLength));
            total = start == 0 ? sum : total + sum;
        }

        return total;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T AlongChunk<TLane, T, TTerms>(TTerms terms, int row, int first, int end)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
        where TTerms : struct, ILaneTerms<T>
    {
        // 16 terms are one or two registers of the wide lanes; narrower lanes keep their sums in memory, so that the terms' code is not repeated.
        if (TLane.Width < Lanes / 2)
        {
            return AlongNarrow<TLane, T, TTerms>(terms, row, first, end);
        }

        var (low, high) = (TLane.Broadcast(T.Zero), TLane.Broadcast(T.Zero));
        var i = first;
        for (; i <= end - Lanes; i += Lanes)
        {
            low += terms.At<TLane>(row, i);
            if (TLane.Width < Lanes)
            {
                high += terms.At<TLane>(row, i + TLane.Width);
            }
        }

        if (i < end)
        {
            return AlongRest<TLane, T, TTerms>(low, high, terms, row, i, end);
        }

        return Tree<TLane, T>(low, high);
    }

    // Adds the last, fewer than 16, terms, and takes the tree in memory.
    [SkipLocalsInit]
    private static T AlongRest<TLane, T, TTerms>(TLane low, TLane high, TTerms terms, int row, int i, int end)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
        where TTerms : struct, ILaneTerms<T>
    {
        var lanes = stackalloc T[Lanes];
        TLane.Store(lanes, low);
        if (TLane.Width < Lanes)
        {
            TLane.Store(lanes + TLane.Width, high);
        }

        for (var lane = 0; i < end; i++, lane++)
        {
            lanes[lane] += terms.At<LaneScalar<T>>(row, i).Value;
        }

        return Tree(lanes);
    }

    [SkipLocalsInit]
    private static T AlongNarrow<TLane, T, TTerms>(TTerms terms, int row, int first, int end)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
        where TTerms : struct, ILaneTerms<T>
    {
        var lanes = stackalloc T[Lanes];
        new Span<T>(lanes, Lanes).Clear();
        var i = first;
        for (; i <= end - Lanes; i += Lanes)
        {
            for (var lane = 0; lane < Lanes; lane += TLane.Width)
            {
                TLane.Store(lanes + lane, TLane.Load(lanes + lane) + terms.At<TLane>(row, i + lane));
            }
        }

        for (var lane = 0; i < end; i++, lane++)
        {
            lanes[lane] += terms.At<LaneScalar<T>>(row, i).Value;
        }

        return Tree(lanes);
    }

    /// <summary>The tree i + (i + 8), (i + 4), (i + 2), (i + 1) of 16 numbers in one register, or of 8 and 8.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Tree<TLane, T>(TLane low, TLane high)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (sizeof(TLane) == 64 && TLane.Width < Lanes)
        {
            var eight = Unsafe.BitCast<TLane, Vector512<T>>(low + high);
            var four = eight.GetLower() + eight.GetUpper();
            var two = four.GetLower() + four.GetUpper();
            return two.GetElement(0) + two.GetElement(1);
        }

        var halved = sizeof(TLane) == 64
            ? Unsafe.BitCast<TLane, Vector512<T>>(low).GetLower() + Unsafe.BitCast<TLane, Vector512<T>>(low).GetUpper()
            : Unsafe.BitCast<TLane, Vector256<T>>(low + high);
        var quartered = halved.GetLower() + halved.GetUpper();
        quartered += Vector128.Shuffle(quartered.AsInt32(), Vector128.Create(2, 3, 0, 1)).As<int, T>();
        return quartered.GetElement(0) + quartered.GetElement(1);
    }

    // The same in memory; the 16 numbers are overwritten.
    private static T Tree<T>(T* lanes)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (var half = Lanes / 2; half > 0; half /= 2)
        {
            for (var i = 0; i < half; i++)
            {
                lanes[i] += lanes[i + half];
            }
        }

        return lanes[0];
    }
}
