namespace SpikeSR.Reference.Imaging.Jpeg;

/// <summary>The cosine transform that <see cref="InverseDct"/> inverts, in the same integers and with the same roundings as libjpeg's accurate method.</summary>
internal static class ForwardDct
{
    private const int FractionBits = 13;
    private const int ExtraBits = 2;

    /// <summary>Transforms samples in place; the result is 8 times the coefficients.</summary>
    /// <param name="block">64 samples, 128 subtracted.</param>
    public static void Transform(Span<int> block)
    {
        for (var row = 0; row < 8; row++)
        {
            var line = block.Slice(row * 8, 8);
            var (even0, even4) = Pass(line, 1, FractionBits - ExtraBits);
            line[0] = even0 << ExtraBits;
            line[4] = even4 << ExtraBits;
        }

        for (var column = 0; column < 8; column++)
        {
            var line = block[column..];
            var (even0, even4) = Pass(line, 8, FractionBits + ExtraBits);
            line[0] = (even0 + (1 << (ExtraBits - 1))) >> ExtraBits;
            line[4 * 8] = (even4 + (1 << (ExtraBits - 1))) >> ExtraBits;
        }
    }

    // All but coefficients 0 and 4, which need no multiplication and are given back unscaled.
    private static (int Even0, int Even4) Pass(Span<int> v, int stride, int shift)
    {
        var (sum0, odd3) = (v[0] + v[7 * stride], v[0] - v[7 * stride]);
        var (sum1, odd2) = (v[stride] + v[6 * stride], v[stride] - v[6 * stride]);
        var (sum2, odd1) = (v[2 * stride] + v[5 * stride], v[2 * stride] - v[5 * stride]);
        var (sum3, odd0) = (v[3 * stride] + v[4 * stride], v[3 * stride] - v[4 * stride]);
        var half = 1 << (shift - 1);

        var (even0, even3) = (sum0 + sum3, sum0 - sum3);
        var (even1, even2) = (sum1 + sum2, sum1 - sum2);
        var z1 = (even2 + even3) * 4433;
        v[2 * stride] = (z1 + (even3 * 6270) + half) >> shift;
        v[6 * stride] = (z1 - (even2 * 15137) + half) >> shift;

        var z5 = (odd0 + odd2 + odd1 + odd3) * 9633;
        z1 = (odd0 + odd3) * -7373;
        var z2 = (odd1 + odd2) * -20995;
        var z3 = ((odd0 + odd2) * -16069) + z5;
        var z4 = ((odd1 + odd3) * -3196) + z5;
        v[7 * stride] = ((odd0 * 2446) + z1 + z3 + half) >> shift;
        v[5 * stride] = ((odd1 * 16819) + z2 + z4 + half) >> shift;
        v[3 * stride] = ((odd2 * 25172) + z2 + z3 + half) >> shift;
        v[stride] = ((odd3 * 12299) + z1 + z4 + half) >> shift;
        return (even0 + even1, even0 - even1);
    }
}
