using System.Buffers.Binary;

namespace SpikeSR.Reference.Imaging.Png;

/// <summary>From stored samples to channels: palette, scale of small depths, transparent colours (chunks PLTE and tRNS).</summary>
internal sealed class PngColours(SourceFile file, PngLayout layout)
{
    private byte[]? _palette;
    private byte[]? _transparency;
    private bool _isTaken;

    /// <summary>True where a pixel has opacity.</summary>
    public bool HasAlpha => layout.Colour is 4 or 6 || _transparency is not null;

    /// <summary>Channels of a pixel after expansion.</summary>
    public int Channels => (layout.Colour is 0 or 4 ? 1 : 3) + (HasAlpha ? 1 : 0);

    /// <summary>Takes the current chunk if it is about colours.</summary>
    public bool Take(PngChunks chunks)
    {
        switch (chunks.Type)
        {
            case "PLTE" when !_isTaken && _transparency is null && layout.Colour is 2 or 3 or 6:
                _isTaken = true;
                var entries = chunks.ReadAll(3, 3 * 256);
                if (entries.Length % 3 != 0)
                {
                    throw file.Malformed("chunk PLTE", $"{entries.Length} bytes", "a multiple of 3");
                }

                // In RGB images it only suggests how to reduce colours.
                _palette = layout.Colour == 3 ? entries : null;
                return true;
            case "tRNS" when _transparency is null && layout.Colour is 0 or 2:
                var bytes = layout.Colour == 0 ? 2 : 6;
                _transparency = chunks.ReadAll(bytes, bytes);
                return true;
            case "tRNS" when _transparency is null && _palette is not null:
                _transparency = chunks.ReadAll(0, _palette.Length / 3);
                return true;
            case "tRNS":
                throw file.Malformed("chunk tRNS", "a second one, or one before the palette or beside an alpha channel", "none");
            default:
                return false;
        }
    }

    /// <summary>Throws if a chunk is missing.</summary>
    public void CheckComplete()
    {
        if (layout.Colour == 3 && _palette is null)
        {
            throw file.Malformed("chunks", "IDAT", "PLTE before it, because pixels are indices into it");
        }
    }

    /// <summary>Converts a row.</summary>
    /// <param name="stored">[width, stored samples], a byte each, two big-endian bytes at 16 bits.</param>
    /// <param name="row">[width, channels].</param>
    public void Convert(ReadOnlySpan<byte> stored, Span<float> row)
    {
        if (_palette is not null)
        {
            FromPalette(stored, row);
        }
        else if (_transparency is not null)
        {
            WithTransparentColour(stored, row);
        }
        else if (layout.Depth == 16)
        {
            for (var i = 0; i < row.Length; i++)
            {
                row[i] = BinaryPrimitives.ReadUInt16BigEndian(stored[(2 * i)..]);
            }
        }
        else
        {
            var scale = Scale;
            for (var i = 0; i < row.Length; i++)
            {
                row[i] = stored[i] * scale;
            }
        }
    }

    // 255, 85, 17 or 1: small depths fill 0..255.
    private int Scale => layout.Depth >= 8 ? 1 : 255 / ((1 << layout.Depth) - 1);

    private void FromPalette(ReadOnlySpan<byte> stored, Span<float> row)
    {
        var palette = _palette!;
        var channels = Channels;
        for (var x = 0; x < layout.Width; x++)
        {
            var entry = stored[x];
            if (entry >= palette.Length / 3)
            {
                throw file.Malformed("chunk IDAT", $"palette index {entry}", $"at most {(palette.Length / 3) - 1}");
            }

            var pixel = row.Slice(x * channels, channels);
            pixel[0] = palette[3 * entry];
            pixel[1] = palette[(3 * entry) + 1];
            pixel[2] = palette[(3 * entry) + 2];
            if (_transparency is { } transparency)
            {
                pixel[3] = entry < transparency.Length ? transparency[entry] : byte.MaxValue;
            }
        }
    }

    private void WithTransparentColour(ReadOnlySpan<byte> stored, Span<float> row)
    {
        var colours = layout.Samples;
        var scale = Scale;
        var opaque = layout.Depth == 16 ? ushort.MaxValue : byte.MaxValue;
        for (var x = 0; x < layout.Width; x++)
        {
            var isTransparent = true;
            for (var c = 0; c < colours; c++)
            {
                var i = (x * colours) + c;
                int sample = layout.Depth == 16 ? BinaryPrimitives.ReadUInt16BigEndian(stored[(2 * i)..]) : stored[i];
                isTransparent &= sample == BinaryPrimitives.ReadUInt16BigEndian(_transparency.AsSpan(2 * c));
                row[(x * (colours + 1)) + c] = sample * scale;
            }

            row[(x * (colours + 1)) + colours] = isTransparent ? 0 : opaque;
        }
    }
}
