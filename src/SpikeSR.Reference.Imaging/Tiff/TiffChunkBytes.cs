namespace SpikeSR.Reference.Imaging.Tiff;

/// <summary>The stored bytes of one strip or tile. Several may be read in turns: each keeps its own place in the file.</summary>
internal sealed class TiffChunkBytes(SourceFile file, string part, long offset, long count) : CompressedBytes
{
    private long _position = offset;
    private long _left = count;

    /// <summary>The file, for messages.</summary>
    public SourceFile File => file;

    /// <summary>Which strip or tile this is, for messages.</summary>
    public string Part => part;

    /// <summary>Makes the exception for data that are wrong.</summary>
    public Serialization.MalformedFileException Malformed(string found, string expected) => file.Malformed(part, found, expected);

    protected override int Take(Span<byte> buffer)
    {
        var wanted = (int)Math.Min(buffer.Length, _left);
        if (wanted == 0)
        {
            return 0;
        }

        file.Position = _position;
        var taken = file.Read(buffer[..wanted]);
        _position += taken;
        _left -= taken;
        return taken;
    }
}
