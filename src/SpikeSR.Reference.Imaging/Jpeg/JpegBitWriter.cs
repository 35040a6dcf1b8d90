namespace SpikeSR.Reference.Imaging.Jpeg;

/// <summary>Writes bits, the highest first, and a zero after each byte 0xFF.</summary>
internal sealed class JpegBitWriter(Stream stream)
{
    private readonly byte[] _buffer = new byte[16 << 10];
    private ulong _bits;
    private int _count;
    private int _length;

    /// <summary>Writes the lowest bits of a value.</summary>
    public void Write(int value, int bits)
    {
        _bits = (_bits << bits) | (uint)(value & ((1 << bits) - 1));
        for (_count += bits; _count >= 8; _count -= 8)
        {
            WriteByte((byte)(_bits >> (_count - 8)));
        }
    }

    /// <summary>Fills the last byte with ones and gives everything to the stream.</summary>
    public void Flush()
    {
        if (_count > 0)
        {
            Write(0x7F, 8 - _count);
        }

        stream.Write(_buffer, 0, _length);
        _length = 0;
    }

    private void WriteByte(byte value)
    {
        if (_length + 2 > _buffer.Length)
        {
            stream.Write(_buffer, 0, _length);
            _length = 0;
        }

        _buffer[_length++] = value;
        if (value == 0xFF)
        {
            _buffer[_length++] = 0;
        }
    }
}
