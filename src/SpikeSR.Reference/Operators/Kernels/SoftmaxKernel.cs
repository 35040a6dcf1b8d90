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
            for (nint row = first; row < last; row++)
            {
                Row<TLane, T>(x.Pointer + (row * n), y.Pointer + (row * n), n, new(T.One));
            }
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

    /// <summary>Softmax of one row of n logits x / root, root positive; y may be x.</summary>
    public static void Row<TLane, T>(T* x, T* y, int n, Divisor<T> root)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (n == 0)
        {
            return;
        }

        // Rounded quotients by a positive number keep the order of their dividends.
        Extremes<TLane, T>(x, n, out var least, out var greatest);
        var maximum = root.Divide(new LaneScalar<T>(greatest)).Value;
        var spread = maximum - root.Divide(new LaneScalar<T>(least)).Value;
        var limit = T.CreateTruncating(ModerateLogit);
        if (root.IsModerate && least >= -limit && greatest <= limit && spread <= T.CreateTruncating(ModerateSpread) && n <= ModerateLength)
        {
            var sum = FixedOrderKernel.Along<TLane, T, Exponential<T, Moderate>>(new(x, maximum, root, y), 0, n);
            LaneLoop.ElementRange<TLane, T, Quotients<T, Moderate>>(new(y, new(sum)), 0, n);
        }
        else
        {
            var sum = FixedOrderKernel.Along<TLane, T, Exponential<T, Any>>(new(x, maximum, root, y), 0, n);
            LaneLoop.ElementRange<TLane, T, Quotients<T, Any>>(new(y, new(sum)), 0, n);
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

    // Exponentials of logits down to 59 below the greatest are at least 2^-86, and their sum, one of them being 1, lies between 1 and so many.
    private const double ModerateSpread = 59;
    private const int ModerateLength = 1 << 20;

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

            (lowest, highest) = (TLane.Lesser(lowest, otherLowest), TLane.Greater(highest, otherHighest));
            for (var place = 0; place < TLane.Width; place++)
            {
                low = LaneScalar<T>.Lesser(new(TLane.Get(lowest, place)), low);
                high = LaneScalar<T>.Greater(new(TLane.Get(highest, place)), high);
            }
        }

        for (; j < n; j++)
        {
            low = LaneScalar<T>.Lesser(new(x[j]), low);
            high = LaneScalar<T>.Greater(new(x[j]), high);
        }

        (least, greatest) = (low.Value, high.Value);
    }

    /// <summary>Exponentials and quotients: of any numbers, or of moderate ones, faster.</summary>
    private interface IRange
    {
        static abstract TLane Exp<TLane, T>(TLane x)
            where TLane : unmanaged, ILane<TLane, T>
            where T : unmanaged;

        static abstract TLane Divide<TLane, T>(Divisor<T> divisor, TLane dividend)
            where TLane : unmanaged, ILane<TLane, T>
            where T : unmanaged, IFloatingPointIeee754<T>;
    }

    private readonly struct Any : IRange
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TLane Exp<TLane, T>(TLane x)
            where TLane : unmanaged, ILane<TLane, T>
            where T : unmanaged => ExactMath.Exp<TLane, T>(x);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TLane Divide<TLane, T>(Divisor<T> divisor, TLane dividend)
            where TLane : unmanaged, ILane<TLane, T>
            where T : unmanaged, IFloatingPointIeee754<T> => divisor.Divide(dividend);
    }

    private readonly struct Moderate : IRange
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TLane Exp<TLane, T>(TLane x)
            where TLane : unmanaged, ILane<TLane, T>
            where T : unmanaged => ExactMath.ModerateExp<TLane, T>(x);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TLane Divide<TLane, T>(Divisor<T> divisor, TLane dividend)
            where TLane : unmanaged, ILane<TLane, T>
            where T : unmanaged, IFloatingPointIeee754<T> => divisor.DivideModerate(dividend);
    }

    // exp(x / root - maximum), kept in y on the way into their sum.
    private readonly struct Exponential<T, TRange>(T* x, T maximum, Divisor<T> root, T* y) : ILaneTerms<T>
        where T : unmanaged, IFloatingPointIeee754<T>
        where TRange : struct, IRange
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane At<TLane>(int row, int channel)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var value = TRange.Exp<TLane, T>(TRange.Divide<TLane, T>(root, TLane.Load(x + channel)) - TLane.Broadcast(maximum));
            TLane.Store(y + channel, value);
            return value;
        }
    }

    private readonly struct Quotients<T, TRange>(T* y, Divisor<T> sum) : LaneLoop.IElementKernel<T>
        where T : unmanaged, IFloatingPointIeee754<T>
        where TRange : struct, IRange
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int i)
            where TLane : unmanaged, ILane<TLane, T> => TLane.Store(y + i, TRange.Divide<TLane, T>(sum, TLane.Load(y + i)));
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
