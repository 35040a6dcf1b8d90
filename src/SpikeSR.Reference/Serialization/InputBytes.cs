using Microsoft.Win32.SafeHandles;

namespace SpikeSR.Reference.Serialization;

/// <summary>The bytes of a file that is read here and there: an open file, or memory. Safe to use from several threads.</summary>
internal sealed class InputBytes : IDisposable
{
    private readonly SafeFileHandle? _handle;
    private readonly ReadOnlyMemory<byte> _memory;

    public InputBytes(ReadOnlyMemory<byte> memory, string name) => (_memory, Name, Length) = (memory, name, memory.Length);

    private InputBytes(SafeFileHandle handle, string name, long length) => (_handle, Name, Length) = (handle, name, length);

    /// <summary>The name used in messages.</summary>
    public string Name { get; }

    /// <summary>Number of bytes.</summary>
    public long Length { get; }

    /// <summary>Opens a file; a folder or a pipe is refused.</summary>
    public static InputBytes Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
        {
            throw new MalformedFileException(path, "file", "a folder", "a file");
        }

        PlainFile.Check(path);
        var handle = File.OpenHandle(path, options: FileOptions.RandomAccess);
        try
        {
            return new InputBytes(handle, path, RandomAccess.GetLength(handle));
        }
        catch (NotSupportedException failure)
        {
            handle.Dispose();
            throw new MalformedFileException(path, "file", "a pipe or device", "a file that can be read at any place", failure);
        }
    }

    /// <summary>Bytes [offset, offset + count): a view where the file lies in memory, else a fresh array.</summary>
    public ReadOnlyMemory<byte> Read(long offset, int count)
    {
        if (_handle is null)
        {
            return _memory.Slice((int)offset, count);
        }

        var bytes = new byte[count];
        Read(offset, bytes);
        return bytes;
    }

    /// <summary>Fills the span from an offset.</summary>
    /// <exception cref="MalformedFileException">The file has become shorter than it was.</exception>
    public void Read(long offset, Span<byte> destination)
    {
        if (ReadUpTo(offset, destination) < destination.Length)
        {
            throw new MalformedFileException(Name, "file", $"an end before byte {offset + destination.Length}", $"{Length} bytes, as there were when it was opened");
        }
    }

    /// <summary>Fills the span from an offset; returns how many bytes there were.</summary>
    public int ReadUpTo(long offset, Span<byte> destination)
    {
        if (_handle is null)
        {
            var available = (int)Math.Clamp(Length - offset, 0, destination.Length);
            _memory.Span.Slice((int)Math.Min(offset, Length), available).CopyTo(destination);
            return available;
        }

        var filled = 0;
        while (filled < destination.Length)
        {
            var count = RandomAccess.Read(_handle, destination[filled..], offset + filled);
            if (count == 0)
            {
                break;
            }

            filled += count;
        }

        return filled;
    }

    public void Dispose() => _handle?.Dispose();
}
