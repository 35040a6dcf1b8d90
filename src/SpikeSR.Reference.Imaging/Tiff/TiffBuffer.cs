namespace SpikeSR.Reference.Imaging.Tiff;

/// <summary>The stored bytes of a strip or tile one by one.</summary>
internal sealed class TiffBuffer
{
    private readonly byte[] _buffer = new byte[4096];
    private TiffChunkBytes? _bytes;
    private int _next;
    private int _end;

    /// <summary>Goes to the beginning of a strip or tile.</summary>
    public void Start(TiffChunkBytes bytes)
    {
        _bytes = bytes;
        _next = _end = 0;
    }

    /// <summary>Makes the exception for data that are wrong.</summary>
    public Serialization.MalformedFileException Malformed(string found, string expected) => _bytes!.Malformed(found, expected);

    /// <summary>The next byte, which has to be there.</summary>
    public byte ReadByte()
    {
        if (_next == _end)
        {
            _next = 0;
            _end = _bytes!.Read(_buffer);
            if (_end == 0)
            {
                throw Malformed("too little data", "as much as the image needs");
            }
        }

        return _buffer[_next++];
    }
}
