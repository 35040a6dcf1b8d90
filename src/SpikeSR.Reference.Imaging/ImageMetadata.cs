namespace SpikeSR.Reference.Imaging;

/// <summary>What a file says about its pixels, carried from input to output where the output format can hold it.</summary>
public sealed record ImageMetadata
{
    /// <summary>Nothing is known.</summary>
    public static readonly ImageMetadata None = new();

    /// <summary>An ICC colour profile, as it stands in the file; empty if there is none.</summary>
    public ReadOnlyMemory<byte> IccProfile
    {
        get;
        init => field = value.IsEmpty ? default : value;
    }

    /// <summary>The exponent of the transfer function times 100000 (PNG gAMA).</summary>
    public uint? Gamma { get; init; }

    /// <summary>x and y of white, red, green and blue times 100000, eight numbers (PNG cHRM).</summary>
    public IReadOnlyList<uint>? Chromaticities { get; init; }

    /// <summary>The image is sRGB, with this rendering intent, 0 to 3 (PNG sRGB).</summary>
    public byte? SrgbIntent { get; init; }

    /// <summary>Size of a pixel.</summary>
    public PixelDensity? Density { get; init; }

    /// <summary>Where the pixels lie on the ground, and the sample that stands for no data; null if the file says neither. Only TIFF keeps it.</summary>
    public Georeference? Georeference { get; init; }

    /// <summary>The metadata of the same picture in more or fewer pixels.</summary>
    /// <param name="scaleX">Columns divided by columns before, positive.</param>
    /// <param name="scaleY">Rows divided by rows before, positive.</param>
    public ImageMetadata Scaled(double scaleX, double scaleY)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(scaleX);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(scaleY);
        return this with
        {
            Density = Density is { } density ? density with { X = density.X * scaleX, Y = density.Y * scaleY } : null,
            Georeference = Georeference?.Scaled(scaleX, scaleY),
        };
    }
}
