using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace SpikeSR.Reference.Imaging.Png;

/// <summary>
/// The five filters of PNG (ISO/IEC 15948, clause 9). Each predicts a byte from a = the byte one pixel to the left, b = the byte above,
/// c = the byte above a; bytes outside the image are 0.
/// </summary>
internal static class PngFilter
{
    /// <summary>Number of filters: 0 none, 1 sub, 2 up, 3 average, 4 Paeth.</summary>
    public const int Count = 5;

    private interface IPredictor
    {
        static abstract byte Predict(byte a, byte b, byte c);

        // 32 of them.
        static abstract Vector256<byte> Predict(Vector256<byte> a, Vector256<byte> b, Vector256<byte> c);
    }

    /// <summary>Adds the prediction back, in place.</summary>
    /// <param name="filter">0 to 4.</param>
    /// <param name="line">The filtered bytes of a row.</param>
    /// <param name="above">The row above, unfiltered, as long.</param>
    /// <param name="pixel">Bytes of a pixel, at least 1.</param>
    /// <returns>False if there is no such filter.</returns>
    public static bool Undo(int filter, Span<byte> line, ReadOnlySpan<byte> above, int pixel)
    {
        switch (filter)
        {
            case 0:
                return true;
            case 1:
                Undo<Left>(line, above, pixel);
                return true;
            case 2:
                Undo<Above>(line, above, pixel);
                return true;
            case 3:
                Undo<Average>(line, above, pixel);
                return true;
            case 4:
                Undo<Paeth>(line, above, pixel);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Subtracts the prediction.</summary>
    /// <param name="filter">0 to 4.</param>
    /// <param name="line">The bytes of a row.</param>
    /// <param name="above">The row above, as long.</param>
    /// <param name="pixel">Bytes of a pixel, at least 1.</param>
    /// <param name="filtered">As long as the row.</param>
    /// <returns>The sum of the magnitudes of the differences as signed bytes: the usual guess at how well they compress.</returns>
    public static long Apply(int filter, ReadOnlySpan<byte> line, ReadOnlySpan<byte> above, int pixel, Span<byte> filtered) => filter switch
    {
        0 => Apply<Nothing>(line, above, pixel, filtered),
        1 => Apply<Left>(line, above, pixel, filtered),
        2 => Apply<Above>(line, above, pixel, filtered),
        3 => Apply<Average>(line, above, pixel, filtered),
        _ => Apply<Paeth>(line, above, pixel, filtered),
    };

    private static void Undo<TPredictor>(Span<byte> line, ReadOnlySpan<byte> above, int pixel)
        where TPredictor : IPredictor
    {
        above = above[..line.Length];
        pixel = Math.Min(pixel, line.Length);
        for (var i = 0; i < pixel; i++)
        {
            line[i] += TPredictor.Predict(0, above[i], 0);
        }

        for (var i = pixel; i < line.Length; i++)
        {
            line[i] += TPredictor.Predict(line[i - pixel], above[i], above[i - pixel]);
        }
    }

    private static long Apply<TPredictor>(ReadOnlySpan<byte> line, ReadOnlySpan<byte> above, int pixel, Span<byte> filtered)
        where TPredictor : IPredictor
    {
        above = above[..line.Length];
        filtered = filtered[..line.Length];
        pixel = Math.Min(pixel, line.Length);
        long sum = 0;
        for (var i = 0; i < pixel; i++)
        {
            filtered[i] = (byte)(line[i] - TPredictor.Predict(0, above[i], 0));
            sum += Math.Abs((int)(sbyte)filtered[i]);
        }

        var next = pixel;
        if (Vector256.IsHardwareAccelerated)
        {
            sum += ApplyVectors<TPredictor>(line, above, ref next, pixel, filtered);
        }

        for (var i = next; i < line.Length; i++)
        {
            filtered[i] = (byte)(line[i] - TPredictor.Predict(line[i - pixel], above[i], above[i - pixel]));
            sum += Math.Abs((int)(sbyte)filtered[i]);
        }

        return sum;
    }

    // The same from byte i on, 32 bytes at a time, as far as that goes.
    private static long ApplyVectors<TPredictor>(ReadOnlySpan<byte> line, ReadOnlySpan<byte> above, ref int i, int pixel, Span<byte> filtered)
        where TPredictor : IPredictor
    {
        // A step adds two magnitudes of at most 128 each, and 16 bits hold 255 of those.
        const int steps = 255;
        long sum = 0;
        while (i <= line.Length - Vector256<byte>.Count)
        {
            var magnitudes = Vector256<ushort>.Zero;
            for (var step = 0; step < steps && i <= line.Length - Vector256<byte>.Count; step++, i += Vector256<byte>.Count)
            {
                var prediction = TPredictor.Predict(Load(line, i - pixel), Load(above, i), Load(above, i - pixel));
                var difference = Load(line, i) - prediction;
                difference.StoreUnsafe(ref MemoryMarshal.GetReference(filtered), (nuint)i);
                var magnitude = Vector256.Min(difference, -difference);
                magnitudes += Vector256.WidenLower(magnitude) + Vector256.WidenUpper(magnitude);
            }

            sum += Vector256.Sum(Vector256.WidenLower(magnitudes) + Vector256.WidenUpper(magnitudes));
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Load(ReadOnlySpan<byte> bytes, int from) => Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(bytes), (nuint)from);

    private readonly struct Nothing : IPredictor
    {
        public static byte Predict(byte a, byte b, byte c) => 0;

        public static Vector256<byte> Predict(Vector256<byte> a, Vector256<byte> b, Vector256<byte> c) => Vector256<byte>.Zero;
    }

    private readonly struct Left : IPredictor
    {
        public static byte Predict(byte a, byte b, byte c) => a;

        public static Vector256<byte> Predict(Vector256<byte> a, Vector256<byte> b, Vector256<byte> c) => a;
    }

    private readonly struct Above : IPredictor
    {
        public static byte Predict(byte a, byte b, byte c) => b;

        public static Vector256<byte> Predict(Vector256<byte> a, Vector256<byte> b, Vector256<byte> c) => b;
    }

    private readonly struct Average : IPredictor
    {
        public static byte Predict(byte a, byte b, byte c) => (byte)((a + b) / 2);

        // Bits that both have count whole, others half.
        public static Vector256<byte> Predict(Vector256<byte> a, Vector256<byte> b, Vector256<byte> c) => (a & b) + Vector256.ShiftRightLogical(a ^ b, 1);
    }

    private readonly struct Paeth : IPredictor
    {
        // Whichever of a, b, c is nearest to a + b - c; ties go to a, then b.
        public static byte Predict(byte a, byte b, byte c)
        {
            var distanceA = Math.Abs(b - c);
            var distanceB = Math.Abs(a - c);
            var distanceC = Math.Abs(a + b - c - c);
            return distanceA <= distanceB && distanceA <= distanceC ? a : distanceB <= distanceC ? b : c;
        }

        // In bytes: a + b - 2c is beyond both distances where a and b lie on one side of c, and their difference where they do not.
        public static Vector256<byte> Predict(Vector256<byte> a, Vector256<byte> b, Vector256<byte> c)
        {
            var (distanceA, distanceB) = (Distance(b, c), Distance(a, c));
            var isBetween = Vector256.Equals(Vector256.Max(a, c), a) ^ Vector256.Equals(Vector256.Max(b, c), b);
            var distanceC = Distance(distanceA, distanceB) | ~isBetween;
            var isB = Vector256.LessThanOrEqual(distanceB, distanceC);
            var isA = Vector256.LessThanOrEqual(distanceA, distanceB) & Vector256.LessThanOrEqual(distanceA, distanceC);
            return Vector256.ConditionalSelect(isA, a, Vector256.ConditionalSelect(isB, b, c));
        }

        private static Vector256<byte> Distance(Vector256<byte> left, Vector256<byte> right) => Vector256.Max(left, right) - Vector256.Min(left, right);
    }
}
