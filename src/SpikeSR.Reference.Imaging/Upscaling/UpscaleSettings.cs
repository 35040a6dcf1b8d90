namespace SpikeSR.Reference.Imaging.Upscaling;

/// <summary>Choices of an enlargement.</summary>
public sealed record UpscaleSettings
{
    /// <summary>A tile size that no image passes: the network sees every image as a whole, whatever memory that takes.</summary>
    public const int WholeImage = int.MaxValue;

    /// <summary>The settings used where none are given.</summary>
    public static readonly UpscaleSettings Default = new();

    /// <summary>The longest side of a tile in input pixels; 0, the default, for the largest that <see cref="MaxMemory"/> allows. What fits into one tile is not cut.</summary>
    public int TileSize { get; init; }

    /// <summary>Bytes that the whole process should stay below, the runtime's own included; it decides the tile size where none is given. Default 296 MiB.</summary>
    public long MaxMemory { get; init; } = 296L << 20;

    /// <summary>Pixels at the edge of a tile that only give context and are thrown away. Default 8.</summary>
    public int Margin { get; init; } = 8;

    /// <summary>Pixels over which a tile fades into the next. Default 8.</summary>
    public int Feather { get; init; } = 8;

    /// <summary>What the network sees as 0 and 1; null for 0 to the largest sample of the image's kind.</summary>
    public ValueRange? Range { get; init; }
}
