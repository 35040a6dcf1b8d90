namespace SpikeSR.Reference.Imaging;

/// <summary>An image in memory: interleaved floats in the file's own units. For images that need not fit, see <see cref="RowReader"/>.</summary>
public sealed class Image
{
    /// <summary>Takes samples, or makes an image of zeros.</summary>
    /// <param name="header">What the image is.</param>
    /// <param name="samples">[height, width, channels], not copied; null for zeros.</param>
    /// <exception cref="ArgumentException">The header makes no sense, or the samples are not as many as it says.</exception>
    public Image(ImageHeader header, float[]? samples = null)
    {
        ArgumentNullException.ThrowIfNull(header);
        header.Check(nameof(header));
        if (samples is not null && samples.Length != header.Samples)
        {
            throw new ArgumentException($"{samples.Length} samples for an image of {header}", nameof(samples));
        }

        Header = header;
        Samples = samples ?? new float[header.Samples];
    }

    /// <summary>What the image is.</summary>
    public ImageHeader Header { get; }

    /// <summary>[height, width, channels].</summary>
    public float[] Samples { get; }

    /// <summary>Columns.</summary>
    public int Width => Header.Width;

    /// <summary>Rows.</summary>
    public int Height => Header.Height;

    /// <summary>Samples a pixel.</summary>
    public int Channels => Header.Channels;

    /// <summary>One row.</summary>
    /// <param name="y">0 to height - 1.</param>
    public Span<float> Row(int y) => Samples.AsSpan(y * Header.RowSamples, Header.RowSamples);

    /// <summary>Reads a file of any format that <see cref="ImageFormats"/> knows.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">What may be taken on; null for the default.</param>
    /// <exception cref="Serialization.MalformedFileException">The file is wrong or of no known format.</exception>
    /// <exception cref="LimitExceededException">The image passes a limit; all its samples count as held at once.</exception>
    public static Image Load(string path, ImageLimits? limits = null)
    {
        using var reader = ImageFormats.Open(path, limits);
        return Read(reader, path, limits);
    }

    /// <summary>Saves to a file: written beside, then renamed.</summary>
    /// <param name="path">The file; its extension says which format, unless one is given.</param>
    /// <param name="format">Format; null to go by the extension.</param>
    /// <param name="settings">Choices of the encoder; null for the default.</param>
    /// <exception cref="ArgumentException">The format cannot hold such an image, or the extension is of no known format.</exception>
    public void Save(string path, ImageFormat? format = null, ImageWriteSettings? settings = null) =>
        ImageFormats.Write(path, Header, writer => writer.WriteRows(Samples), format, settings);

    internal static Image Read(RowReader reader, string name, ImageLimits? limits)
    {
        (limits ?? ImageLimits.Default).CheckBuffer(name, "the image", sizeof(float) * (decimal)reader.Header.Samples);
        var image = new Image(reader.Header);
        reader.ReadRows(image.Samples);
        return image;
    }
}
