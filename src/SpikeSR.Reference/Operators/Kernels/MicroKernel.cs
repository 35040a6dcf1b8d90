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
/// a fused multiply-add (SPEC REP-2); lanes run across outputs, so their width changes nothing.
/// </para>
/// <para>
/// Why 6 x 4: a core retires two 512-bit fused multiply-adds a cycle with a latency of 4, so at least 8 accumulators must be in flight, and
/// there are 32 registers: 24 accumulators, 4 lanes of b, 1 broadcast. One k is then 24 multiply-adds for 11 loads and 38 micro-operations in
/// the 48 slots of 12 cycles, and b streams from the second-level cache at 21 bytes a cycle, half of what that cache gives: 94 % of the bare
/// multiply-add peak at k = 576 without blocking over k (7 x 4 spills, 8 x 3 is equal, 12 x 2 and 8 x 2 stay near 85 %). Lanes of 256 and
/// 128 bits have 16 registers: 6 x 2 takes 15. Six rows also fit six row pointers into the general registers.
/// </para>
/// <para>
/// The tile is written out in scalars because only locals are kept in registers; branches on the lane count vanish when the method is compiled.
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
    /// <param name="depth">Number of products in a sum.</param>
    /// <param name="panel">Packed right operand [depth, lanes].</param>
    /// <param name="start">Where the sums start.</param>
    /// <param name="startStride">Elements between rows of start; 0 where all rows start alike.</param>
    /// <param name="y">Output; may be start.</param>
    /// <param name="stride">Elements between rows of y.</param>
    public static void Run<TLane, T>(
        int lanes, int tiles, T* a, nint* rows, int* offsets, int depth, T* panel, T* start, nint startStride, T* y, nint stride)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        switch (lanes)
        {
            case 1:
                Tiles<One, TLane, T>(tiles, a, rows, offsets, depth, panel, start, startStride, y, stride);
                break;
            case 2:
                Tiles<Two, TLane, T>(tiles, a, rows, offsets, depth, panel, start, startStride, y, stride);
                break;
            case 3:
                Tiles<Three, TLane, T>(tiles, a, rows, offsets, depth, panel, start, startStride, y, stride);
                break;
            default:
                Tiles<Four, TLane, T>(tiles, a, rows, offsets, depth, panel, start, startStride, y, stride);
                break;
        }
    }

    private static void Tiles<TLanes, TLane, T>(
        int tiles, T* a, nint* rows, int* offsets, int depth, T* panel, T* start, nint startStride, T* y, nint stride)
        where TLanes : unmanaged, ILaneCount
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        var end = offsets + depth;
        for (; tiles > 0; tiles--)
        {
            var a0 = a + rows[0];
            var a1 = a + rows[1];
            var a2 = a + rows[2];
            var a3 = a + rows[3];
            var a4 = a + rows[4];
            var a5 = a + rows[5];
            var y00 = TLane.Load(start + (0 * startStride));
            var y10 = TLane.Load(start + (1 * startStride));
            var y20 = TLane.Load(start + (2 * startStride));
            var y30 = TLane.Load(start + (3 * startStride));
            var y40 = TLane.Load(start + (4 * startStride));
            var y50 = TLane.Load(start + (5 * startStride));

            TLane y01 = default;
            TLane y11 = default;
            TLane y21 = default;
            TLane y31 = default;
            TLane y41 = default;
            TLane y51 = default;
            if (TLanes.Value > 1)
            {
                y01 = TLane.Load(start + (0 * startStride) + (1 * TLane.Width));
                y11 = TLane.Load(start + (1 * startStride) + (1 * TLane.Width));
                y21 = TLane.Load(start + (2 * startStride) + (1 * TLane.Width));
                y31 = TLane.Load(start + (3 * startStride) + (1 * TLane.Width));
                y41 = TLane.Load(start + (4 * startStride) + (1 * TLane.Width));
                y51 = TLane.Load(start + (5 * startStride) + (1 * TLane.Width));
            }

            TLane y02 = default;
            TLane y12 = default;
            TLane y22 = default;
            TLane y32 = default;
            TLane y42 = default;
            TLane y52 = default;
            if (TLanes.Value > 2)
            {
                y02 = TLane.Load(start + (0 * startStride) + (2 * TLane.Width));
                y12 = TLane.Load(start + (1 * startStride) + (2 * TLane.Width));
                y22 = TLane.Load(start + (2 * startStride) + (2 * TLane.Width));
                y32 = TLane.Load(start + (3 * startStride) + (2 * TLane.Width));
                y42 = TLane.Load(start + (4 * startStride) + (2 * TLane.Width));
                y52 = TLane.Load(start + (5 * startStride) + (2 * TLane.Width));
            }

            TLane y03 = default;
            TLane y13 = default;
            TLane y23 = default;
            TLane y33 = default;
            TLane y43 = default;
            TLane y53 = default;
            if (TLanes.Value > 3)
            {
                y03 = TLane.Load(start + (0 * startStride) + (3 * TLane.Width));
                y13 = TLane.Load(start + (1 * startStride) + (3 * TLane.Width));
                y23 = TLane.Load(start + (2 * startStride) + (3 * TLane.Width));
                y33 = TLane.Load(start + (3 * startStride) + (3 * TLane.Width));
                y43 = TLane.Load(start + (4 * startStride) + (3 * TLane.Width));
                y53 = TLane.Load(start + (5 * startStride) + (3 * TLane.Width));
            }

            var b = panel;
            for (var k = offsets; k < end; k++)
            {
                nint offset = *k;
                var b0 = TLane.Load(b);
                TLane b1 = default, b2 = default, b3 = default;
                if (TLanes.Value > 1)
                {
                    b1 = TLane.Load(b + (1 * TLane.Width));
                }

                if (TLanes.Value > 2)
                {
                    b2 = TLane.Load(b + (2 * TLane.Width));
                }

                if (TLanes.Value > 3)
                {
                    b3 = TLane.Load(b + (3 * TLane.Width));
                }

                var left = TLane.Broadcast(a0[offset]);
                TLane.Accumulate(ref y00, left, b0);
                if (TLanes.Value > 1)
                {
                    TLane.Accumulate(ref y01, left, b1);
                }

                if (TLanes.Value > 2)
                {
                    TLane.Accumulate(ref y02, left, b2);
                }

                if (TLanes.Value > 3)
                {
                    TLane.Accumulate(ref y03, left, b3);
                }

                left = TLane.Broadcast(a1[offset]);
                TLane.Accumulate(ref y10, left, b0);
                if (TLanes.Value > 1)
                {
                    TLane.Accumulate(ref y11, left, b1);
                }

                if (TLanes.Value > 2)
                {
                    TLane.Accumulate(ref y12, left, b2);
                }

                if (TLanes.Value > 3)
                {
                    TLane.Accumulate(ref y13, left, b3);
                }

                left = TLane.Broadcast(a2[offset]);
                TLane.Accumulate(ref y20, left, b0);
                if (TLanes.Value > 1)
                {
                    TLane.Accumulate(ref y21, left, b1);
                }

                if (TLanes.Value > 2)
                {
                    TLane.Accumulate(ref y22, left, b2);
                }

                if (TLanes.Value > 3)
                {
                    TLane.Accumulate(ref y23, left, b3);
                }

                left = TLane.Broadcast(a3[offset]);
                TLane.Accumulate(ref y30, left, b0);
                if (TLanes.Value > 1)
                {
                    TLane.Accumulate(ref y31, left, b1);
                }

                if (TLanes.Value > 2)
                {
                    TLane.Accumulate(ref y32, left, b2);
                }

                if (TLanes.Value > 3)
                {
                    TLane.Accumulate(ref y33, left, b3);
                }

                left = TLane.Broadcast(a4[offset]);
                TLane.Accumulate(ref y40, left, b0);
                if (TLanes.Value > 1)
                {
                    TLane.Accumulate(ref y41, left, b1);
                }

                if (TLanes.Value > 2)
                {
                    TLane.Accumulate(ref y42, left, b2);
                }

                if (TLanes.Value > 3)
                {
                    TLane.Accumulate(ref y43, left, b3);
                }

                left = TLane.Broadcast(a5[offset]);
                TLane.Accumulate(ref y50, left, b0);
                if (TLanes.Value > 1)
                {
                    TLane.Accumulate(ref y51, left, b1);
                }

                if (TLanes.Value > 2)
                {
                    TLane.Accumulate(ref y52, left, b2);
                }

                if (TLanes.Value > 3)
                {
                    TLane.Accumulate(ref y53, left, b3);
                }

                b += TLanes.Value * TLane.Width;
            }

            TLane.Store(y + (0 * stride), y00);
            TLane.Store(y + (1 * stride), y10);
            TLane.Store(y + (2 * stride), y20);
            TLane.Store(y + (3 * stride), y30);
            TLane.Store(y + (4 * stride), y40);
            TLane.Store(y + (5 * stride), y50);

            if (TLanes.Value > 1)
            {
                TLane.Store(y + (0 * stride) + (1 * TLane.Width), y01);
                TLane.Store(y + (1 * stride) + (1 * TLane.Width), y11);
                TLane.Store(y + (2 * stride) + (1 * TLane.Width), y21);
                TLane.Store(y + (3 * stride) + (1 * TLane.Width), y31);
                TLane.Store(y + (4 * stride) + (1 * TLane.Width), y41);
                TLane.Store(y + (5 * stride) + (1 * TLane.Width), y51);
            }

            if (TLanes.Value > 2)
            {
                TLane.Store(y + (0 * stride) + (2 * TLane.Width), y02);
                TLane.Store(y + (1 * stride) + (2 * TLane.Width), y12);
                TLane.Store(y + (2 * stride) + (2 * TLane.Width), y22);
                TLane.Store(y + (3 * stride) + (2 * TLane.Width), y32);
                TLane.Store(y + (4 * stride) + (2 * TLane.Width), y42);
                TLane.Store(y + (5 * stride) + (2 * TLane.Width), y52);
            }

            if (TLanes.Value > 3)
            {
                TLane.Store(y + (0 * stride) + (3 * TLane.Width), y03);
                TLane.Store(y + (1 * stride) + (3 * TLane.Width), y13);
                TLane.Store(y + (2 * stride) + (3 * TLane.Width), y23);
                TLane.Store(y + (3 * stride) + (3 * TLane.Width), y33);
                TLane.Store(y + (4 * stride) + (3 * TLane.Width), y43);
                TLane.Store(y + (5 * stride) + (3 * TLane.Width), y53);
            }

            rows += Rows;
            start += Rows * startStride;
            y += Rows * stride;
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
