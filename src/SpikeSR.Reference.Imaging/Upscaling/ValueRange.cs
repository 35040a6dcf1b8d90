namespace SpikeSR.Reference.Imaging.Upscaling;

/// <summary>
/// The samples that the network sees as 0 and 1. Results are given back in the file's units, so a range changes how the network sees an image, not what the image
/// means; what lies outside of the range is kept, enlarged bicubically.
/// </summary>
/// <param name="Low">What the network sees as 0.</param>
/// <param name="High">What the network sees as 1.</param>
public readonly record struct ValueRange(float Low, float High)
{
    // Samples are counted by the upper bits of their place in the order of floats: a value is found to within 1 part in 2048.
    private const int IgnoredBits = 12;

    /// <summary>From 0 to the largest sample of a kind.</summary>
    /// <param name="header">The image.</param>
    public static ValueRange FullOf(ImageHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        return new(0, header.MaxValue);
    }

    /// <summary>
    /// Reads an image and leaves out the same share of samples at both ends. All colour channels count together, so that colours stay what they are; samples without
    /// data do not count.
    /// </summary>
    /// <param name="source">The image; it is read to its end.</param>
    /// <param name="percent">Share left out at each end, 0 to below 50.</param>
    /// <returns>The range; the full one for an image of one value or without data.</returns>
    public static ValueRange OfPercentiles(RowReader source, double percent) => OfPercentiles(source, percent, out _);

    /// <summary>The same; tells of a value that may stand for no data, though the file does not say so.</summary>
    /// <param name="source">The image; it is read to its end.</param>
    /// <param name="percent">Share left out at each end, 0 to below 50.</param>
    /// <param name="farValue">The least or greatest sample where more than one is about that and twice as far from all others as they are from each other; else null.</param>
    /// <returns>The range; the full one for an image of one value or without data.</returns>
    public static ValueRange OfPercentiles(RowReader source, double percent, out float? farValue)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (!(percent is >= 0 and < 50))
        {
            throw new ArgumentOutOfRangeException(nameof(percent), percent, "expected 0 to below 50");
        }

        var header = source.Header;
        var counts = new long[1 << (32 - IgnoredBits)];
        var row = new float[header.RowSamples];
        long total = 0;
        var (least, greatest) = (float.PositiveInfinity, float.NegativeInfinity);
        var noData = header.Metadata.Georeference?.NoDataValue;
        while (source.NextRow < header.Height)
        {
            source.ReadRows(row);
            for (var i = 0; i < row.Length; i++)
            {
                if (float.IsFinite(row[i]) && row[i] != noData && i % header.Channels < header.ColourChannels)
                {
                    counts[Place(row[i]) >> IgnoredBits]++;
                    total++;
                    (least, greatest) = (MathF.Min(least, row[i]), MathF.Max(greatest, row[i]));
                }
            }
        }

        farValue = IsFar(counts, isFromEnd: false) ? least : IsFar(counts, isFromEnd: true) ? greatest : null;
        var skipped = (long)(total * percent / 100);
        var low = Find(counts, skipped, isFromEnd: false);
        var high = Find(counts, skipped, isFromEnd: true);
        return total > 0 && low < high ? new(low, high) : FullOf(header);
    }

    /// <summary>Throws unless the range is one.</summary>
    internal void Check(string name)
    {
        if (!(Low < High && float.IsFinite(High - Low)))
        {
            throw new ArgumentException($"a value range from {Low} to {High}, expected two numbers in ascending order whose difference is a float", name);
        }
    }

    // Floats in ascending order have ascending places.
    private static uint Place(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return (bits & 0x8000_0000) != 0 ? ~bits : bits | 0x8000_0000;
    }

    private static float Value(uint place) => BitConverter.UInt32BitsToSingle((place & 0x8000_0000) != 0 ? place & 0x7FFF_FFFF : ~place);

    // Whether the outermost cell holds several samples, twice as far from all others as they are from each other. Fewer than 16 others may be labels or a mask.
    private static bool IsFar(long[] counts, bool isFromEnd)
    {
        const int fewest = 16;
        var (first, last) = (Array.FindIndex(counts, count => count > 0), Array.FindLastIndex(counts, count => count > 0));
        if (counts.Length - counts.AsSpan().Count(0) <= fewest)
        {
            return false;
        }

        var (outer, near, opposite) = isFromEnd
            ? (last, Array.FindLastIndex(counts, last - 1, count => count > 0), first)
            : (first, Array.FindIndex(counts, first + 1, count => count > 0), last);
        return counts[outer] > 1 && Math.Abs(Edge(near) - Edge(outer)) > 2 * Math.Abs(Edge(opposite) - Edge(near));

        static double Edge(int cell) => Value((uint)cell << IgnoredBits);
    }

    // The edge, away from the middle, of the cell where the count is passed.
    private static float Find(long[] counts, long skipped, bool isFromEnd)
    {
        var cell = isFromEnd ? counts.Length - 1 : 0;
        for (long seen = 0; cell >= 0 && cell < counts.Length; cell += isFromEnd ? -1 : 1)
        {
            seen += counts[cell];
            if (seen > skipped)
            {
                break;
            }
        }

        cell = Math.Clamp(cell, 0, counts.Length - 1);
        var place = (uint)cell << IgnoredBits;
        return Value(isFromEnd ? place | ((1u << IgnoredBits) - 1) : place);
    }
}
