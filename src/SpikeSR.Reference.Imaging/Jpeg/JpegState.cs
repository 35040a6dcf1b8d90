using System.Buffers.Binary;

namespace SpikeSR.Reference.Imaging.Jpeg;

/// <summary>What markers have said so far: tables, restart interval, colours, profile, density, orientation.</summary>
internal sealed class JpegState(SourceFile file)
{
    private readonly ushort[]?[] _steps = new ushort[4][];
    private readonly HuffmanTable?[] _tables = new HuffmanTable[8];
    private readonly SortedDictionary<int, byte[]> _profile = [];
    private int _profilePieces;

    /// <summary>MCUs between restart markers; 0 for none.</summary>
    public int RestartInterval { get; private set; }

    /// <summary>How to turn and mirror the image before it is shown, 1 to 8 as in Exif.</summary>
    public int Orientation { get; private set; } = 1;

    /// <summary>Size of a pixel.</summary>
    public PixelDensity? Density { get; private set; }

    private bool IsJfif { get; set; }

    private int? AdobeTransform { get; set; }

    /// <summary>Takes a marker with a segment that is neither a frame nor a scan.</summary>
    public void Take(int marker, ReadOnlySpan<byte> segment)
    {
        switch (marker)
        {
            case 0xDB:
                TakeQuantization(segment);
                break;
            case 0xC4:
                TakeHuffman(segment);
                break;
            case 0xDD:
                if (segment.Length != 2)
                {
                    throw file.Malformed("DRI", $"{segment.Length} bytes", "2");
                }

                RestartInterval = BinaryPrimitives.ReadUInt16BigEndian(segment);
                break;
            case 0xE0 when segment.Length >= 12 && segment.StartsWith("JFIF\0"u8):
                IsJfif = true;
                TakeDensity(segment);
                break;
            case 0xE1 when segment.StartsWith("Exif\0\0"u8):
                Orientation = ExifOrientation.Of(segment[6..]);
                break;
            case 0xE2 when segment.Length >= 14 && segment.StartsWith("ICC_PROFILE\0"u8):
                _profile[segment[12]] = segment[14..].ToArray();
                _profilePieces = segment[13];
                break;
            case 0xEE when segment.Length >= 12 && segment.StartsWith("Adobe"u8):
                AdobeTransform = segment[11];
                break;
        }
    }

    /// <summary>The table of a number, in natural order.</summary>
    public ushort[] QuantizationSteps(int table) => _steps[table] ?? throw file.Malformed("SOS", $"quantization table {table}", "one that DQT has defined");

    /// <summary>The table of a class (0 DC, 1 AC) and number.</summary>
    public HuffmanTable Code(int kind, int table) =>
        (table < 4 ? _tables[(kind * 4) + table] : null) ?? throw file.Malformed("SOS", $"Huffman table {table}", "one that DHT has defined");

    /// <summary>The ICC profile from its pieces; empty if there is none.</summary>
    public byte[] Profile()
    {
        if (_profile.Count > 0 && (_profile.Count != _profilePieces || _profile.First().Key != 1 || _profile.Last().Key != _profilePieces))
        {
            throw file.Malformed("ICC profile", $"{_profile.Count} of {_profilePieces} pieces", "all, numbered from 1");
        }

        return [.. _profile.Values.SelectMany(piece => piece)];
    }

    /// <summary>Whether three components are YCbCr rather than RGB; libjpeg guesses in the same way.</summary>
    public bool IsYcbcr(JpegFrame frame) => IsJfif || (AdobeTransform is { } transform
        ? transform != 0
        : !(frame.Components[0].Identifier == 'R' && frame.Components[1].Identifier == 'G' && frame.Components[2].Identifier == 'B'));

    private void TakeQuantization(ReadOnlySpan<byte> segment)
    {
        while (segment.Length > 0)
        {
            var (bytes, table) = ((segment[0] >> 4) + 1, segment[0] & 15);
            if (bytes > 2 || table > 3 || segment.Length < 1 + (64 * bytes))
            {
                throw file.Malformed("DQT", $"table {table} of {bytes} bytes a step in {segment.Length} bytes", "table 0 to 3, 64 steps of 1 or 2 bytes");
            }

            var steps = new ushort[64];
            for (var i = 0; i < 64; i++)
            {
                steps[JpegTables.NaturalOrder[i]] = bytes == 1 ? segment[1 + i] : BinaryPrimitives.ReadUInt16BigEndian(segment[(1 + (2 * i))..]);
            }

            _steps[table] = steps;
            segment = segment[(1 + (64 * bytes))..];
        }
    }

    private void TakeHuffman(ReadOnlySpan<byte> segment)
    {
        while (segment.Length > 0)
        {
            var (kind, number) = (segment[0] >> 4, segment[0] & 15);
            var count = 0;
            for (var i = 1; i <= 16 && i < segment.Length; i++)
            {
                count += segment[i];
            }

            if (kind > 1 || number > 3 || count > 256 || segment.Length < 17 + count
                || HuffmanTable.Build(segment.Slice(1, 16), segment.Slice(17, count)) is not { } table)
            {
                throw file.Malformed("DHT", $"class {kind}, table {number}, {count} codes in {segment.Length} bytes", "class 0 or 1, table 0 to 3, lengths that make a code");
            }

            _tables[(kind * 4) + number] = table;
            segment = segment[(17 + count)..];
        }
    }

    // Version, unit (1 inch, 2 centimetre), density across and down.
    private void TakeDensity(ReadOnlySpan<byte> segment)
    {
        var x = BinaryPrimitives.ReadUInt16BigEndian(segment[8..]);
        var y = BinaryPrimitives.ReadUInt16BigEndian(segment[10..]);
        var perMetre = segment[7] switch { 1 => 1 / 0.0254, 2 => 100, _ => 1.0 };
        Density = x == 0 || y == 0 ? null : new PixelDensity(x * perMetre, y * perMetre, IsPhysical: segment[7] is 1 or 2);
    }
}
