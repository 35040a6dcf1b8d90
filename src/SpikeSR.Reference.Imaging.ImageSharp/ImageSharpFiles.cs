using SixLabors.ImageSharp.Advanced;
using SixLabors.ImageSharp.Formats;
using SixLabors.ImageSharp.PixelFormats;
using SixLabors.ImageSharp.Processing;
using SpikeSR.Reference.Serialization;
using Sharp = SixLabors.ImageSharp;

namespace SpikeSR.Reference.Imaging.ImageSharp;

/// <summary>
/// Files of every format that ImageSharp knows, behind the project's own sources and sinks of rows. ImageSharp holds whole images, so they have to fit into memory;
/// PNG, JPEG, TIFF and PNM are better read by <see cref="ImageFormats"/>, which does not.
/// </summary>
public static class ImageSharpFiles
{
    /// <summary>Opens a file: RGB or RGBA at 8 bits, at 16 where the file has more; upright as Exif says; the first frame of several.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">What may be taken on; null for the default. Checked before pixels are decoded.</param>
    /// <exception cref="MalformedFileException">The file is wrong, or of no format that ImageSharp knows.</exception>
    /// <exception cref="LimitExceededException">The image passes a limit.</exception>
    public static RowReader Open(string path, ImageLimits? limits = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        limits ??= ImageLimits.Default;
        try
        {
            var info = Sharp.Image.Identify(path);

            // 16 bits may be one deep grey sample; nothing is lost where they are something else. Opacity that is not ruled out is kept.
            var isDeep = info.PixelType.BitsPerPixel is 16 or > 32;
            Check(path, info.Width, info.Height, isDeep ? 8 : 4, limits);
            return (isDeep, info.PixelType.AlphaRepresentation != PixelAlphaRepresentation.None) switch
            {
                (false, false) => Load<Rgb24>(path, SampleKind.UInt8, hasOpacity: false),
                (false, true) => Load<Rgba32>(path, SampleKind.UInt8, hasOpacity: true),
                (true, false) => Load<Rgb48>(path, SampleKind.UInt16, hasOpacity: false),
                _ => Load<Rgba64>(path, SampleKind.UInt16, hasOpacity: true),
            };
        }
        catch (Sharp.ImageFormatException failure)
        {
            throw new MalformedFileException(path, "image", failure.Message, "a file that ImageSharp reads", failure);
        }
    }

    /// <summary>Writes a file in the format of its extension, beside its place and then renamed.</summary>
    /// <param name="path">The file.</param>
    /// <param name="image">RGB or RGBA of 8 or 16 bits.</param>
    /// <exception cref="ArgumentException">ImageSharp writes no format of that extension, or the image is of another kind.</exception>
    public static void Save(string path, Image image)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(image);
        if (!Sharp.Configuration.Default.ImageFormatsManager.TryFindFormatByFileExtension(Path.GetExtension(path), out var format))
        {
            throw new ArgumentException($"{path}: ImageSharp writes no format of that extension", nameof(path));
        }

        var encoder = Sharp.Configuration.Default.ImageFormatsManager.GetEncoder(format);
        using var pixels = (image.Header.Kind, image.Channels, image.Header.ColourChannels) switch
        {
            (SampleKind.UInt8, 3, 3) => Filled<Rgb24>(image),
            (SampleKind.UInt8, 4, 3) => Filled<Rgba32>(image),
            (SampleKind.UInt16, 3, 3) => Filled<Rgb48>(image),
            (SampleKind.UInt16, 4, 3) => (Sharp.Image)Filled<Rgba64>(image),
            _ => throw new ArgumentException($"an image of {image.Header}, expected RGB or RGBA of 8 or 16 bits", nameof(image)),
        };
        AtomicFile.Write(path, stream => pixels.Save(stream, encoder));
    }

    private static ImageSharpRowReader<TPixel> Load<TPixel>(string path, SampleKind kind, bool hasOpacity)
        where TPixel : unmanaged, IPixel<TPixel>
    {
        var image = Sharp.Image.Load<TPixel>(new DecoderOptions { MaxFrames = 1 }, path);
        image.Mutate(context => context.AutoOrient());
        return new ImageSharpRowReader<TPixel>(image, new ImageHeader(image.Width, image.Height, hasOpacity ? 4 : 3, kind)
        {
            Alpha = hasOpacity ? AlphaKind.Straight : AlphaKind.None,
            Metadata = new ImageMetadata { IccProfile = image.Metadata.IccProfile?.ToByteArray() },
        });
    }

    private static Sharp.Image<TPixel> Filled<TPixel>(Image image)
        where TPixel : unmanaged, IPixel<TPixel>
    {
        var pixels = new Sharp.Image<TPixel>(image.Width, image.Height);
        for (var y = 0; y < image.Height; y++)
        {
            PixelRows.Write<TPixel>(image.Row(y), pixels.DangerousGetPixelRowMemory(y).Span, image.Header.Kind);
        }

        return pixels;
    }

    private static void Check(string path, int width, int height, int pixelBytes, ImageLimits limits)
    {
        var pixels = (long)width * height;
        if (pixels > limits.MaxPixels || pixels * pixelBytes > limits.MaxBufferedBytes)
        {
            throw new LimitExceededException($"{path}: {width}x{height} pixels take {pixels * pixelBytes} bytes at once, over the limit of {limits.MaxPixels} pixels or {limits.MaxBufferedBytes} bytes");
        }
    }
}
