namespace SpikeSR.Reference.Imaging.Jpeg;

/// <summary>
/// The inverse cosine transform in integers, 13 fractional bits, two passes of the algorithm of Loeffler, Ligtenberg and Moschytz (1989) with 12 multiplications:
/// the same sums and roundings as the accurate integer method of libjpeg, so that pixels agree to the last bit.
/// </summary>
internal static class InverseDct
{
    private const int FractionBits = 13;

    // Two more bits are kept between the passes; the transform of 8 x 8 divides by 8.
    private const int ExtraBits = 2;
    private const int FirstShift = FractionBits - ExtraBits;
    private const int SecondShift = FractionBits + ExtraBits + 3;

    /// <summary>Coefficients to samples.</summary>
    /// <param name="coefficients">64 in natural order.</param>
    /// <param name="steps">64 quantization steps in natural order.</param>
    /// <param name="samples">Where the upper left sample goes.</param>
    /// <param name="stride">Distance of rows.</param>
    public static void Transform(ReadOnlySpan<short> coefficients, ReadOnlySpan<ushort> steps, Span<byte> samples, int stride)
    {
        Span<int> work = stackalloc int[64];
        for (var i = 0; i < 64; i++)
        {
            work[i] = coefficients[i] * steps[i];
        }

        for (var column = 0; column < 8; column++)
        {
            Pass(work[column..], 8, FirstShift);
        }

        for (var row = 0; row < 8; row++)
        {
            var line = work.Slice(row * 8, 8);
            Pass(line, 1, SecondShift);
            var target = samples.Slice(row * stride, 8);
            for (var column = 0; column < 8; column++)
            {
                target[column] = (byte)Math.Clamp(line[column] + 128, 0, 255);
            }
        }
    }

    private static void Pass(Span<int> v, int stride, int shift)
    {
        // Even part.
        var z1 = (v[2 * stride] + v[6 * stride]) * 4433;
        var even2 = z1 - (v[6 * stride] * 15137);
        var even3 = z1 + (v[2 * stride] * 6270);
        var even0 = (v[0] + v[4 * stride]) << FractionBits;
        var even1 = (v[0] - v[4 * stride]) << FractionBits;
        var (sum0, sum3) = (even0 + even3, even0 - even3);
        var (sum1, sum2) = (even1 + even2, even1 - even2);

        // Odd part.
        var (odd0, odd1, odd2, odd3) = (v[7 * stride], v[5 * stride], v[3 * stride], v[stride]);
        var z5 = (odd0 + odd2 + odd1 + odd3) * 9633;
        var z3 = ((odd0 + odd2) * -16069) + z5;
        var z4 = ((odd1 + odd3) * -3196) + z5;
        z1 = (odd0 + odd3) * -7373;
        var z2 = (odd1 + odd2) * -20995;
        odd0 = (odd0 * 2446) + z1 + z3;
        odd1 = (odd1 * 16819) + z2 + z4;
        odd2 = (odd2 * 25172) + z2 + z3;
        odd3 = (odd3 * 12299) + z1 + z4;

        var half = 1 << (shift - 1);
        v[0] = (sum0 + odd3 + half) >> shift;
        v[7 * stride] = (sum0 - odd3 + half) >> shift;
        v[stride] = (sum1 + odd2 + half) >> shift;
        v[6 * stride] = (sum1 - odd2 + half) >> shift;
        v[2 * stride] = (sum2 + odd1 + half) >> shift;
        v[5 * stride] = (sum2 - odd1 + half) >> shift;
        v[3 * stride] = (sum3 + odd0 + half) >> shift;
        v[4 * stride] = (sum3 - odd0 + half) >> shift;
    }
}
