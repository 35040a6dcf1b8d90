namespace SpikeSR.Reference.Imaging.Jpeg;

/// <summary>
/// The bits of coded data (ITU-T T.81, F.2.2.5). 0xFF 0x00 stands for 0xFF; a marker ends the data. Bits past the end read as 0, and
/// <see cref="Check"/> finds out whether any were used.
/// </summary>
internal sealed class JpegBits(JpegInput input)
{
    private ulong _bits;
    private int _count;
    private int _padding;
    private int _marker;

    /// <summary>Throws if bits past the end of the data were used. Called once a block, which bounds what can go wrong before.</summary>
    public void Check()
    {
        if (_count < _padding)
        {
            throw input.File.Malformed("coded data", _marker > 0 ? $"marker FF{_marker:X2}" : "the end of the file", "more blocks before it");
        }
    }

    /// <summary>Forgets what is left of the current byte and goes to the marker after the data.</summary>
    /// <returns>The marker's second byte.</returns>
    public int TakeMarker()
    {
        var marker = _marker != 0 ? _marker : input.NextMarker();
        _bits = 0;
        _count = _padding = _marker = 0;
        return marker > 0 ? marker : throw input.File.Malformed("markers", "the end of the file", "EOI");
    }

    /// <summary>The next symbol of a Huffman code.</summary>
    public int Decode(HuffmanTable table)
    {
        Require(16);
        var entry = table.Look((int)(_bits >> (_count - 16)) & 0xFFFF);
        if (entry < 0)
        {
            throw input.File.Malformed("coded data", "bits that are no Huffman code", "a code of the table");
        }

        _count -= entry >> 8;
        return entry & 0xFF;
    }

    /// <summary>An unsigned number of up to 16 bits.</summary>
    public int Read(int bits)
    {
        Require(bits);
        _count -= bits;
        return (int)(_bits >> _count) & ((1 << bits) - 1);
    }

    /// <summary>A signed number of up to 16 bits: values with the highest bit clear stand for negative ones (T.81, F.2.2.1, EXTEND).</summary>
    public int ReadSigned(int bits)
    {
        if (bits == 0)
        {
            return 0;
        }

        var value = Read(bits);
        return value < 1 << (bits - 1) ? value - (1 << bits) + 1 : value;
    }

    private void Require(int bits)
    {
        if (_count >= bits)
        {
            return;
        }

        while (_count <= 56)
        {
            _bits = (_bits << 8) | NextByte();
            _count += 8;
        }
    }

    private byte NextByte()
    {
        if (_marker == 0)
        {
            var value = input.ReadByte();
            if (value is >= 0 and not 0xFF)
            {
                return (byte)value;
            }

            while (value == 0xFF)
            {
                value = input.ReadByte();
            }

            if (value == 0)
            {
                return 0xFF;
            }

            _marker = value;
        }

        _padding += 8;
        return 0;
    }
}
