namespace SpikeSR.Reference.Imaging.Metrics;

/// <summary>Brightness as MATLAB's <c>rgb2ycbcr</c> defines it after ITU-R BT.601: 16 for black, 235 for white.</summary>
public static class Luma
{
    /// <summary>Y = 16 + 65.481 R + 128.553 G + 24.966 B with R, G, B in [0, 1]; a grey image gives its samples scaled to 0..255. Not rounded.</summary>
    /// <param name="image">Grey or RGB; opacity is ignored.</param>
    /// <returns>[height, width], in levels.</returns>
    /// <exception cref="ArgumentException">The image is neither grey nor RGB.</exception>
    public static double[] Of(Image image)
    {
        ArgumentNullException.ThrowIfNull(image);
        var channels = image.Channels;
        var colours = image.Header.ColourChannels;
        if (colours is not (1 or 3))
        {
            throw new ArgumentException($"an image of {image.Header} is neither grey nor RGB", nameof(image));
        }

        double largest = image.Header.MaxValue;
        var luma = new double[image.Header.Pixels];
        for (var i = 0; i < luma.Length; i++)
        {
            var pixel = image.Samples.AsSpan(i * channels, colours);
            luma[i] = colours == 1
                ? pixel[0] / largest * 255
                : 16 + (65.481 * (pixel[0] / largest)) + (128.553 * (pixel[1] / largest)) + (24.966 * (pixel[2] / largest));
        }

        return luma;
    }
}
