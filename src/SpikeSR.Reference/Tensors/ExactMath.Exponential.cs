using System.Runtime.CompilerServices;

namespace SpikeSR.Reference.Tensors;

/// <content>exp and what is made of it alone.</content>
public static partial class ExactMath
{
    /// <summary>exp(x) = 2^n (1 + s), x = n ln 2 + r, s = exp(r) - 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TLane Exp<TLane, T>(TLane x)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        // Beyond these the result is 0 or infinite; within them n suits two factors 2^(n/2).
        x = AtLeast<TLane, T>(AtMost<TLane, T>(x, Constant<TLane, T>(89, 710)), Constant<TLane, T>(-104, -746));
        Reduce<TLane, T>(x, Constant<TLane, T>(0), out var n, out var s, out var sLow);
        OnePlus<TLane, T>(s, sLow, out var high, out var low);

        // 2^n itself may not exist. The first product is exact, the second rounds once, to a subnormal or to infinity where it must.
        var half = TLane.Floor(n * Constant<TLane, T>(0.5));
        return (high + low) * TLane.PowerOfTwo(half) * TLane.PowerOfTwo(n - half);
    }

    /// <summary>exp(x) for -80 &lt;= x &lt;= 80, the bits of <see cref="Exp{TLane, T}"/>: no limits are needed there, and 2^n exists.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TLane ModerateExp<TLane, T>(TLane x)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        Reduce<TLane, T>(x, Constant<TLane, T>(0), out var n, out var s, out var sLow);
        OnePlus<TLane, T>(s, sLow, out var high, out var low);
        return (high + low) * TLane.PowerOfTwo(n);
    }

    /// <summary>With e = exp(-|x|): 1 / (1 + e) for x >= 0, e / (1 + e) below.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TLane Sigmoid<TLane, T>(TLane x)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        var zero = Constant<TLane, T>(0);
        var one = Constant<TLane, T>(1);
        Reduce<TLane, T>(AtLeast<TLane, T>(-TLane.Abs(x), Constant<TLane, T>(-104, -746)), zero, out var n, out var s, out var sLow);
        OnePlus<TLane, T>(s, sLow, out var high, out var low);
        SplitScale<TLane, T>(n, out var scale, out var restOfScale);

        // 1 + e as a sum of two: the first addition's error is recovered exactly, as 1 >= e.
        var e = high * scale;
        var divisor = one + e;
        var divisorLow = TLane.FusedMultiplyAdd(low, scale, e - (divisor - one));

        // e's power of two is kept out of the quotient, which therefore rounds but once.
        var isNegative = TLane.IsGreater(zero, x);
        var quotient = Quotient<TLane, T>(TLane.Select(isNegative, high, one), TLane.Select(isNegative, low, zero), divisor, divisorLow);
        return quotient * TLane.Select(isNegative, scale, one) * TLane.Select(isNegative, restOfScale, one);
    }

    /// <summary>tanh |x| = E / (2 - E), E = 1 - exp(-2 |x|).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TLane Tanh<TLane, T>(TLane x)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        // tanh 20 is 1 in both formats, and so the clamp is harmless.
        var two = Constant<TLane, T>(2);
        var magnitude = AtMost<TLane, T>(TLane.Abs(x), Constant<TLane, T>(20));
        Reduce<TLane, T>(magnitude * -two, Constant<TLane, T>(0), out var n, out var s, out var sLow);

        // E = (1 - 2^n) - 2^n s. Near 0, n = 0 and E = -s: nothing cancels. Elsewhere 1 - 2^n > |2^n s|, so that the
        // error of the difference is recovered exactly; so is that of 2 - E.
        var scale = TLane.PowerOfTwo(n);
        var one = Constant<TLane, T>(1);
        var step = one - scale;
        var scaled = s * scale;
        var high = step - scaled;
        var low = TLane.FusedMultiplyAdd(-sLow, scale, ((step - high) - scaled) + ((one - step) - scale));
        var divisor = two - high;
        return WithSign<TLane, T>(Quotient<TLane, T>(high, low, divisor, ((two - divisor) - high) - low), x);
    }

    /// <summary>exp(x + low) = 2^n (1 + s + sLow), x + low = n ln 2 + r, |r| &lt;= (ln 2) / 2 and a little, s + sLow = exp(r) - 1.</summary>
    /// <param name="x">Argument.</param>
    /// <param name="low">What its rounding left, or 0.</param>
    /// <param name="n">Power of two.</param>
    /// <param name="s">exp(r) - 1, rounded.</param>
    /// <param name="sLow">What the rounding left.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Reduce<TLane, T>(TLane x, TLane low, out TLane n, out TLane s, out TLane sLow)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        // Adding 1.5 2^(p-1) rounds to an integer. ln 2 is split so that n times its first part, and the difference, are exact.
        var integer = Constant<TLane, T>(12582912, 6755399441055744);
        n = TLane.FusedMultiplyAdd(x, Constant<TLane, T>(Log2E), integer) - integer;
        var r = TLane.FusedMultiplyAdd(n, Constant<TLane, T>(SingleLn2High, DoubleLn2High), x);
        r += TLane.FusedMultiplyAdd(n, Constant<TLane, T>(SingleLn2Low, DoubleLn2Low), low);

        // s is within a fifth of r, so that r - s is exact.
        var square = r * r;
        var series = ExpSeries<TLane, T>(r);
        s = TLane.FusedMultiplyAdd(square, series, r);
        sLow = TLane.FusedMultiplyAdd(square, series, r - s);
    }

    /// <summary>1 + s + sLow as a rounded sum and what the rounding left.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OnePlus<TLane, T>(TLane s, TLane sLow, out TLane high, out TLane low)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        var one = Constant<TLane, T>(1);
        high = one + s;
        low = (s - (high - one)) + sLow;
    }

    /// <summary>2^n for n &lt;= 0 as two factors: the first far enough above the subnormals that a product with it is exact, the second mostly 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SplitScale<TLane, T>(TLane n, out TLane scale, out TLane rest)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        var lowest = Constant<TLane, T>(-90, -900);
        var first = TLane.Select(TLane.IsGreater(lowest, n), lowest, n);
        scale = TLane.PowerOfTwo(first);
        rest = TLane.PowerOfTwo(n - first);
    }

    /// <summary>(high + low) / (divisor + divisorLow) with one division and one correction.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLane Quotient<TLane, T>(TLane high, TLane low, TLane divisor, TLane divisorLow)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        var inverse = Constant<TLane, T>(1) / divisor;
        var quotient = high * inverse;
        var remainder = TLane.FusedMultiplyAdd(-quotient, divisor, high);
        remainder += TLane.FusedMultiplyAdd(-quotient, divisorLow, low);
        return TLane.FusedMultiplyAdd(remainder, inverse, quotient);
    }

    /// <summary>Limits from above; NaN stays.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLane AtMost<TLane, T>(TLane x, TLane largest)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged => TLane.Lesser(largest, x);

    /// <summary>Limits from below; NaN stays.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLane AtLeast<TLane, T>(TLane x, TLane smallest)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged => TLane.Greater(smallest, x);

    /// <summary>A magnitude (sign bit clear) with the sign of another number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLane WithSign<TLane, T>(TLane magnitude, TLane sign)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged => TLane.Or(magnitude, TLane.And(sign, Constant<TLane, T>(-0.0)));
}
