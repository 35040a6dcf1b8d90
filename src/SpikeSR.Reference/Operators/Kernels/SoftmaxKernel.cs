using System.Numerics;
using System.Runtime.CompilerServices;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators.Kernels;

/// <summary>Kernels of <see cref="Softmax"/>, row by row; the logits may be divided by a root on their way, as attention does.</summary>
internal static unsafe class SoftmaxKernel
{
    /// <summary>y = softmax(x).</summary>
    public static void Forward<TLane, T>(TensorView<T> x, TensorView<T> y, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Guard.HasShape(x, nameof(x), -1, -1);
        Guard.SameLength(x, y, nameof(y));
        var n = x.Shape[1];
        threads.ForRange(x.Shape[0], Grain(n), (first, last) =>
        {
            Rows<TLane, T>(x.Pointer + ((nint)first * n), y.Pointer + ((nint)first * n), last - first, n, new(T.One));
        });
    }

    /// <summary>gradX_j = y_j (g_j - sum_i y_i g_i).</summary>
    public static void Backward<TLane, T>(TensorView<T> y, TensorView<T> gradY, TensorView<T> gradX, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Guard.HasShape(y, nameof(y), -1, -1);
        Guard.SameLength(y, gradY, nameof(gradY));
        Guard.SameLength(y, gradX, nameof(gradX));
        var n = y.Shape[1];
        threads.ForRange(y.Shape[0], Grain(n), (first, last) =>
        {
            for (nint row = first; row < last; row++)
            {
                RowBackward<TLane, T>(y.Pointer + (row * n), gradY.Pointer + (row * n), gradX.Pointer + (row * n), n, new(T.One));
            }
        });
    }

    /// <summary>
    /// Softmax of rows of n logits x / root each, root positive; y may be x. A few rows go through each stage together: what a row waits for (its greatest, its sum, a
    /// division) another row's work hides.
    /// </summary>
    [SkipLocalsInit]
    public static void Rows<TLane, T>(T* x, T* y, int count, int n, Divisor<T> root)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var maxima = stackalloc T[RowGroup];
        var sums = stackalloc Divisor<T>[RowGroup];
        var powers = stackalloc T[ModerateLength];
        var limit = T.CreateTruncating(ModerateLogit);
        for (; count > 0 && n > 0; count -= RowGroup, x += (nint)RowGroup * n, y += (nint)RowGroup * n)
        {
            var rows = Math.Min(RowGroup, count);
            var isModerate = root.IsModerate && n <= ModerateLength;
            for (nint row = 0; row < rows; row++)
            {
                // Rounded quotients by a positive number keep the order of their dividends.
                Extremes<TLane, T>(x + (row * n), n, out var least, out var greatest);
                maxima[row] = root.Divide(new LaneScalar<T>(greatest)).Value;
                var spread = maxima[row] - root.Divide(new LaneScalar<T>(least)).Value;
                isModerate &= least >= -limit && greatest <= limit && spread <= T.CreateTruncating(ModerateSpread);
            }

            for (nint row = 0; row < rows; row++)
            {
                var (from, maximum) = (row * n, maxima[row]);
                if (isModerate)
                {
                    LaneLoop.ElementRange<TLane, T, Reduction<T>>(new(x + from, maximum, root, powers, y + from), 0, n);
                    sums[row] = new(FixedOrderKernel.Along<TLane, T, Expansion<T>>(new(powers, y + from), 0, n));
                }
                else
                {
                    sums[row] = new(FixedOrderKernel.Along<TLane, T, Exponential<T>>(new(x + from, maximum, root, y + from), 0, n));
                }
            }

            for (nint row = 0; row < rows; row++)
            {
                if (isModerate)
                {
                    LaneLoop.ElementRange<TLane, T, ModerateQuotients<T>>(new(y + (row * n), sums[row]), 0, n);
                }
                else
                {
                    LaneLoop.ElementRange<TLane, T, Quotients<T>>(new(y + (row * n), sums[row]), 0, n);
                }
            }
        }
    }

    /// <summary>The softmax Jacobian applied to one row, divided by root; gradX may be g.</summary>
    public static void RowBackward<TLane, T>(T* y, T* g, T* gradX, int n, Divisor<T> root)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var sum = FixedOrderKernel.Along<TLane, T, ChannelSumKernel.Products<T>>(new(y, g, n), 0, n);
        LaneLoop.ElementRange<TLane, T, Jacobian<T>>(new(y, g, sum, root, gradX), 0, n);
    }

    // Rows that go through the stages together: with 256 logits 8 KB in float.
    private const int RowGroup = 8;

    // Exponentials of logits down to 59 below the greatest are at least 2^-86, and their sum, one of them being 1, lies between 1 and so many.
    private const double ModerateSpread = 59;

    // Logits whose powers of two are kept beside the row between the halves of the exponential: 4 KB in float.
    private const int ModerateLength = 1024;

    // Divisor.DivideModerate serves for logits up to 2^86, and for all smaller ones: those under 2^-86, whose quotients may be off, and the sign of a
    // zero are lost when the maximum is subtracted, or leave a number whose exponential is 1.
    private const double ModerateLogit = 7e25;

    // Rows in the smallest range that is worth a thread's while.
    private static int Grain(int n) => Math.Max(1, 1024 / Math.Max(1, n));

    // The least and the greatest of the row. The order may differ from the definition's: it decides only between zeros of either sign, whose
    // exponential is the same, and in rows with a NaN, all of whose results are NaN.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Extremes<TLane, T>(T* x, int n, out T least, out T greatest)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (low, high) = (new LaneScalar<T>(x[0]), new LaneScalar<T>(x[0]));
        var j = 0;
        if (n >= TLane.Width)
        {
            // Two of each, because each comparison waits for the one before.
            var (lowest, highest) = (TLane.Load(x), TLane.Load(x));
            var (otherLowest, otherHighest) = (lowest, highest);
            for (j = TLane.Width; j <= n - (2 * TLane.Width); j += 2 * TLane.Width)
            {
                var (next, other) = (TLane.Load(x + j), TLane.Load(x + j + TLane.Width));
                (lowest, otherLowest) = (TLane.Lesser(next, lowest), TLane.Lesser(other, otherLowest));
                (highest, otherHighest) = (TLane.Greater(next, highest), TLane.Greater(other, otherHighest));
            }

            low = new(Least<TLane, T>(TLane.Lesser(lowest, otherLowest)));
            high = new(Greatest<TLane, T>(TLane.Greater(highest, otherHighest)));
        }

        for (; j < n; j++)
        {
            low = LaneScalar<T>.Lesser(new(x[j]), low);
            high = LaneScalar<T>.Greater(new(x[j]), high);
        }

        (least, greatest) = (low.Value, high.Value);
    }

    // The places of a lane are halved until one is left.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Least<TLane, T>(TLane value)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (sizeof(TLane) == 64)
        {
            var halves = Unsafe.BitCast<TLane, (Lane256<T> Lower, Lane256<T> Upper)>(value);
            return Least<Lane256<T>, T>(Lane256<T>.Lesser(halves.Lower, halves.Upper));
        }

        if (sizeof(TLane) == 32)
        {
            var halves = Unsafe.BitCast<TLane, (Lane128<T> Lower, Lane128<T> Upper)>(value);
            return Least<Lane128<T>, T>(Lane128<T>.Lesser(halves.Lower, halves.Upper));
        }

        var least = TLane.Get(value, 0);
        for (var place = 1; place < TLane.Width; place++)
        {
            least = LaneScalar<T>.Lesser(new(TLane.Get(value, place)), new(least)).Value;
        }

        return least;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Greatest<TLane, T>(TLane value)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (sizeof(TLane) == 64)
        {
            var halves = Unsafe.BitCast<TLane, (Lane256<T> Lower, Lane256<T> Upper)>(value);
            return Greatest<Lane256<T>, T>(Lane256<T>.Greater(halves.Lower, halves.Upper));
        }

        if (sizeof(TLane) == 32)
        {
            var halves = Unsafe.BitCast<TLane, (Lane128<T> Lower, Lane128<T> Upper)>(value);
            return Greatest<Lane128<T>, T>(Lane128<T>.Greater(halves.Lower, halves.Upper));
        }

        var greatest = TLane.Get(value, 0);
        for (var place = 1; place < TLane.Width; place++)
        {
            greatest = LaneScalar<T>.Greater(new(TLane.Get(value, place)), new(greatest)).Value;
        }

        return greatest;
    }

    // exp(x / root - maximum), kept in y on the way into their sum.
    private readonly struct Exponential<T>(T* x, T maximum, Divisor<T> root, T* y) : ILaneTerms<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane At<TLane>(int row, int channel)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var value = ExactMath.Exp<TLane, T>(root.Divide(TLane.Load(x + channel)) - TLane.Broadcast(maximum));
            TLane.Store(y + channel, value);
            return value;
        }
    }

    // The same of moderate logits, in two halves: x / root - maximum = n ln 2 + r, r kept in y ...
    private readonly struct Reduction<T>(T* x, T maximum, Divisor<T> root, T* n, T* y) : LaneLoop.IElementKernel<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int i)
            where TLane : unmanaged, ILane<TLane, T>
        {
            ExactMath.ModerateExpReduce<TLane, T>(root.DivideModerate(TLane.Load(x + i)) - TLane.Broadcast(maximum), out var power, out var r);
            TLane.Store(n + i, power);
            TLane.Store(y + i, r);
        }
    }

    // ... and 2^n exp(r), kept in y on the way into their sum.
    private readonly struct Expansion<T>(T* n, T* y) : ILaneTerms<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane At<TLane>(int row, int channel)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var value = ExactMath.ModerateExpFinish<TLane, T>(TLane.Load(n + channel), TLane.Load(y + channel));
            TLane.Store(y + channel, value);
            return value;
        }
    }

    private readonly struct Quotients<T>(T* y, Divisor<T> sum) : LaneLoop.IElementKernel<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int i)
            where TLane : unmanaged, ILane<TLane, T> => TLane.Store(y + i, sum.Divide(TLane.Load(y + i)));
    }

    private readonly struct ModerateQuotients<T>(T* y, Divisor<T> sum) : LaneLoop.IElementKernel<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int i)
            where TLane : unmanaged, ILane<TLane, T> => TLane.Store(y + i, sum.DivideModerate(TLane.Load(y + i)));
    }

    private readonly struct Jacobian<T>(T* y, T* g, T sum, Divisor<T> root, T* gradX) : LaneLoop.IElementKernel<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int i)
            where TLane : unmanaged, ILane<TLane, T> =>
            TLane.Store(gradX + i, root.Divide(TLane.Load(y + i) * (TLane.Load(g + i) - TLane.Broadcast(sum))));
    }
}
