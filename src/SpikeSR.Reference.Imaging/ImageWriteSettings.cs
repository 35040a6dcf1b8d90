using System.IO.Compression;

namespace SpikeSR.Reference.Imaging;

/// <summary>Choices of an encoder.</summary>
public sealed record ImageWriteSettings
{
    /// <summary>The settings used where none are given.</summary>
    public static readonly ImageWriteSettings Default = new();

    /// <summary>Effort of lossless compression (PNG, TIFF).</summary>
    public CompressionLevel Compression { get; init; } = CompressionLevel.Optimal;
}
