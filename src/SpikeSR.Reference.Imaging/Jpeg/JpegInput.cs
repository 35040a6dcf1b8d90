namespace SpikeSR.Reference.Imaging.Jpeg;

/// <summary>A file's bytes one by one, for markers and coded data alike.</summary>
internal sealed class JpegInput(SourceFile file)
{
    private readonly byte[] _buffer = new byte[16 << 10];
    private int _next;
    private int _end;

    /// <summary>Names messages and gives limits.</summary>
    public SourceFile File => file;

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

    /// <summary>Skips bytes until a marker and gives its second byte. Damaged files may have anything in between; libjpeg skips it too.</summary>
    public int NextMarker()
    {
        while (true)
        {
            var value = Require("markers");
            if (value != 0xFF)
            {
                continue;
            }

            // Any number of 0xFF may stand before a marker; 0xFF 0x00 is none.
            do
            {
                value = Require("markers");
            }
            while (value == 0xFF);

            if (value != 0)
            {
                return value;
            }
        }
    }

    /// <summary>The content of a marker's segment, whose length comes first.</summary>
    public byte[] ReadSegment(string part)
    {
        var length = (Require(part) << 8) | Require(part);
        if (length < 2)
        {
            throw file.Malformed(part, $"length {length}", "at least 2");
        }

        var segment = new byte[length - 2];
        for (var i = 0; i < segment.Length; i++)
        {
            segment[i] = (byte)Require(part);
        }

        return segment;
    }

    private int Require(string part)
    {
        var value = ReadByte();
        return value >= 0 ? value : throw file.Malformed(part, "the end of the file", "more bytes");
    }
}
