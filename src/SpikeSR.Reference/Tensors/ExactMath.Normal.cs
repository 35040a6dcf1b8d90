using System.Runtime.CompilerServices;

namespace SpikeSR.Reference.Tensors;

/// <content>
/// The normal distribution's tail, Phi(-a) = exp(-a^2/2) R(a) for a >= 0, and what is made of it. R falls slowly from 1/2 to 1 / (a sqrt(2 pi)): it carries
/// the relative accuracy into the tail. R solves R' = a R - 1/sqrt(2 pi).
/// </content>
public static partial class ExactMath
{
    /// <summary>erf |x| = x + x E(x^2) up to 1/2, 1 - erfc |x| = 1 - 2 Phi(-|x| sqrt 2) above.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TLane Erf<TLane, T>(TLane x)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        var magnitude = TLane.Abs(x);
        var near = TLane.FusedMultiplyAdd(magnitude, ErfSeries<TLane, T>(magnitude * magnitude), magnitude);

        // Rounding |x| sqrt 2 moves erf by at most 0.63 ulp.
        var a = AtMost<TLane, T>(magnitude * Constant<TLane, T>(Sqrt2), TailEnd<TLane, T>());
        Density<TLane, T>(a, out var n, out var high, out var low);
        ScaledTail<TLane, T>(a, out var tailHigh, out var tailLow);
        SplitScale<TLane, T>(n, out var scale, out _);
        Product<TLane, T>(high, low, tailHigh, tailLow, out high, out low);
        var twice = scale + scale;
        var far = TLane.FusedMultiplyAdd(-(high + low), twice, Constant<TLane, T>(1));
        return WithSign<TLane, T>(TLane.Select(TLane.IsGreater(magnitude, Constant<TLane, T>(0.5)), far, near), x);
    }

    /// <summary>x Phi(-|x|) for x &lt; 0, x (1 - Phi(-|x|)) otherwise.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TLane Gelu<TLane, T>(TLane x)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged => Gelu<TLane, T>(x, new Tail<TLane, T>(x));

    /// <summary>With D = Phi(-a) - a phi(a) = exp(-a^2/2) (R(a) - a / sqrt(2 pi)), a = |x|: D for x &lt; 0, 1 - D otherwise.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TLane GeluDerivative<TLane, T>(TLane x)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged => GeluDerivative<TLane, T>(x, new Tail<TLane, T>(x));

    /// <summary>Both: the tail, most of either's work, is computed once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TLane Gelu<TLane, T>(TLane x, out TLane derivative)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        var tail = new Tail<TLane, T>(x);
        derivative = GeluDerivative(x, tail);
        return Gelu(x, tail);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLane Gelu<TLane, T>(TLane x, Tail<TLane, T> tail)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        var zero = Constant<TLane, T>(0);
        var one = Constant<TLane, T>(1);
        Product<TLane, T>(tail.High, tail.Low, tail.ScaledHigh, tail.ScaledLow, out var high, out var low);
        high *= tail.Scale;
        low *= tail.Scale;

        var isNegative = TLane.IsGreater(zero, x);
        var complement = one - high;
        var factor = TLane.Select(isNegative, high, complement);
        var factorLow = TLane.Select(isNegative, low, ((one - complement) - high) - low);

        // |x| times Phi(x): one rounding, and one more only where the result is subnormal.
        var product = TLane.FusedMultiplyAdd(tail.A, factor, tail.A * factorLow) * TLane.Select(isNegative, tail.RestOfScale, one);
        return TLane.Select(TLane.IsGreater(x, TailEnd<TLane, T>()), x, WithSign<TLane, T>(product, x));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLane GeluDerivative<TLane, T>(TLane x, Tail<TLane, T> tail)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        var bracket = TLane.FusedMultiplyAdd(-tail.A, Constant<TLane, T>(InverseSqrt2Pi), tail.ScaledHigh) + tail.ScaledLow;
        var d = TLane.FusedMultiplyAdd(tail.High, bracket, tail.Low * bracket) * tail.Scale;
        return TLane.Select(TLane.IsGreater(Constant<TLane, T>(0), x), d * tail.RestOfScale, Constant<TLane, T>(1) - d);
    }

    /// <summary>exp(-a^2/2) = 2^n (high + low). The square's rounding error goes into the reduction.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Density<TLane, T>(TLane a, out TLane n, out TLane high, out TLane low)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        var half = a * Constant<TLane, T>(-0.5);
        var exponent = half * a;
        Reduce<TLane, T>(exponent, TLane.FusedMultiplyAdd(half, a, -exponent), out n, out var s, out var sLow);
        OnePlus<TLane, T>(s, sLow, out high, out low);
    }

    /// <summary>R(a) = exp(a^2/2) Phi(-a) = v P(v) as a sum of two, v = 1 / (1 + k a).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ScaledTail<TLane, T>(TLane a, out TLane high, out TLane low)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        var one = Constant<TLane, T>(1);
        var k = Constant<TLane, T>(SingleTailScale, DoubleTailScale);
        var divisor = TLane.FusedMultiplyAdd(k, a, one);
        var divisorLow = TLane.FusedMultiplyAdd(k, a, one - divisor);
        var v = one / divisor;
        TailSeries<TLane, T>(v - Constant<TLane, T>(0.5), out var p, out var pLow);
        high = v * p;

        // The rounded v belongs to an argument that is smaller than a by -remainder divisor / k; R' = a R - 1/sqrt(2 pi) makes that good.
        var remainder = TLane.FusedMultiplyAdd(-v, divisorLow, TLane.FusedMultiplyAdd(-v, divisor, one));
        var slope = TLane.FusedMultiplyAdd(-a, high, Constant<TLane, T>(InverseSqrt2Pi)) * Constant<TLane, T>(1 / SingleTailScale, 1 / DoubleTailScale);
        low = TLane.FusedMultiplyAdd(remainder * divisor, slope, TLane.FusedMultiplyAdd(v, pLow, TLane.FusedMultiplyAdd(v, p, -high)));
    }

    /// <summary>(left + leftLow) (right + rightLow) as a rounded product and what the rounding left.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Product<TLane, T>(TLane left, TLane leftLow, TLane right, TLane rightLow, out TLane high, out TLane low)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        high = left * right;
        low = TLane.FusedMultiplyAdd(left, rightLow, TLane.FusedMultiplyAdd(leftLow, right, TLane.FusedMultiplyAdd(left, right, -high)));
    }

    /// <summary>Beyond it a Phi(-a) and a phi(a) are less than half the smallest subnormal.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLane TailEnd<TLane, T>()
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged => Constant<TLane, T>(14.6, 38.7);

    /// <summary>Of Phi(-a), a = |x|: exp(-a^2/2) = (High + Low) Scale RestOfScale and R(a) = ScaledHigh + ScaledLow.</summary>
    private readonly struct Tail<TLane, T>
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        public readonly TLane A, High, Low, ScaledHigh, ScaledLow, Scale, RestOfScale;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Tail(TLane x)
        {
            A = AtMost<TLane, T>(TLane.Abs(x), TailEnd<TLane, T>());
            Density<TLane, T>(A, out var n, out High, out Low);
            ScaledTail<TLane, T>(A, out ScaledHigh, out ScaledLow);
            SplitScale<TLane, T>(n, out Scale, out RestOfScale);
        }
    }
}
