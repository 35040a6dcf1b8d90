namespace SpikeSR.Reference.Imaging;

/// <summary>A file's bytes one by one, from a buffer.</summary>
internal class ByteInput(SourceFile file)
{
    private readonly byte[] _buffer = new byte[16 << 10];
    private int _next;
    private int _end;

    /// <summary>Names messages and gives limits.</summary>
    public SourceFile File => file;

    /// <summary>Bytes from here to the end of the file.</summary>
    public long Remaining => file.Remaining + _end - _next;

    /// <summary>The next byte; -1 at the end of the file.</summary>
    public int ReadByte()
    {
        if (_next == _end)
        {
            _next = 0;
            _end = file.Read(_buffer);
            if (_end == 0)
            {
                return -1;
            }
        }

        return _buffer[_next++];
    }

    /// <summary>The next byte, which has to be there.</summary>
    public int Require(string part)
    {
        var value = ReadByte();
        return value >= 0 ? value : throw file.Malformed(part, "the end of the file", "more bytes");
    }

    /// <summary>Reads exactly as many bytes as the span holds.</summary>
    public void ReadExactly(Span<byte> bytes, string part)
    {
        var buffered = Math.Min(bytes.Length, _end - _next);
        _buffer.AsSpan(_next, buffered).CopyTo(bytes);
        _next += buffered;
        if (buffered < bytes.Length)
        {
            file.ReadExactly(bytes[buffered..], part);
        }
    }
}
