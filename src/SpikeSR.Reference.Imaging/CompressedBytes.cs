namespace SpikeSR.Reference.Imaging;

/// <summary>Bytes on their way into a decompressor. It remembers whether more were asked for than there are.</summary>
internal abstract class CompressedBytes : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>True once a read came to the end. A decompressor that is content with what it got never reads that far.</summary>
    public bool IsExhausted { get; private set; }

    public override int Read(Span<byte> buffer)
    {
        var count = Take(buffer);
        IsExhausted |= count == 0;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <summary>Gives the next bytes; 0 at the end.</summary>
    protected abstract int Take(Span<byte> buffer);
}
