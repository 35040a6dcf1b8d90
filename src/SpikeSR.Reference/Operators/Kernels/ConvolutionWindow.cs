using System.Numerics;
using System.Runtime.CompilerServices;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators.Kernels;

/// <summary>
/// How a window slides over an image [N, H, W, C] whose surroundings read +0: output pixel (p, q) and tap (ky, kx) meet padded pixel
/// (p step + ky dilation, q step + kx dilation), and padded pixel (v, w) is image pixel ((v - before) / spacing, (w - before) / spacing) where
/// there is one, +0 elsewhere. A forward convolution has step = stride and spacing = 1, its gradient by the input step = 1 and spacing = stride.
/// </summary>
/// <remarks>
/// A band of output rows is computed from a padded copy of the image rows under it, unless nothing is padded. The copy costs little beside the
/// products (an element of the image meets kh kw Co of them), streams the rows into the second-level cache, and leaves the products without a test:
/// the windows of all output pixels differ by one offset each.
/// </remarks>
/// <typeparam name="T">The number type.</typeparam>
internal readonly unsafe struct ConvolutionWindow<T>
    where T : unmanaged
{
    // Bytes of a band's padded copy: beside a packed 3x3 weight of 64 to 64 channels (147 KB) it stays in a second-level cache of 1 MB.
    private const int BandBytes = 384 * 1024;

    /// <summary>The image [N, H, W, C].</summary>
    public required TensorView<T> Image { get; init; }

    /// <summary>Taps.</summary>
    public required (int Rows, int Columns) Kernel { get; init; }

    /// <summary>Output pixels.</summary>
    public required (int Rows, int Columns) Output { get; init; }

    /// <summary>Rows and columns of zeros before the first pixel; negative where the first pixels are not reached.</summary>
    public required (int Rows, int Columns) Before { get; init; }

    /// <summary>Padded pixels from one image pixel to the next.</summary>
    public required int Spacing { get; init; }

    /// <summary>Padded pixels from one output pixel to the next.</summary>
    public required int Step { get; init; }

    /// <summary>Padded pixels from one tap to the next.</summary>
    public required int Dilation { get; init; }

    /// <summary>Whether bands are copied; otherwise the image itself serves.</summary>
    public bool IsPadded =>
        Before != (0, 0) || Spacing != 1 || PaddedRows(Output.Rows) > Image.Shape[1] || ReachedColumns > Image.Shape[2];

    /// <summary>Channels of the image.</summary>
    public int Channels => Image.Shape[3];

    private int ReachedColumns => ((Output.Columns - 1) * Step) + ((Kernel.Columns - 1) * Dilation) + 1;

    private int RowPixels => IsPadded ? ReachedColumns : Image.Shape[2];

    private int RowLength => RowPixels * Channels;

    /// <summary>Offset of the window of every output pixel of a band, row after row, from that of its first.</summary>
    /// <typeparam name="TOffset">Integer type.</typeparam>
    /// <param name="offsets">An offset for every pixel.</param>
    /// <param name="unit">What a pixel of the image counts: its channels for offsets of elements.</param>
    public void FillPixelOffsets<TOffset>(Span<TOffset> offsets, int unit)
        where TOffset : IBinaryInteger<TOffset>
    {
        var (row, rowStep, step) = (TOffset.Zero, TOffset.CreateChecked((long)Step * RowPixels * unit), TOffset.CreateChecked(Step * unit));
        for (var at = 0; at < offsets.Length; row += rowStep)
        {
            var offset = row;
            for (var q = 0; q < Output.Columns; q++)
            {
                offsets[at++] = offset;
                offset += step;
            }
        }
    }

    /// <summary>Element offset of channel 0 at a tap from that at tap (0, 0).</summary>
    public int TapOffset(int ky, int kx) => checked((ky * Dilation * RowLength) + (kx * Dilation * Channels));

    /// <summary>Output rows in a band: few enough for the cache and for that many bands in all, and as even as possible.</summary>
    /// <param name="bands">Bands wanted over all images.</param>
    /// <param name="mostPixels">Output pixels that a band may have.</param>
    public int BandRows(int bands, int mostPixels)
    {
        var rowBytes = Math.Max(1, (long)Step * RowLength * sizeof(T));
        var fitting = IsPadded ? (BandBytes / rowBytes) - (((Kernel.Rows - 1) * Dilation) / Step) : long.MaxValue;
        var most = (int)Math.Clamp(Math.Min(fitting, mostPixels / Output.Columns), 1, Output.Rows);
        var perImage = Math.Min(Output.Rows, Math.Max((Output.Rows + most - 1) / most, (bands + Image.Shape[0] - 1) / Image.Shape[0]));
        return (Output.Rows + perImage - 1) / perImage;
    }

    /// <summary>Elements of a band's image.</summary>
    /// <param name="rows">Output rows in the band.</param>
    public int ReadLength(int rows) => checked(PaddedRows(rows) * RowLength);

    /// <summary>Elements that <see cref="Read"/> needs for a band's padded copy.</summary>
    /// <param name="rows">Output rows in the band.</param>
    public int BandLength(int rows) => IsPadded ? ReadLength(rows) : 0;

    /// <summary>Makes the window of output pixel (p, 0) of image n addressable, and those of the rows that follow.</summary>
    /// <param name="n">Image.</param>
    /// <param name="p">First output row of the band.</param>
    /// <param name="rows">Output rows in the band.</param>
    /// <param name="buffer">Room for the padded copy, <see cref="BandLength"/> elements.</param>
    /// <returns>Channel 0 of tap (0, 0).</returns>
    public T* Read(int n, int p, int rows, TensorView<T> buffer)
    {
        var (height, width, channels, rowLength) = (Image.Shape[1], Image.Shape[2], Channels, RowLength);
        if (!IsPadded)
        {
            return Image.Pointer + ((((nint)n * height) + ((nint)p * Step)) * width * channels);
        }

        var image = Image.Span.Slice(n * height * width * channels, height * width * channels);
        var padded = buffer.Span[..(PaddedRows(rows) * rowLength)];
        for (var from = (p * Step) - Before.Rows; !padded.IsEmpty; from++, padded = padded[rowLength..])
        {
            var row = padded[..rowLength];
            var (held, between) = Spacing == 1 ? (from, 0) : Math.DivRem(from, Spacing);
            if (from < 0 || between != 0 || held >= height)
            {
                row.Clear();
            }
            else
            {
                ReadRow(image.Slice(held * width * channels, width * channels), row, width, channels);
            }
        }

        return buffer.Pointer;
    }

    private int PaddedRows(int outputRows) => ((outputRows - 1) * Step) + ((Kernel.Rows - 1) * Dilation) + 1;

    private void ReadRow(ReadOnlySpan<T> source, Span<T> row, int width, int channels)
    {
        if (Spacing == 1)
        {
            var first = Math.Max(0, -Before.Columns);
            var lead = Math.Clamp(Before.Columns, 0, ReachedColumns);
            var held = Math.Clamp(width - first, 0, ReachedColumns - lead);
            row[..(lead * channels)].Clear();
            source.Slice(Math.Min(first, width) * channels, held * channels).CopyTo(row[(lead * channels)..]);
            row[((lead + held) * channels)..].Clear();
            return;
        }

        row.Clear();
        for (var q = 0; q < width; q++)
        {
            var w = (q * Spacing) + Before.Columns;
            if (w >= 0 && w < ReachedColumns)
            {
                source.Slice(q * channels, channels).CopyTo(row[(w * channels)..]);
            }
        }
    }
}
