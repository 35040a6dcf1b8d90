using System.Numerics;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Tests.Tensors;

/// <summary>
/// The functions of <see cref="ExactMath"/> by their plain power series in fixed point with 1300 binary places: exact for every double, slow, and simple
/// enough to be believed.
/// </summary>
internal static class FixedPointJudge
{
    private const int Places = 1300;
    private static readonly BigInteger One = BigInteger.One << Places;
    private static readonly BigInteger Pi = 4 * ((4 * ArcTangentOfInverse(5)) - ArcTangentOfInverse(239)); // Machin

    /// <summary>Error of a result in units in the last place of the exact value; of 1 for the derivative of GELU.</summary>
    public static double Ulps(ElementaryFunction function, double x, double result)
    {
        var exact = Exact(function, FromDouble(x));
        if (double.IsInfinity(result))
        {
            result = Math.CopySign(double.MaxValue, result);
            var halfUlp = BigInteger.One << (970 + Places);
            return BigInteger.Abs(exact) >= BigInteger.Abs(FromDouble(result)) + halfUlp ? 0 : double.PositiveInfinity;
        }

        var exponent = function == ElementaryFunction.GeluDerivative ? 0 : Math.Max(-1022, (int)BigInteger.Abs(exact).GetBitLength() - 1 - Places);
        return (double)((BigInteger.Abs(FromDouble(result) - exact) << 20) >> (Places + exponent - 52)) / (1 << 20);
    }

    private static BigInteger Exact(ElementaryFunction function, BigInteger x)
    {
        var magnitude = BigInteger.Abs(x);
        switch (function)
        {
            case ElementaryFunction.Exp:
                return x.Sign < 0 ? Divide(One, Exp(magnitude)) : Exp(x);
            case ElementaryFunction.Sigmoid:
                var e = Exp(magnitude);
                return Divide(x.Sign < 0 ? One : e, One + e);
            case ElementaryFunction.Tanh:
                var square = Exp(2 * magnitude);
                return x.Sign * Divide(square - One, square + One);
            case ElementaryFunction.Erf:
                // 2 / sqrt(pi) x Sum (-x^2)^n / (n! (2n + 1))
                return Divide(2 * Multiply(x, AlternatingSum(Multiply(x, x))), Root(Pi));
            case ElementaryFunction.Gelu:
                return Multiply(x, Cumulative(x));
            default:
                var density = Divide(Divide(One, Exp(Multiply(x, x) / 2)), Root(2 * Pi));
                return Cumulative(x) + Multiply(x, density);
        }
    }

    /// <summary>(1 + erf(x / sqrt 2)) / 2</summary>
    private static BigInteger Cumulative(BigInteger x) =>
        (One / 2) + Divide(Multiply(x, AlternatingSum(Multiply(x, x) / 2)), Root(2 * Pi));

    private static BigInteger AlternatingSum(BigInteger y)
    {
        var sum = One;
        var term = One;
        for (var n = 1; !term.IsZero; n++)
        {
            term = Multiply(term, y) / n;
            sum += (n % 2 == 0 ? term : -term) / ((2 * n) + 1);
        }

        return sum;
    }

    /// <summary>exp(x) = exp(x / 2^16)^(2^16) for x >= 0, with more places inside as squaring loses some.</summary>
    private static BigInteger Exp(BigInteger x)
    {
        const int Halvings = 16;
        const int Extra = 64;
        var y = x << (Extra - Halvings);
        var sum = One << Extra;
        var term = sum;
        for (var n = 1; !term.IsZero; n++)
        {
            term = ((term * y) >> (Places + Extra)) / n;
            sum += term;
        }

        for (var i = 0; i < Halvings; i++)
        {
            sum = (sum * sum) >> (Places + Extra);
        }

        return sum >> Extra;
    }

    private static BigInteger ArcTangentOfInverse(int n)
    {
        var power = One / n;
        var sum = power;
        for (var k = 1; !power.IsZero; k++)
        {
            power /= n * n;
            sum += (k % 2 == 0 ? power : -power) / ((2 * k) + 1);
        }

        return sum;
    }

    /// <summary>Square root by Newton's iteration, from above.</summary>
    private static BigInteger Root(BigInteger x)
    {
        var square = x << Places;
        var root = BigInteger.One << (int)((square.GetBitLength() + 1) / 2);
        while (true)
        {
            var next = (root + (square / root)) >> 1;
            if (next >= root)
            {
                return root;
            }

            root = next;
        }
    }

    private static BigInteger Multiply(BigInteger left, BigInteger right) => (left * right) >> Places;

    private static BigInteger Divide(BigInteger left, BigInteger right) => (left << Places) / right;

    private static BigInteger FromDouble(double x)
    {
        var bits = BitConverter.DoubleToInt64Bits(Math.Abs(x));
        var exponent = (int)(bits >> 52);
        var significand = exponent == 0 ? bits : (bits & ((1L << 52) - 1)) | (1L << 52);
        var magnitude = (BigInteger)significand << (Places - 1074 + Math.Max(0, exponent - 1));
        return x < 0 ? -magnitude : magnitude;
    }
}
