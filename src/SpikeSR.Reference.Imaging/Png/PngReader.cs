using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace SpikeSR.Reference.Imaging.Png;

/// <summary>
/// Reads PNG: every colour type and depth, palettes (expanded) and transparent colours (expanded to alpha), interlaced or not. Grey of 1, 2
/// or 4 bits is scaled to 0..255. Chunks for animation are ignored, so the still image of an APNG is read.
/// Exif's orientation is applied where it comes before the pixels.
/// </summary>
internal sealed class PngReader : RowReader
{
    private readonly SourceFile _file;
    private readonly PngChunks _chunks;
    private readonly PngLayout _layout;
    private readonly PngColours _colours;
    private readonly InflateReader _data;
    private byte[] _line;
    private byte[] _above;
    private byte[]? _spread;
    private byte[]? _whole;

    private PngReader(SourceFile file, PngChunks chunks, PngLayout layout, PngColours colours, ImageHeader header)
        : base(header)
    {
        _file = file;
        _chunks = chunks;
        _layout = layout;
        _colours = colours;

        // One byte more for the filter in front of a line.
        _line = new byte[(int)layout.LineBytes(layout.Width) + 1];
        _above = new byte[_line.Length];
        _spread = layout.Depth < 8 ? new byte[header.Width * layout.Samples] : null;
        _data = new InflateReader(file, new PngImageData(chunks), "chunk IDAT");
    }

    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Reads everything before the pixels.</summary>
    public static RowReader Open(SourceFile file)
    {
        Span<byte> signature = stackalloc byte[8];
        file.ReadExactly(signature, "signature");
        if (!signature.SequenceEqual(Signature))
        {
            throw file.Malformed("signature", Convert.ToHexString(signature), Convert.ToHexString(Signature));
        }

        var chunks = new PngChunks(file);
        chunks.Next();
        if (chunks.Type != "IHDR")
        {
            throw file.Malformed("first chunk", chunks.Type, "IHDR");
        }

        var layout = PngLayout.Parse(file, chunks.ReadAll(13, 13));
        var colours = new PngColours(file, layout);
        var metadata = new PngMetadata(file);
        for (chunks.Next(); chunks.Type != "IDAT"; chunks.Next())
        {
            if (chunks.Type == "IEND")
            {
                throw file.Malformed("chunks", "IEND", "IDAT before it");
            }

            if (!colours.Take(chunks) && !metadata.Take(chunks) && !chunks.IsAncillary)
            {
                throw file.Malformed("chunks", $"{chunks.Type}, out of place or unknown, that must not be ignored", "IDAT or a chunk that may stand before it");
            }
        }

        colours.CheckComplete();
        CheckSize(file, layout);
        var header = new ImageHeader(layout.Width, layout.Height, colours.Channels, layout.Depth == 16 ? SampleKind.UInt16 : SampleKind.UInt8)
        {
            Alpha = colours.HasAlpha ? AlphaKind.Straight : AlphaKind.None,
            Metadata = metadata.Result,
        };
        return OrientedRowReader.Of(new PngReader(file, chunks, layout, colours, header), metadata.Orientation, file);
    }

    protected override void ReadRow(Span<float> row)
    {
        if (!_layout.Interlaced)
        {
            _colours.Convert(Spread(NextLine(_layout.Width), _layout.Width), row);
            return;
        }

        _whole ??= ReadPasses();
        var length = Header.Width * _layout.SpreadPixelBytes;
        _colours.Convert(_whole.AsSpan(NextRow * length, length), row);
    }

    protected override void Finish()
    {
        _data.ExpectEnd();
        for (var isAfterData = false; ; _chunks.Next())
        {
            // First what is left of the IDAT chunks, which hold nothing any more.
            isAfterData |= _chunks.Type != "IDAT";
            if (_chunks.Type == "IEND")
            {
                break;
            }

            if (isAfterData && (_chunks.Type == "IDAT" || !_chunks.IsAncillary))
            {
                throw _file.Malformed("chunks", $"{_chunks.Type} after the image data", "IEND or chunks that may be ignored");
            }
        }

        _chunks.ReadAll(0, 0);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _data.Dispose();
            _file.Dispose();
        }
    }

    private static void CheckSize(SourceFile file, PngLayout layout)
    {
        var inflated = layout.InflatedBytes();
        if (inflated > (decimal)file.Remaining * InflateReader.MaxExpansion)
        {
            throw file.Malformed("chunk IHDR", $"{layout.Width}x{layout.Height} pixels, {inflated} bytes", $"at most what {file.Remaining} compressed bytes can hold");
        }

        file.Limits.CheckPixels(file.Name, layout.Width, layout.Height);

        // Two lines, one with its samples spread, one of floats for the caller; and the whole image if it is interlaced.
        decimal row = (decimal)layout.Width * layout.SpreadPixelBytes;
        file.Limits.CheckBuffer(file.Name, layout.Interlaced ? "an interlaced PNG" : "a row", ((layout.Interlaced ? layout.Height : 0) + 19) * row);
    }

    // The next line of a pass, unfiltered; it stays valid until the next call.
    private Span<byte> NextLine(int columns)
    {
        (_line, _above) = (_above, _line);
        var line = _line.AsSpan(0, (int)_layout.LineBytes(columns) + 1);
        _data.ReadExactly(line);
        if (!PngFilter.Undo(line[0], line[1..], _above.AsSpan(1, line.Length - 1), _layout.PixelBytes))
        {
            throw _file.Malformed("chunk IDAT", $"filter {line[0]}", $"0 to {PngFilter.Count - 1}");
        }

        return line[1..];
    }

    // A line with each sample in a byte of its own, unscaled; the line itself at 8 and 16 bits.
    private Span<byte> Spread(Span<byte> line, int columns)
    {
        if (_spread is null)
        {
            return line;
        }

        var depth = _layout.Depth;
        var mask = (1 << depth) - 1;
        var spread = _spread.AsSpan(0, columns);
        for (var i = 0; i < spread.Length; i++)
        {
            // The first sample is in the highest bits.
            var bit = (long)i * depth;
            spread[i] = (byte)((line[(int)(bit >> 3)] >> (8 - depth - (int)(bit & 7))) & mask);
        }

        return spread;
    }

    private byte[] ReadPasses()
    {
        var pixel = _layout.SpreadPixelBytes;
        var whole = new byte[Header.Height * Header.Width * pixel];
        foreach (var pass in _layout.Passes)
        {
            var columns = pass.Columns(Header.Width);
            var lines = columns == 0 ? 0 : pass.Lines(Header.Height);
            _line.AsSpan().Clear();
            for (var line = 0; line < lines; line++)
            {
                var spread = Spread(NextLine(columns), columns);
                var target = whole.AsSpan((pass.Y + (line * pass.StepY)) * Header.Width * pixel, Header.Width * pixel);
                for (var column = 0; column < columns; column++)
                {
                    spread.Slice(column * pixel, pixel).CopyTo(target[((pass.X + (column * pass.StepX)) * pixel)..]);
                }
            }
        }

        return whole;
    }
}
