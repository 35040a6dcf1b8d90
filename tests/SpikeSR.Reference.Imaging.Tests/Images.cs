namespace SpikeSR.Reference.Imaging.Tests;

/// <summary>Images made for tests.</summary>
internal static class Images
{
    /// <summary>Independent samples over the whole range of the kind; floats include infinities and NaN.</summary>
    public static Image Noise(ImageHeader header, int seed)
    {
        var random = new Random(seed);
        var image = new Image(header);
        for (var i = 0; i < image.Samples.Length; i++)
        {
            image.Samples[i] = header.Kind switch
            {
                SampleKind.UInt8 => random.Next(256),
                SampleKind.UInt16 => random.Next(65536),
                SampleKind.Int16 => random.Next(-32768, 32768),
                _ => BitConverter.UInt32BitsToSingle((uint)random.NextInt64(1L << 32)),
            };
        }

        return image;
    }

    /// <summary>The upper left corner of an image.</summary>
    public static Image Cropped(Image image, int width, int height)
    {
        var corner = new Image(image.Header with { Width = width, Height = height });
        for (var y = 0; y < height; y++)
        {
            image.Row(y)[..corner.Header.RowSamples].CopyTo(corner.Row(y));
        }

        return corner;
    }

    public static byte[] Encode(Image image, ImageFormat format, ImageWriteSettings? settings = null)
    {
        using var stream = new MemoryStream();
        using (var writer = ImageFormats.Create(stream, format, image.Header, settings))
        {
            writer.WriteRows(image.Samples);
            writer.Complete();
        }

        return stream.ToArray();
    }
}
