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
        var limit = T.CreateTruncating(ModerateLogit);
        var sum = root.IsModerate && least >= -limit && greatest <= limit
            ? Exponentials<TLane, T, ModerateQuotient>(x, y, n, maximum, root)
            : Exponentials<TLane, T, AnyQuotient>(x, y, n, maximum, root);
        var total = new Divisor<T>(sum);
        if (maximum - root.Divide(new LaneScalar<T>(least)).Value <= T.CreateTruncating(ModerateSpread) && total.IsModerate)
        {
            LaneLoop.ElementRange<TLane, T, Quotients<T, ModerateQuotient>>(new(y, total), 0, n);
        }
        else
        {
            LaneLoop.ElementRange<TLane, T, Quotients<T, AnyQuotient>>(new(y, total), 0, n);
        }
    }

    /// <summary>The softmax Jacobian applied to one row, divided by root; gradX may be g.</summary>
    public static void RowBackward<TLane, T>(T* y, T* g, T* gradX, int n, Divisor<T> root)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var sum = Products<TLane, T>(y, g, n);
        LaneLoop.ElementRange<TLane, T, Jacobian<T>>(new(y, g, sum, root, gradX), 0, n);
    }

    // Divisor.DivideModerate serves where exponentials are at least 2^-86: exp(-59) is. Their sum is at least 1, the greatest being 1.
    private const double ModerateSpread = 59;

    // It serves for logits up to 2^86 too, and down to 0: those under 2^-86, whose quotients may be off, and the sign of a zero are lost when the
    // maximum is subtracted, or leave a number whose exponential is 1.
    private const double ModerateLogit = 7e25;

    // Rows in the smallest range that is worth a thread's while.
    private static int Grain(int n) => Math.Max(1, 1024 / Math.Max(1, n));

    // The least and the greatest of the row. The order may differ from the definition's: it decides only between zeros of either sign, whose
    // exponential is the same, and in rows with a NaN, all of whose results are NaN.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Extremes<TLane, T>(T* x, int n, out T least, out T greatest)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        (least, greatest) = (x[0], x[0]);
        var j = 0;
        if (n >= TLane.Width)
        {
            var (low, high) = (TLane.Load(x), TLane.Load(x));
            for (j = TLane.Width; j <= n - TLane.Width; j += TLane.Width)
            {
                var next = TLane.Load(x + j);
                low = TLane.Lesser(next, low);
                high = TLane.Greater(next, high);
            }

            var places = stackalloc T[2 * TLane.Width];
            TLane.Store(places, low);
            TLane.Store(places + TLane.Width, high);
            for (var place = 0; place < TLane.Width; place++)
            {
                least = places[place] < least ? places[place] : least;
                greatest = places[TLane.Width + place] > greatest ? places[TLane.Width + place] : greatest;
            }
        }

        for (; j < n; j++)
        {
            least = x[j] < least ? x[j] : least;
            greatest = x[j] > greatest ? x[j] : greatest;
        }
    }

    // The sum of y g.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static T Products<TLane, T>(T* y, T* g, int n)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T> => FixedOrderKernel.Along<TLane, T, ChannelSumKernel.Products<T>>(new(y, g, n), 0, n);

    // y = exp(x / root - maximum); their sum.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static T Exponentials<TLane, T, TQuotient>(T* x, T* y, int n, T maximum, Divisor<T> root)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
        where TQuotient : struct, IQuotient => FixedOrderKernel.Along<TLane, T, Exponential<T, TQuotient>>(new(x, maximum, root, y), 0, n);

    /// <summary>A way to divide.</summary>
    private interface IQuotient
    {
        static abstract TLane Of<TLane, T>(in Divisor<T> divisor, TLane dividend)
            where TLane : unmanaged, ILane<TLane, T>
            where T : unmanaged, IFloatingPointIeee754<T>;
    }

    private readonly struct AnyQuotient : IQuotient
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TLane Of<TLane, T>(in Divisor<T> divisor, TLane dividend)
            where TLane : unmanaged, ILane<TLane, T>
            where T : unmanaged, IFloatingPointIeee754<T> => divisor.Divide(dividend);
    }

    private readonly struct ModerateQuotient : IQuotient
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TLane Of<TLane, T>(in Divisor<T> divisor, TLane dividend)
            where TLane : unmanaged, ILane<TLane, T>
            where T : unmanaged, IFloatingPointIeee754<T> => divisor.DivideModerate(dividend);
    }

    // exp(x / root - maximum), kept in y on the way into their sum.
    private readonly struct Exponential<T, TQuotient>(T* x, T maximum, Divisor<T> root, T* y) : ILaneTerms<T>
        where T : unmanaged, IFloatingPointIeee754<T>
        where TQuotient : struct, IQuotient
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane At<TLane>(int row, int channel)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var value = ExactMath.Exp<TLane, T>(TQuotient.Of<TLane, T>(root, TLane.Load(x + channel)) - TLane.Broadcast(maximum));
            TLane.Store(y + channel, value);
            return value;
        }
    }

    private readonly struct Quotients<T, TQuotient>(T* y, Divisor<T> sum) : LaneLoop.IElementKernel<T>
        where T : unmanaged, IFloatingPointIeee754<T>
        where TQuotient : struct, IQuotient
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int i)
            where TLane : unmanaged, ILane<TLane, T> => TLane.Store(y + i, TQuotient.Of<TLane, T>(sum, TLane.Load(y + i)));
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
