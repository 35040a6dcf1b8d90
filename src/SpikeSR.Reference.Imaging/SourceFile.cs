using SpikeSR.Reference.Serialization;

namespace SpikeSR.Reference.Imaging;

/// <summary>The bytes that a decoder reads, with the name that its messages give and the limits that it obeys.</summary>
internal sealed class SourceFile : IDisposable
{
    private readonly Stream _stream;

    public SourceFile(Stream stream, string name, ImageLimits limits)
    {
        if (!stream.CanSeek)
        {
            throw new ArgumentException($"{name}: found a pipe, expected a file that can be read at any place", nameof(stream));
        }

        _stream = stream;
        Name = name;
        Limits = limits;
        Length = stream.Length;
    }

    public string Name { get; }

    public ImageLimits Limits { get; }

    public long Length { get; }

    public long Position
    {
        get => _stream.Position;
        set => _stream.Position = value;
    }

    /// <summary>Bytes from here to the end of the file.</summary>
    public long Remaining => Length - Position;

    /// <summary>Makes the one exception for a file that is wrong.</summary>
    public MalformedFileException Malformed(string part, string found, string expected) => new(Name, part, found, expected);

    /// <summary>Reads up to a number of bytes; 0 at the end of the file.</summary>
    public int Read(Span<byte> bytes) => _stream.Read(bytes);

    /// <summary>Reads a byte; -1 at the end of the file.</summary>
    public int ReadByte() => _stream.ReadByte();

    /// <summary>Reads exactly as many bytes as the span holds.</summary>
    public void ReadExactly(Span<byte> bytes, string part)
    {
        if (_stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
        {
            throw Malformed(part, "the end of the file", "more bytes");
        }
    }

    public void Dispose() => _stream.Dispose();
}
