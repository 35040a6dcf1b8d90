using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Imaging.Metrics;

/// <summary>One channel in levels (0 to 255), without its border.</summary>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
/// <param name="Levels">[height, width].</param>
internal sealed record Plane(int Width, int Height, double[] Levels)
{
    /// <summary>The pairs of planes that a comparison is made of.</summary>
    /// <param name="image">One image.</param>
    /// <param name="reference">The other, of the same size, channels and kind.</param>
    /// <param name="border">Rows and columns left out on every side.</param>
    /// <param name="planes">The planes of an image, border included.</param>
    public static IEnumerable<(Plane Image, Plane Reference)> Pairs(Image image, Image reference, int border, Func<Image, IEnumerable<double[]>> planes)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentOutOfRangeException.ThrowIfNegative(border);
        if (image.Header with { Metadata = ImageMetadata.None } != reference.Header with { Metadata = ImageMetadata.None })
        {
            throw new ArgumentException($"an image of {image.Header} cannot be compared with one of {reference.Header}", nameof(reference));
        }

        if (2L * border >= Math.Min(image.Width, image.Height))
        {
            throw new ArgumentException($"a border of {border} leaves nothing of {image.Width}x{image.Height} pixels", nameof(border));
        }

        return planes(image).Zip(planes(reference), (a, b) => (Inner(a, image.Header, border), Inner(b, image.Header, border)));
    }

    /// <summary>Each colour channel, opacity left out, scaled to 0..255.</summary>
    public static IEnumerable<double[]> Colours(Image image)
    {
        double largest = image.Header.MaxValue;
        for (var c = 0; c < image.Header.ColourChannels; c++)
        {
            var levels = new double[image.Header.Pixels];
            for (var i = 0; i < levels.Length; i++)
            {
                levels[i] = image.Samples[(i * image.Channels) + c] / largest * 255;
            }

            yield return levels;
        }
    }

    /// <summary>Mean of terms, summed in the fixed order.</summary>
    public static double Mean(ReadOnlySpan<double> terms) =>
        FixedOrder.Sum(System.Runtime.InteropServices.MemoryMarshal.Cast<double, F64>(terms)).Value / terms.Length;

    private static Plane Inner(double[] levels, ImageHeader header, int border)
    {
        var plane = new Plane(header.Width - (2 * border), header.Height - (2 * border), new double[(header.Width - (2 * border)) * (header.Height - (2 * border))]);
        for (var y = 0; y < plane.Height; y++)
        {
            levels.AsSpan(((y + border) * header.Width) + border, plane.Width).CopyTo(plane.Levels.AsSpan(y * plane.Width));
        }

        return plane;
    }
}
