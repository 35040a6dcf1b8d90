using System.Buffers.Binary;

namespace SpikeSR.Reference.Imaging.Png;

/// <summary>The IHDR chunk: how pixels lie in the file.</summary>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
/// <param name="Depth">Bits of a stored sample or palette index.</param>
/// <param name="Colour">Colour type: 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGB and alpha.</param>
/// <param name="Interlaced">Adam7.</param>
internal readonly record struct PngLayout(int Width, int Height, int Depth, int Colour, bool Interlaced)
{
    /// <summary>Stored samples a pixel.</summary>
    public int Samples => Colour switch { 2 => 3, 4 => 2, 6 => 4, _ => 1 };

    /// <summary>Bytes of a pixel as filters see it, at least 1.</summary>
    public int PixelBytes => Math.Max(1, Samples * Depth / 8);

    /// <summary>Bytes of a pixel once each sample has a byte of its own (two at 16 bits).</summary>
    public int SpreadPixelBytes => Samples * (Depth == 16 ? 2 : 1);

    /// <summary>The image's only pass, or the seven of Adam7.</summary>
    public ReadOnlySpan<Adam7> Passes => Interlaced ? Adam7.Passes : new ReadOnlySpan<Adam7>(in Adam7.Whole);

    /// <summary>Bytes of a row of some columns, without the filter's byte.</summary>
    public long LineBytes(int columns) => (((long)columns * Samples * Depth) + 7) / 8;

    /// <summary>Bytes that the compressed data must inflate to.</summary>
    public decimal InflatedBytes()
    {
        decimal bytes = 0;
        foreach (var pass in Passes)
        {
            var columns = pass.Columns(Width);
            bytes += columns == 0 ? 0 : (decimal)pass.Lines(Height) * (1 + LineBytes(columns));
        }

        return bytes;
    }

    public static PngLayout Parse(SourceFile file, ReadOnlySpan<byte> chunk)
    {
        var width = BinaryPrimitives.ReadUInt32BigEndian(chunk);
        var height = BinaryPrimitives.ReadUInt32BigEndian(chunk[4..]);
        int depth = chunk[8], colour = chunk[9];
        if (width is 0 or > int.MaxValue || height is 0 or > int.MaxValue)
        {
            throw file.Malformed("chunk IHDR", $"{width}x{height} pixels", "1 to 2^31 - 1 each way");
        }

        var sound = colour switch
        {
            0 => depth is 1 or 2 or 4 or 8 or 16,
            3 => depth is 1 or 2 or 4 or 8,
            2 or 4 or 6 => depth is 8 or 16,
            _ => false,
        };
        if (!sound)
        {
            throw file.Malformed("chunk IHDR", $"colour type {colour} at {depth} bits", "a combination that PNG has");
        }

        if (chunk[10] != 0 || chunk[11] != 0 || chunk[12] > 1)
        {
            throw file.Malformed("chunk IHDR", $"compression {chunk[10]}, filters {chunk[11]}, interlacing {chunk[12]}", "0, 0 and 0 or 1");
        }

        return new PngLayout((int)width, (int)height, depth, colour, chunk[12] == 1);
    }
}
