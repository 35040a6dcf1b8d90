namespace SpikeSR.Reference.Conformance.Judging;

/// <summary>Rounding of doubles to fewer binary digits.</summary>
internal static class Digits
{
    /// <summary>The digits of a format whose roundoff, half a unit of the last place of 1, is given; 24 for 2^-24, and for 2^-23, which is a truncated sum's.</summary>
    /// <param name="roundoff">A power of two.</param>
    public static int Of(double roundoff) => IsTruncated(roundoff) ? 24 : -Math.ILogB(roundoff);

    /// <summary>Whether a roundoff is that of sums in binary32 that are cut off rather than rounded.</summary>
    /// <param name="roundoff">Roundoff of accumulation.</param>
    public static bool IsTruncated(double roundoff) => roundoff == 1.0 / (1 << 23);

    /// <summary>The number rounded to so many digits, ties to even, or cut off after them. There is no largest number.</summary>
    /// <param name="value">Any number.</param>
    /// <param name="digits">1 to 53.</param>
    /// <param name="lowest">Nothing is finer than 2^lowest.</param>
    /// <param name="isTruncated">Towards zero.</param>
    public static double Round(double value, int digits, int lowest, bool isTruncated)
    {
        if (value == 0 || !double.IsFinite(value) || digits >= 53)
        {
            return value;
        }

        var quantum = Math.ScaleB(1, Math.Max(lowest, Math.ILogB(value) - digits + 1));
        return (isTruncated ? Math.Truncate(value / quantum) : Math.Round(value / quantum, MidpointRounding.ToEven)) * quantum;
    }
}
