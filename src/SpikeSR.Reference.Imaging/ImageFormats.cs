using SpikeSR.Reference.Imaging.Jpeg;
using SpikeSR.Reference.Imaging.Png;
using SpikeSR.Reference.Imaging.Pnm;
using SpikeSR.Reference.Imaging.Tiff;
using SpikeSR.Reference.Serialization;

namespace SpikeSR.Reference.Imaging;

/// <summary>The one way into and out of image files.</summary>
public static class ImageFormats
{
    private const int SniffedBytes = 16;

    /// <summary>Opens a file; its content, not its name, says which format it is.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">What may be taken on; null for the default.</param>
    /// <returns>A source of rows, which owns the file.</returns>
    /// <exception cref="MalformedFileException">The file is wrong or of no known format.</exception>
    /// <exception cref="LimitExceededException">The image passes a limit.</exception>
    public static RowReader Open(string path, ImageLimits? limits = null)
    {
        PlainFile.Check(path);
        return Open(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 64 << 10), path, limits);
    }

    /// <summary>Opens an image that starts at the beginning of a stream.</summary>
    /// <param name="stream">A stream that can seek; the reader owns it, also when this throws.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="limits">What may be taken on; null for the default.</param>
    /// <returns>A source of rows.</returns>
    /// <exception cref="MalformedFileException">The file is wrong or of no known format.</exception>
    /// <exception cref="LimitExceededException">The image passes a limit.</exception>
    public static RowReader Open(Stream stream, string name, ImageLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(name);
        try
        {
            var file = new SourceFile(stream, name, limits ?? ImageLimits.Default) { Position = 0 };
            Span<byte> start = stackalloc byte[SniffedBytes];
            var count = 0;
            for (var read = -1; read != 0 && count < start.Length; count += read)
            {
                read = file.Read(start[count..]);
            }

            file.Position = 0;
            return Recognise(start[..count]) switch
            {
                ImageFormat.Png => PngReader.Open(file),
                ImageFormat.Jpeg => JpegReader.Open(file),
                ImageFormat.Tiff => TiffReader.Open(file),
                ImageFormat.Pnm => PnmReader.Open(file),
                _ => throw file.Malformed("file", count == 0 ? "no bytes" : $"a start of {Convert.ToHexString(start[..count])}", "an image: PNG, JPEG, TIFF, PBM, PGM or PPM"),
            };
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>The format that a file's extension stands for; null if there is none.</summary>
    /// <param name="path">A file's name.</param>
    public static ImageFormat? OfExtension(string path) => Path.GetExtension(path).ToUpperInvariant() switch
    {
        ".PNG" => ImageFormat.Png,
        ".PGM" or ".PPM" or ".PNM" => ImageFormat.Pnm,
        ".TIF" or ".TIFF" => ImageFormat.Tiff,
        ".JPG" or ".JPEG" or ".JFIF" => ImageFormat.Jpeg,
        _ => null,
    };

    /// <summary>Writes a file beside its place and renames it when it is whole.</summary>
    /// <param name="path">The file.</param>
    /// <param name="header">What the image is.</param>
    /// <param name="rows">Writes every row.</param>
    /// <param name="format">Format; null to go by the extension.</param>
    /// <param name="settings">Choices of the encoder; null for the default.</param>
    /// <param name="replace">Whether a file that is there in the end is replaced.</param>
    /// <exception cref="ArgumentException">The format cannot hold such an image, or the extension is of no known format.</exception>
    /// <exception cref="IOException">The file cannot be written, or is there and shall not be replaced.</exception>
    public static void Write(string path, ImageHeader header, Action<RowWriter> rows, ImageFormat? format = null, ImageWriteSettings? settings = null, bool replace = true)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(header);
        ArgumentNullException.ThrowIfNull(rows);
        var chosen = format ?? OfExtension(path) ?? throw new ArgumentException($"{path}: the extension names no format that can be written", nameof(path));
        CheckWritable(chosen, header);
        AtomicFile.Write(path, stream =>
        {
            using var writer = Create(stream, chosen, header, settings);
            rows(writer);
            writer.Complete();
        }, replace);
    }

    /// <summary>Starts writing an image to a stream.</summary>
    /// <param name="stream">Where to; it stays open.</param>
    /// <param name="format">Format.</param>
    /// <param name="header">What the image is.</param>
    /// <param name="settings">Choices of the encoder; null for the default.</param>
    /// <returns>A sink of rows; the image is whole after <see cref="RowWriter.Complete"/>.</returns>
    /// <exception cref="ArgumentException">The format cannot hold such an image.</exception>
    public static RowWriter Create(Stream stream, ImageFormat format, ImageHeader header, ImageWriteSettings? settings = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        CheckWritable(format, header);
        settings ??= ImageWriteSettings.Default;
        return format switch
        {
            ImageFormat.Png => new PngWriter(stream, header, settings.Compression),
            ImageFormat.Jpeg => new JpegWriter(stream, header, settings.JpegQuality, settings.SubsampleColour),
            ImageFormat.Tiff => new TiffWriter(stream, header, settings.Compression, settings.TiffTileSize),
            ImageFormat.Pnm => new PnmWriter(stream, header),
            _ => throw new ArgumentOutOfRangeException(nameof(format)),
        };
    }

    /// <summary>Throws unless a format can hold an image.</summary>
    /// <param name="format">Format.</param>
    /// <param name="header">What the image is.</param>
    /// <exception cref="ArgumentException">It cannot.</exception>
    public static void CheckWritable(ImageFormat format, ImageHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        header.Check(nameof(header));
        switch (format)
        {
            case ImageFormat.Png:
                PngWriter.Check(header);
                break;
            case ImageFormat.Jpeg:
                JpegWriter.Check(header);
                break;
            case ImageFormat.Tiff:
                TiffWriter.Check(header);
                break;
            case ImageFormat.Pnm:
                PnmWriter.Check(header);
                break;
        }
    }

    private static ImageFormat? Recognise(ReadOnlySpan<byte> start) =>
        start.StartsWith(PngReader.Signature) ? ImageFormat.Png
        : start.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]) ? ImageFormat.Jpeg
        : TiffDirectory.IsStart(start) ? ImageFormat.Tiff
        : start.Length > 2 && start[0] == 'P' && start[1] is >= (byte)'1' and <= (byte)'6' && start[2] is (byte)'#' or (>= 9 and <= 13) or 32 ? ImageFormat.Pnm
        : null;
}
