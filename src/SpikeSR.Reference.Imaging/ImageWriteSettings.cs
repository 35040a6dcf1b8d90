using System.IO.Compression;

namespace SpikeSR.Reference.Imaging;

/// <summary>Choices of an encoder.</summary>
public sealed record ImageWriteSettings
{
    /// <summary>The settings used where none are given.</summary>
    public static readonly ImageWriteSettings Default = new();

    /// <summary>Effort of lossless compression (PNG, TIFF).</summary>
    public CompressionLevel Compression { get; init; } = CompressionLevel.Optimal;

    /// <summary>Quality of JPEG, 1 to 100, on libjpeg's scale. Default 95.</summary>
    public int JpegQuality { get; init; } = 95;

    /// <summary>Whether JPEG halves the size of colour planes both ways (4:2:0). Default true, as in most programs.</summary>
    public bool SubsampleColour { get; init; } = true;

    /// <summary>Rows and columns of a TIFF's tiles, a multiple of 16; 0, the default, for strips, which take less memory to write.</summary>
    public int TiffTileSize { get; init; }
}
