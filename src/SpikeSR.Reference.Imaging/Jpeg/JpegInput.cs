namespace SpikeSR.Reference.Imaging.Jpeg;

/// <summary>Markers and their segments (ITU-T T.81, B.1.1).</summary>
internal sealed class JpegInput(SourceFile file) : ByteInput(file)
{
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
            throw File.Malformed(part, $"length {length}", "at least 2");
        }

        var segment = new byte[length - 2];
        ReadExactly(segment, part);
        return segment;
    }
}
