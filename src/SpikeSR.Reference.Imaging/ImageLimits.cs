namespace SpikeSR.Reference.Imaging;

/// <summary>What a reader may take on; checked before any memory is taken. Every limit can be raised.</summary>
public sealed record ImageLimits
{
    /// <summary>The limits used where none are given.</summary>
    public static readonly ImageLimits Default = new();

    /// <summary>Pixels (width times height) of an image. Default 2^32.</summary>
    public long MaxPixels { get; init; } = 1L << 32;

    /// <summary>
    /// Bytes that decoding may hold at once: a row, a band of tiles, or the whole image where a format cannot be read from top to bottom
    /// (interlaced PNG, progressive JPEG, a rotated image). Default 1 GiB.
    /// </summary>
    public long MaxBufferedBytes { get; init; } = 1L << 30;

    /// <summary>Throws if an image is over the limit of pixels.</summary>
    internal void CheckPixels(string name, long width, long height)
    {
        if (width > MaxPixels / height)
        {
            throw new LimitExceededException($"{name}: {width}x{height} pixels, over the limit of {MaxPixels} pixels");
        }
    }

    /// <summary>Throws if something that has to be held at once is over the limit.</summary>
    internal void CheckBuffer(string name, string what, decimal bytes)
    {
        var limit = Math.Min(MaxBufferedBytes, Array.MaxLength);
        if (bytes > limit)
        {
            throw new LimitExceededException($"{name}: {what} takes {bytes} bytes at once, over the limit of {limit}");
        }
    }
}
