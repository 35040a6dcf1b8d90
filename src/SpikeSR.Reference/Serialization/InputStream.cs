namespace SpikeSR.Reference.Serialization;

/// <summary>A read-only stream over <see cref="InputBytes"/>, for the zip reader. It can be told how many bytes it may still give.</summary>
internal sealed class InputStream(InputBytes bytes) : Stream
{
    /// <summary>Bytes that may still be read before the file is refused: what a reader takes in, it keeps in memory.</summary>
    public long Budget { get; set; } = long.MaxValue;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => bytes.Length;

    public override long Position { get; set; }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        var count = bytes.ReadUpTo(Position, buffer);
        Position += count;
        Budget -= count;
        return Budget >= 0 ? count : throw new MalformedFileException(bytes.Name, "zip directory", "too many entries", "a directory of at most 16 MiB");
    }

    public override long Seek(long offset, SeekOrigin origin)
    {
        var start = origin switch { SeekOrigin.Begin => 0, SeekOrigin.Current => Position, _ => Length };
        return Position = start + offset is >= 0 and var position ? position : throw new IOException("a seek before the start");
    }

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
