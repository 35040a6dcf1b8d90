using System.Numerics;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Judging;

/// <summary>What both error scalars make of a profile's constants.</summary>
/// <typeparam name="TRounding">How the backend rounds.</typeparam>
internal static class Roundoff<TRounding>
    where TRounding : struct, IRounding
{
    // At most this many of a short sum's partial sums are stored between its additions.
    private const int MostStored = 3;

    /// <summary>One rounding of the backend's accumulator and one of the definitions' own double.</summary>
    public static double Unit => TRounding.Accumulation + (1.0 / (1L << 53));

    /// <summary>What storing adds to that.</summary>
    public static double Storage => TRounding.Storage > TRounding.Accumulation ? TRounding.Storage : 0;

    /// <summary>The relative error of so many units in the last place: one is at most two half units, and half of one is plain rounding.</summary>
    /// <param name="ulps">Units; 0: exact.</param>
    public static double Ulps(double ulps) => (ulps * 2 * Unit) + (ulps > 0 ? Storage : 0);

    /// <summary>The error of a sum of n terms in any order, as a fraction of the sum of their magnitudes: (1 + u)^k - 1 from above, and stored partial sums.</summary>
    /// <param name="terms">n.</param>
    /// <param name="roundings">k.</param>
    public static double OfSum(int terms, int roundings)
    {
        var exponent = roundings * Unit;
        return (exponent < 1 ? exponent * (1 + exponent) : ExactMath.Exp(exponent)) + (Math.Min(terms - 1, MostStored) * Storage);
    }

    /// <summary>Whether sums of multiples of 2^grid are exact in any order while the magnitudes of their terms add up to no more than this.</summary>
    public static bool IsExact(double magnitude, int grid) => grid >= TRounding.LowestGrid && magnitude <= Math.ScaleB(1, TRounding.Digits + grid);

    /// <summary>What is granted to erf, in units in the last place of 1.</summary>
    /// <param name="erf">|erf|.</param>
    public static double ErfUlps(double erf) => Math.Max(TRounding.ErfUlps * erf, TRounding.ErfUlpsOfOne);

    /// <summary>1 + erf(x / sqrt 2) as a backend may find it: erf's units, those of its argument, and the sum's.</summary>
    /// <param name="x">The argument.</param>
    /// <param name="erf">|erf(x / sqrt 2)|.</param>
    public static double OfCumulative(double x, double erf)
    {
        var argument = double.IsFinite(x) ? 1.6 * Math.Abs(x) * ExactMath.Exp(-x * x / 2) : 0;
        return ((2 * ErfUlps(erf)) + argument + 1 + erf) * (Unit + Storage);
    }

    /// <summary>What a backend's sigmoid adds to the error that its argument brings: as 1 / (1 + exp(-x)), exp, the sum and the quotient; as (1 + tanh(x / 2)) / 2, tanh and the sum.</summary>
    /// <param name="sigmoid">Its value.</param>
    /// <param name="propagated">The error that its argument brings.</param>
    public static double OfSigmoid(double sigmoid, double propagated) => Math.Max(
        Ulps(TRounding.ExpUlps + 1 + TRounding.DivisionUlps) * (sigmoid + propagated),
        (Ulps(TRounding.TanhUlps) * (Math.Abs(sigmoid - 0.5) + propagated)) + (Ulps(0.5) * (sigmoid + propagated)));

    /// <summary>x phi(x) likewise: exp's units, those of its argument, and the products'.</summary>
    /// <param name="x">The argument.</param>
    public static double OfBump(double x) =>
        double.IsFinite(x) ? Math.Abs(x) * ExactMath.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI) * 2 * (Unit + Storage) * (TRounding.ExpUlps + (x * x) + 2) : 0;

    /// <summary>The largest g such that the number is a multiple of 2^g.</summary>
    /// <param name="value">Not 0, and finite.</param>
    public static int Grid(double value)
    {
        var bits = BitConverter.DoubleToUInt64Bits(value);
        var (mantissa, exponent) = (bits & ((1UL << 52) - 1), (int)((bits >> 52) & 0x7FF));
        mantissa |= exponent == 0 ? 0 : 1UL << 52;
        return Math.Max(exponent, 1) - 1075 + BitOperations.TrailingZeroCount(mantissa);
    }
}
