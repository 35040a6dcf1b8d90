namespace SpikeSR.Reference.Imaging.Png;

/// <summary>Cuts a stream into IDAT chunks of 64 KiB.</summary>
internal sealed class PngImageDataWriter(PngChunkWriter chunks) : Stream
{
    private readonly byte[] _chunk = new byte[64 << 10];
    private int _length;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            var count = Math.Min(buffer.Length, _chunk.Length - _length);
            buffer[..count].CopyTo(_chunk.AsSpan(_length));
            _length += count;
            buffer = buffer[count..];
            if (_length == _chunk.Length)
            {
                FlushChunk();
            }
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <summary>Writes what has gathered as a chunk.</summary>
    public void FlushChunk()
    {
        if (_length > 0)
        {
            chunks.Write("IDAT"u8, _chunk.AsSpan(0, _length));
            _length = 0;
        }
    }

    // A chunk ends when it is full, not when the compressor says so.
    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
