namespace SpikeSR.Reference.Imaging.Jpeg;

/// <summary>Between RGB and YCbCr over the full range, as JFIF defines it, in integers with 16 fractional bits, rounded as libjpeg rounds.</summary>
internal static class Ycbcr
{
    private const int Shift = 16;
    private const int Half = 1 << (Shift - 1);

    /// <summary>R = Y + 1.402 Cr, G = Y - 0.344136 Cb - 0.714136 Cr, B = Y + 1.772 Cb, with Cb and Cr around 128.</summary>
    public static void ToRgb(ReadOnlySpan<byte> luma, ReadOnlySpan<byte> blue, ReadOnlySpan<byte> red, Span<float> row)
    {
        for (var x = 0; x < row.Length / 3; x++)
        {
            int y = luma[x];
            var cb = blue[x] - 128;
            var cr = red[x] - 128;
            row[3 * x] = Math.Clamp(y + (((Fixed(1.40200) * cr) + Half) >> Shift), 0, 255);
            row[(3 * x) + 1] = Math.Clamp(y + (((-Fixed(0.34414) * cb) + Half - (Fixed(0.71414) * cr)) >> Shift), 0, 255);
            row[(3 * x) + 2] = Math.Clamp(y + (((Fixed(1.77200) * cb) + Half) >> Shift), 0, 255);
        }
    }

    /// <summary>Y = 0.299 R + 0.587 G + 0.114 B, Cb = (B - Y) / 1.772 + 128, Cr = (R - Y) / 1.402 + 128.</summary>
    public static void FromRgb(ReadOnlySpan<float> row, Span<byte> luma, Span<byte> blue, Span<byte> red)
    {
        for (var x = 0; x < row.Length / 3; x++)
        {
            int r = Samples.ToByte(row[3 * x]), g = Samples.ToByte(row[(3 * x) + 1]), b = Samples.ToByte(row[(3 * x) + 2]);
            luma[x] = (byte)(((Fixed(0.29900) * r) + (Fixed(0.58700) * g) + (Fixed(0.11400) * b) + Half) >> Shift);
            blue[x] = (byte)(((-Fixed(0.16874) * r) - (Fixed(0.33126) * g) + (Fixed(0.5) * b) + (128 << Shift) + Half - 1) >> Shift);
            red[x] = (byte)(((Fixed(0.5) * r) - (Fixed(0.41869) * g) - (Fixed(0.08131) * b) + (128 << Shift) + Half - 1) >> Shift);
        }
    }

    private static int Fixed(double factor) => (int)((factor * (1 << Shift)) + 0.5);
}
