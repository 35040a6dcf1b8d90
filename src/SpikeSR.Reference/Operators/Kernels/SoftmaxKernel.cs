using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
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

    /// <summary>Softmax of rows of n logits x / root each, root positive; y may be x.</summary>
    [SkipLocalsInit]
    public static void Rows<TLane, T>(T* x, T* y, int count, int n, Divisor<T> root)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        // In groups where a row is so many whole registers that 16 neighbouring terms are one or two.
        var maxima = stackalloc T[RowGroup];
        var inGroups = root.IsModerate && TLane.Width >= FixedOrder.Lanes / 2 && n > 0 && n % FixedOrder.Lanes == 0 && n <= FixedOrder.ChunkLength;
        for (; count > 0 && n > 0; count -= RowGroup, x += RowGroup * (nint)n, y += RowGroup * (nint)n)
        {
            var rows = Math.Min(RowGroup, count);
            if (inGroups && AreModerate<TLane, T>(x, rows, n, root, maxima))
            {
                ModerateRows<TLane, T>(x, y, rows, n, root, maxima);
                continue;
            }

            for (nint row = 0; row < rows; row++)
            {
                Row<TLane, T>(x + (row * n), y + (row * n), n, root);
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

    // Rows that go through a stage together: with 256 logits 8 KB in float.
    private const int RowGroup = 8;

    // Exponentials of logits down to 59 below the greatest are at least 2^-86, and their sum, one of them being 1, lies between 1 and so many.
    private const double ModerateSpread = 59;

    // Divisor.Moderate serves for logits up to 2^86, and for all smaller ones: those under 2^-86, whose quotients may be off, and the sign of a
    // zero are lost when the maximum is subtracted, or leave a number whose exponential is 1.
    private const double ModerateLogit = 7e25;

    // Rows in the smallest range that is worth a thread's while.
    private static int Grain(int n) => Math.Max(1, 1024 / Math.Max(1, n));

    // One row of any logits.
    private static void Row<TLane, T>(T* x, T* y, int n, Divisor<T> root)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var greatest = x[0];
        for (var j = 1; j < n; j++)
        {
            greatest = LaneScalar<T>.Greater(new(x[j]), new(greatest)).Value;
        }

        // Rounded quotients by a positive number keep the order of their dividends.
        var maximum = root.Divide(new LaneScalar<T>(greatest)).Value;
        var sum = FixedOrderKernel.Along<TLane, T, Exponential<T>>(new(x, maximum, root, y), 0, n);
        LaneLoop.ElementRange<TLane, T, Quotients<T>>(new(y, new(sum)), 0, n);
    }

    // Whether the logits of some rows are moderate, and each row's greatest, divided. The order may differ from the definition's: it decides only between
    // zeros of either sign, whose exponential is the same, and in rows with a NaN, all of whose results are NaN.
    private static bool AreModerate<TLane, T>(T* x, int rows, int n, Divisor<T> root, T* maxima)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        // A NaN stays in its row's lowest and highest, and would hide other rows' in what is found over all rows.
        var least = TLane.Broadcast(T.PositiveInfinity);
        var greatest = x[0];
        for (var row = 0; row < rows; row++, x += n)
        {
            var (lowest, highest) = (TLane.Load(x), TLane.Load(x));
            for (nint j = TLane.Width; j < n; j += TLane.Width)
            {
                var next = TLane.Load(x + j);
                (lowest, highest) = (TLane.Lesser(next, lowest), TLane.Greater(next, highest));
            }

            least = TLane.Lesser(lowest, least);
            maxima[row] = Greatest<TLane, T>(highest);
            greatest = T.Max(greatest, maxima[row]);
        }

        // Rounded quotients by a positive number keep the order of their dividends.
        for (var row = 0; row < rows; row++)
        {
            maxima[row] = root.Divide(new LaneScalar<T>(maxima[row])).Value;
        }

        var (fall, limit) = (Greatest<TLane, T>(-least), T.CreateTruncating(ModerateLogit));
        return fall <= limit && greatest <= limit && (root.Divide(new LaneScalar<T>(greatest)) + root.Divide(new LaneScalar<T>(fall))).Value <= T.CreateTruncating(ModerateSpread);
    }

    private static void ModerateRows<TLane, T>(T* x, T* y, int rows, int n, Divisor<T> root, T* maxima)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var sums = stackalloc T[RowGroup];
        var quotient = root.Moderate<TLane>();
        var to = y;
        for (var row = 0; row < rows; row++, x += n, to += n)
        {
            var maximum = TLane.Broadcast(maxima[row]);
            var (low, high) = (TLane.Broadcast(T.Zero), TLane.Broadcast(T.Zero));

            // In a loop of its own: division and exponential in one are a chain so long that a core, which looks ahead over a hundred waiting operations, idles.
            for (nint j = 0; j < n; j += TLane.Width)
            {
                TLane.Store(to + j, quotient.Divide(TLane.Load(x + j)) - maximum);
            }

            for (nint j = 0; j < n; j += FixedOrder.Lanes)
            {
                var power = ExactMath.ModerateExp<TLane, T>(TLane.Load(to + j));
                TLane.Store(to + j, power);
                low += power;
                if (TLane.Width < FixedOrder.Lanes)
                {
                    power = ExactMath.ModerateExp<TLane, T>(TLane.Load(to + j + TLane.Width));
                    TLane.Store(to + j + TLane.Width, power);
                    high += power;
                }
            }

            sums[row] = FixedOrderKernel.Tree<TLane, T>(low, high);
        }

        for (var row = 0; row < rows; row++, y += n)
        {
            var share = new Divisor<T>(sums[row]).Moderate<TLane>();
            for (nint j = 0; j < n; j += TLane.Width)
            {
                TLane.Store(y + j, share.Divide(TLane.Load(y + j)));
            }
        }
    }

    // The places of a lane are halved until two are left.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Greatest<TLane, T>(TLane value)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (sizeof(TLane) == 64)
        {
            var whole = Unsafe.BitCast<TLane, Vector512<T>>(value);
            return Greatest<Lane256<T>, T>(Lane256<T>.Greater(new(whole.GetLower()), new(whole.GetUpper())));
        }

        if (sizeof(TLane) == 32)
        {
            var whole = Unsafe.BitCast<TLane, Vector256<T>>(value);
            return Greatest<Lane128<T>, T>(Lane128<T>.Greater(new(whole.GetLower()), new(whole.GetUpper())));
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

    private readonly struct Quotients<T>(T* y, Divisor<T> sum) : LaneLoop.IElementKernel<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int i)
            where TLane : unmanaged, ILane<TLane, T> => TLane.Store(y + i, sum.Divide(TLane.Load(y + i)));
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
