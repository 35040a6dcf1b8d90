using System.Numerics;
using System.Runtime.CompilerServices;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators.Kernels;

/// <summary>
/// The one loop that every product in the project runs through: a tile of 6 rows by 1 to 4 lanes of y = start + a b, held in registers.
/// </summary>
/// <remarks>
/// <para>
/// Element (m, k) of the left operand is <c>a[rows[m] + offsets[k]]</c>, so that a matrix, a transposed matrix and a convolution's window
/// (rows = output pixels, offsets = channel and tap) are the same thing and no window is ever copied out. The right operand is packed: the
/// lanes of one k side by side, k after k. Every output has one accumulator, starts at its start value and adds k = 0, 1, 2, ... by
/// a fused multiply-add (SPEC REP-2), the k that are left out apart; lanes run across outputs, so their width changes nothing.
/// </para>
/// <para>
/// Why 6 x 4: a core retires two 512-bit fused multiply-adds a cycle with a latency of 4, so at least 8 accumulators must be in flight, and
/// there are 32 registers: 24 accumulators, 4 lanes of b, 1 broadcast. Two k are then 48 multiply-adds for 22 loads and 74 micro-operations in
/// the 96 slots of 24 cycles, and b streams from the second-level cache at 21 bytes a cycle, half of what that cache gives: 94 % of the bare
/// multiply-add peak at k = 576 without blocking over k (7 x 4 spills, 8 x 3 is equal, 12 x 2 and 8 x 2 stay near 85 %). Where another thread
/// has half of the core's slots, they are what binds: two k in a turn, which saves 2 of 76, are 2 to 4 % faster there from k = 100 on, four
/// are not. Lanes of 256 and 128 bits have 16 registers: 6 x 2 takes 15. Six rows also fit six row pointers into the general registers.
/// </para>
/// <para>
/// Where the left operand is few spikes no product is left: <see cref="AddSelected"/> adds the rows of the right one that they select.
/// </para>
/// <para>
/// The six rows are written out because only locals are kept in registers; branches on the lane count vanish when the method is compiled.
/// </para>
/// </remarks>
internal static unsafe class MicroKernel
{
    /// <summary>Rows in a tile.</summary>
    public const int Rows = 6;

    /// <summary>The number of lanes side by side in a tile, as a type so that each number gets machine code of its own.</summary>
    private interface ILaneCount
    {
        /// <summary>The number.</summary>
        static abstract int Value { get; }
    }

    /// <summary>The most lanes side by side in a tile: what the registers of that width hold.</summary>
    /// <typeparam name="TLane">The lane type.</typeparam>
    public static int MaximumLanes<TLane>()
        where TLane : unmanaged => sizeof(TLane) == 64 ? 4 : 2;

    /// <summary>Computes <paramref name="tiles"/> tiles below each other.</summary>
    /// <typeparam name="TLane">The lane type.</typeparam>
    /// <typeparam name="T">The number type.</typeparam>
    /// <param name="lanes">Lanes side by side in a tile.</param>
    /// <param name="tiles">Tiles, each of <see cref="Rows"/> rows.</param>
    /// <param name="a">Origin of the left operand.</param>
    /// <param name="rows">Element offset of every row.</param>
    /// <param name="offsets">Element offset of every k.</param>
    /// <param name="runs">The k that are met.</param>
    /// <param name="panel">Packed right operand [depth, lanes].</param>
    /// <param name="start">Where the sums start.</param>
    /// <param name="startStride">Elements between rows of start; 0 where all rows start alike.</param>
    /// <param name="y">Output; may be start.</param>
    /// <param name="stride">Elements between rows of y.</param>
    public static void Run<TLane, T>(
        int lanes, int tiles, T* a, nint* rows, int* offsets, FactorRuns runs, T* panel, T* start, nint startStride, T* y, nint stride)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        switch (lanes)
        {
            case 1:
                Tiles<One, TLane, T>(tiles, a, rows, offsets, runs, panel, start, startStride, y, stride);
                break;
            case 2:
                Tiles<Two, TLane, T>(tiles, a, rows, offsets, runs, panel, start, startStride, y, stride);
                break;
            case 3:
                Tiles<Three, TLane, T>(tiles, a, rows, offsets, runs, panel, start, startStride, y, stride);
                break;
            default:
                Tiles<Four, TLane, T>(tiles, a, rows, offsets, runs, panel, start, startStride, y, stride);
                break;
        }
    }

    /// <summary>Adds to every row of y those rows of b that a word selects, the first at first.</summary>
    /// <typeparam name="TLane">The lane type.</typeparam>
    /// <typeparam name="T">The number type.</typeparam>
    /// <param name="lanes">Lanes in a row.</param>
    /// <param name="count">Rows of y.</param>
    /// <param name="selected">For every row of y the rows of b: bit k for row k.</param>
    /// <param name="b">Up to 64 rows without gaps.</param>
    /// <param name="y">Rows without gaps.</param>
    public static void AddSelected<TLane, T>(int lanes, int count, ulong* selected, T* b, T* y)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        switch (lanes)
        {
            case 1:
                AddRows<One, TLane, T>(count, selected, b, y);
                break;
            case 2:
                AddRows<Two, TLane, T>(count, selected, b, y);
                break;
            case 3:
                AddRows<Three, TLane, T>(count, selected, b, y);
                break;
            default:
                AddRows<Four, TLane, T>(count, selected, b, y);
                break;
        }
    }

    private static void AddRows<TLanes, TLane, T>(int count, ulong* selected, T* b, T* y)
        where TLanes : unmanaged, ILaneCount
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        for (var end = selected + count; selected < end; selected++, y += TLanes.Value * TLane.Width)
        {
            var bits = *selected;
            if (bits == 0)
            {
                continue;
            }

            var sum = Row<TLanes, TLane, T>.Load(y);
            do
            {
                sum.Add(Row<TLanes, TLane, T>.Load(b + ((nint)BitOperations.TrailingZeroCount(bits) * (TLanes.Value * TLane.Width))));
                bits &= bits - 1;
            }
            while (bits != 0);
            sum.Store(y);
        }
    }

    private static void Tiles<TLanes, TLane, T>(
        int tiles, T* a, nint* rows, int* offsets, FactorRuns runs, T* panel, T* start, nint startStride, T* y, nint stride)
        where TLanes : unmanaged, ILaneCount
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        for (; tiles > 0; tiles--)
        {
            var a0 = a + rows[0];
            var a1 = a + rows[1];
            var a2 = a + rows[2];
            var a3 = a + rows[3];
            var a4 = a + rows[4];
            var a5 = a + rows[5];
            var y0 = Row<TLanes, TLane, T>.Load(start);
            var y1 = Row<TLanes, TLane, T>.Load(start + (1 * startStride));
            var y2 = Row<TLanes, TLane, T>.Load(start + (2 * startStride));
            var y3 = Row<TLanes, TLane, T>.Load(start + (3 * startStride));
            var y4 = Row<TLanes, TLane, T>.Load(start + (4 * startStride));
            var y5 = Row<TLanes, TLane, T>.Load(start + (5 * startStride));
            for (var run = 0; run < runs.Count; run++)
            {
                var first = runs.First(run);
                var b = panel + (first * TLanes.Value * TLane.Width);
                var k = offsets + first;
                var end = offsets + runs.End(run);
                for (; k <= end - 2; k += 2, b += 2 * TLanes.Value * TLane.Width)
                {
                    AddProducts(ref y0, ref y1, ref y2, ref y3, ref y4, ref y5, a0, a1, a2, a3, a4, a5, k[0], b, 0);
                    AddProducts(ref y0, ref y1, ref y2, ref y3, ref y4, ref y5, a0, a1, a2, a3, a4, a5, k[1], b, 1);
                }

                if (k < end)
                {
                    AddProducts(ref y0, ref y1, ref y2, ref y3, ref y4, ref y5, a0, a1, a2, a3, a4, a5, k[0], b, 0);
                }
            }

            y0.Store(y);
            y1.Store(y + (1 * stride));
            y2.Store(y + (2 * stride));
            y3.Store(y + (3 * stride));
            y4.Store(y + (4 * stride));
            y5.Store(y + (5 * stride));
            rows += Rows;
            start += Rows * startStride;
            y += Rows * stride;
        }
    }

    // The products of one k, whose lanes of b lie that many k behind b.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddProducts<TLanes, TLane, T>(
        ref Row<TLanes, TLane, T> y0,
        ref Row<TLanes, TLane, T> y1,
        ref Row<TLanes, TLane, T> y2,
        ref Row<TLanes, TLane, T> y3,
        ref Row<TLanes, TLane, T> y4,
        ref Row<TLanes, TLane, T> y5,
        T* a0,
        T* a1,
        T* a2,
        T* a3,
        T* a4,
        T* a5,
        nint offset,
        T* b,
        int behind)
        where TLanes : unmanaged, ILaneCount
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        var right = Row<TLanes, TLane, T>.Load(b, behind);
        y0.Accumulate(TLane.Broadcast(a0[offset]), right);
        y1.Accumulate(TLane.Broadcast(a1[offset]), right);
        y2.Accumulate(TLane.Broadcast(a2[offset]), right);
        y3.Accumulate(TLane.Broadcast(a3[offset]), right);
        y4.Accumulate(TLane.Broadcast(a4[offset]), right);
        y5.Accumulate(TLane.Broadcast(a5[offset]), right);
    }

    /// <summary>One to four lanes side by side. A struct of at most four fields is taken apart into locals, so that its lanes are registers.</summary>
    private struct Row<TLanes, TLane, T>
        where TLanes : unmanaged, ILaneCount
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        private TLane _lane0;
        private TLane _lane1;
        private TLane _lane2;
        private TLane _lane3;

        // The row that lies that many rows behind the source: one constant for every lane, so that no address is computed.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Row<TLanes, TLane, T> Load(T* source, int behind = 0)
        {
            Row<TLanes, TLane, T> row = default;
            row._lane0 = TLane.Load(source + (behind * TLanes.Value * TLane.Width));
            if (TLanes.Value > 1)
            {
                row._lane1 = TLane.Load(source + (((behind * TLanes.Value) + 1) * TLane.Width));
            }

            if (TLanes.Value > 2)
            {
                row._lane2 = TLane.Load(source + (((behind * TLanes.Value) + 2) * TLane.Width));
            }

            if (TLanes.Value > 3)
            {
                row._lane3 = TLane.Load(source + (((behind * TLanes.Value) + 3) * TLane.Width));
            }

            return row;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Store(T* destination)
        {
            TLane.Store(destination, _lane0);
            if (TLanes.Value > 1)
            {
                TLane.Store(destination + (1 * TLane.Width), _lane1);
            }

            if (TLanes.Value > 2)
            {
                TLane.Store(destination + (2 * TLane.Width), _lane2);
            }

            if (TLanes.Value > 3)
            {
                TLane.Store(destination + (3 * TLane.Width), _lane3);
            }
        }

        // this + right.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add(Row<TLanes, TLane, T> right)
        {
            _lane0 += right._lane0;
            if (TLanes.Value > 1)
            {
                _lane1 += right._lane1;
            }

            if (TLanes.Value > 2)
            {
                _lane2 += right._lane2;
            }

            if (TLanes.Value > 3)
            {
                _lane3 += right._lane3;
            }
        }

        // this + left * right, each rounded once.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Accumulate(TLane left, Row<TLanes, TLane, T> right)
        {
            TLane.Accumulate(ref _lane0, left, right._lane0);
            if (TLanes.Value > 1)
            {
                TLane.Accumulate(ref _lane1, left, right._lane1);
            }

            if (TLanes.Value > 2)
            {
                TLane.Accumulate(ref _lane2, left, right._lane2);
            }

            if (TLanes.Value > 3)
            {
                TLane.Accumulate(ref _lane3, left, right._lane3);
            }
        }
    }

    private readonly struct One : ILaneCount
    {
        public static int Value
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            get => 1;
        }
    }

    private readonly struct Two : ILaneCount
    {
        public static int Value
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            get => 2;
        }
    }

    private readonly struct Three : ILaneCount
    {
        public static int Value
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            get => 3;
        }
    }

    private readonly struct Four : ILaneCount
    {
        public static int Value
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            get => 4;
        }
    }
}
