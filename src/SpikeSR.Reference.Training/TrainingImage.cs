using System.Runtime.InteropServices;
using System.Security.Cryptography;
using SpikeSR.Reference.Imaging;
using SpikeSR.Reference.Imaging.Resampling;
using SpikeSR.Reference.Serialization;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Training;

/// <summary>A picture and its antialiased bicubic reduction, both as 8-bit RGB (SPEC TRAIN-2).</summary>
public sealed class TrainingImage
{
    private readonly byte[] _high;
    private readonly byte[] _low;

    private TrainingImage(string name, int scale, int lowWidth, int lowHeight, byte[] high, byte[] low) =>
        (Name, Scale, LowWidth, LowHeight, _high, _low) = (name, scale, lowWidth, lowHeight, high, low);

    /// <summary>File name without its folder.</summary>
    public string Name { get; }

    /// <summary>Reduction.</summary>
    public int Scale { get; }

    /// <summary>Width of the reduction in pixels.</summary>
    public int LowWidth { get; }

    /// <summary>Height of the reduction in pixels.</summary>
    public int LowHeight { get; }

    /// <summary>Reads a picture; sides are cut to multiples of the scale at the right and bottom, opacity is dropped.</summary>
    /// <param name="path">The file.</param>
    /// <param name="scale">Reduction.</param>
    /// <param name="smallest">Smallest side of the reduction that serves, in pixels.</param>
    /// <param name="threads">Threads of the reduction.</param>
    /// <exception cref="MalformedFileException">The file cannot be decoded, is not 8-bit colour or grey, or is too small.</exception>
    public static TrainingImage Load(string path, int scale, int smallest, Parallelism threads) => Of(path, Image.Load(path), scale, smallest, threads);

    /// <summary>Takes a picture; sides are cut to multiples of the scale at the right and bottom, opacity is dropped.</summary>
    /// <param name="name">Its name, for messages; of a path the last part becomes <see cref="Name"/>.</param>
    /// <param name="picture">The picture.</param>
    /// <param name="scale">Reduction.</param>
    /// <param name="smallest">Smallest side of the reduction that serves, in pixels.</param>
    /// <param name="threads">Threads of the reduction.</param>
    /// <exception cref="MalformedFileException">The picture is not 8-bit colour or grey, or is too small.</exception>
    public static TrainingImage Of(string name, Image picture, int scale, int smallest, Parallelism threads)
    {
        ArgumentNullException.ThrowIfNull(picture);
        var (width, height) = (picture.Width / scale, picture.Height / scale);
        if (width < smallest || height < smallest)
        {
            throw new MalformedFileException(name, "size", $"{picture.Width} x {picture.Height} pixels", $"at least {smallest * scale} x {smallest * scale} pixels");
        }

        if (picture.Header.Kind != SampleKind.UInt8)
        {
            throw new MalformedFileException(name, "samples", picture.Header.Kind.ToString(), "8 bits a sample");
        }

        if (picture.Header.ColourChannels is not (1 or 3))
        {
            throw new MalformedFileException(name, "samples", $"{picture.Header.ColourChannels} bands", "1 band or 3");
        }

        var header = new ImageHeader(width * scale, height * scale, 3, SampleKind.UInt8);
        var high = new Image(header);
        for (var y = 0; y < header.Height; y++)
        {
            var from = picture.Row(y);
            var to = high.Row(y);
            for (var i = 0; i < to.Length; i++)
            {
                to[i] = from[(i / 3 * picture.Channels) + (picture.Header.ColourChannels == 1 ? 0 : i % 3)];
            }
        }

        var low = Bicubic.Resize(high, width, height, threads);
        return new TrainingImage(Path.GetFileName(name), scale, width, height, Bytes(high), Bytes(low));
    }

    /// <summary>Copies a crop of the reduction, transformed, as numbers in [0, 1].</summary>
    /// <param name="top">First row of the crop in the reduction.</param>
    /// <param name="left">First column of the crop in the reduction.</param>
    /// <param name="transform">0 to 7: bit 0 flips columns, bit 1 flips rows, bit 2 transposes first.</param>
    /// <param name="crop">Receives the crop [side, side, 3].</param>
    public void CopyLow(int top, int left, int transform, TensorView<F32> crop) => Copy(_low, LowWidth, top, left, transform, crop);

    /// <summary>Copies the same crop of the picture itself.</summary>
    /// <param name="top">First row of the crop in the reduction.</param>
    /// <param name="left">First column of the crop in the reduction.</param>
    /// <param name="transform">As for <see cref="CopyLow"/>.</param>
    /// <param name="crop">Receives the crop [scale side, scale side, 3].</param>
    public void CopyHigh(int top, int left, int transform, TensorView<F32> crop) => Copy(_high, LowWidth * Scale, top * Scale, left * Scale, transform, crop);

    /// <summary>The reduction as an image in 0..255.</summary>
    public Image Low() => AsImage(_low, LowWidth, LowHeight);

    /// <summary>The picture as an image in 0..255.</summary>
    public Image High() => AsImage(_high, LowWidth * Scale, LowHeight * Scale);

    /// <summary>Adds the picture's sizes and samples to a digest.</summary>
    /// <param name="hash">The digest.</param>
    internal void AppendTo(IncrementalHash hash)
    {
        hash.AppendData(MemoryMarshal.AsBytes<int>([Scale, LowWidth, LowHeight]));
        hash.AppendData(_high);
    }

    private static Image AsImage(byte[] samples, int width, int height) =>
        new(new ImageHeader(width, height, 3, SampleKind.UInt8), Array.ConvertAll(samples, sample => (float)sample));

    private static byte[] Bytes(Image image) => Array.ConvertAll(image.Samples, sample => (byte)sample);

    private static void Copy(byte[] image, int width, int top, int left, int transform, TensorView<F32> crop)
    {
        var side = crop.Shape[0];
        var elements = crop.Span;
        for (var y = 0; y < side; y++)
        {
            for (var x = 0; x < side; x++)
            {
                var (row, column) = (transform & 4) != 0 ? (x, y) : (y, x);
                row = (transform & 2) != 0 ? side - 1 - row : row;
                column = (transform & 1) != 0 ? side - 1 - column : column;
                for (var c = 0; c < 3; c++)
                {
                    elements[(((y * side) + x) * 3) + c] = new F32(image[((((top + row) * width) + left + column) * 3) + c] / 255f);
                }
            }
        }
    }
}
