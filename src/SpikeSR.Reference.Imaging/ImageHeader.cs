namespace SpikeSR.Reference.Imaging;

/// <summary>What an image is, apart from its samples.</summary>
/// <param name="Width">Columns, at least 1.</param>
/// <param name="Height">Rows, at least 1.</param>
/// <param name="Channels">Samples a pixel, interleaved: 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha, or any number of bands.</param>
/// <param name="Kind">How the file stores a sample.</param>
public sealed record ImageHeader(int Width, int Height, int Channels, SampleKind Kind)
{
    /// <summary>Whether the last channel is opacity.</summary>
    public AlphaKind Alpha { get; init; }

    /// <summary>What else the file says about its pixels.</summary>
    public ImageMetadata Metadata { get; init; } = ImageMetadata.None;

    /// <summary>Channels without opacity.</summary>
    public int ColourChannels => Alpha == AlphaKind.None ? Channels : Channels - 1;

    /// <summary>Samples in a row: width times channels.</summary>
    public int RowSamples => checked(Width * Channels);

    /// <summary>Pixels: width times height.</summary>
    public long Pixels => (long)Width * Height;

    /// <summary>Samples: width times height times channels; 2^63 - 1 if there are more.</summary>
    public long Samples => (long)Math.Min((decimal)Pixels * Channels, long.MaxValue);

    /// <summary>Bytes of a stored sample: 1, 2 or 4.</summary>
    public int BytesPerSample => Kind switch { SampleKind.UInt8 => 1, SampleKind.Float32 => 4, _ => 2 };

    /// <summary>The sample that means full brightness: 255, 65535, 32767, or 1 for floating point.</summary>
    public float MaxValue => Kind switch
    {
        SampleKind.UInt8 => byte.MaxValue,
        SampleKind.UInt16 => ushort.MaxValue,
        SampleKind.Int16 => short.MaxValue,
        _ => 1,
    };

    /// <summary>The header of the same picture in more or fewer pixels.</summary>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    public ImageHeader Resized(int width, int height) =>
        this with { Width = width, Height = height, Metadata = Metadata.Scaled((double)width / Width, (double)height / Height) };

    /// <summary>Throws unless extents and alpha make sense.</summary>
    /// <param name="name">The caller's parameter.</param>
    /// <exception cref="ArgumentException">An extent below 1, a row beyond 2^31 samples, or alpha without a colour.</exception>
    internal void Check(string name)
    {
        if (Width < 1 || Height < 1 || Channels < 1 || (long)Width * Channels > Array.MaxLength)
        {
            throw new ArgumentException($"an image of {Width}x{Height} pixels with {Channels} channels", name);
        }

        if (ColourChannels < 1)
        {
            throw new ArgumentException("opacity needs a colour beside it", name);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Width}x{Height}, {Channels} {(Channels == 1 ? "channel" : "channels")}, {Kind}";
}
