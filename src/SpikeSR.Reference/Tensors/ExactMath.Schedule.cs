namespace SpikeSR.Reference.Tensors;

/// <content>Logarithm and cosine in double, for noise and schedules: the same bytes on every platform, from + - * / alone.</content>
public static partial class ExactMath
{
    // ln 2 in two parts, the first with room for an exact product with any exponent.
    private const double LogTwoHigh = 6.93147180369123816490e-01;
    private const double LogTwoLow = 1.90821492927058770002e-10;

    /// <summary>
    /// The natural logarithm of a positive normal number: x = m 2^e with m in [sqrt 1/2, sqrt 2), s = (m - 1) / (m + 1), log m = 2 (s + s^3/3 + s^5/5 + ...)
    /// up to s^23; |s| is at most 0.172, so what is left out is under 1e-19.
    /// </summary>
    /// <param name="x">Positive and normal.</param>
    /// <exception cref="ArgumentOutOfRangeException">x is not.</exception>
    public static double Log(double x)
    {
        if (!(x > 0) || !double.IsNormal(x))
        {
            throw new ArgumentOutOfRangeException(nameof(x), x, "expected a positive normal number");
        }

        var bits = BitConverter.DoubleToInt64Bits(x);
        var exponent = (int)(bits >> 52) - 1023;
        var m = BitConverter.Int64BitsToDouble((bits & 0x000FFFFFFFFFFFFF) | 0x3FF0000000000000);
        if (m > 1.4142135623730951)
        {
            m /= 2;
            exponent++;
        }

        var s = (m - 1) / (m + 1);
        var square = s * s;
        var sum = 0.0;
        for (var power = 23; power >= 3; power -= 2)
        {
            sum = (sum * square) + (1.0 / power);
        }

        return (exponent * LogTwoHigh) + ((2 * s) + ((2 * s * square * sum) + (exponent * LogTwoLow)));
    }

    /// <summary>cos(pi x) for x in [0, 1]: the Taylor series up to the 20th power on [0, 1/2] (what is left out is under 1e-16), and its mirror image.</summary>
    /// <param name="x">In [0, 1].</param>
    public static double CosPi(double x)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(x);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(x, 1);
        var mirrored = x > 0.5;
        var angle = Math.PI * (mirrored ? 1 - x : x);
        var square = angle * angle;
        var sum = 1.0;
        for (var power = 20; power >= 2; power -= 2)
        {
            sum = 1 - (square * sum / (power * (power - 1)));
        }

        return mirrored ? -sum : sum;
    }
}
