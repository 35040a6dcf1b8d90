using System.IO.Compression;

namespace SpikeSR.Reference.Serialization;

/// <summary>
/// The zip file around a checkpoint. Before an entry's memory is taken, its declared size is held against its bytes: deflate expands
/// at most 1032 to 1, and no entries share bytes. Whole entries are read, and their checksums compared. Safe to use from several threads.
/// </summary>
internal sealed class ZipContainer : IDisposable
{
    private const int LargestDirectory = 16 << 20;
    private const int LargestExpansion = 1032;

    private readonly string _file;
    private readonly ZipArchive _archive;
    private readonly Dictionary<string, ZipArchiveEntry> _entries = [];
    private readonly Lock _gate = new();

    public ZipContainer(InputBytes bytes)
    {
        _file = bytes.Name;
        var stream = new InputStream(bytes) { Budget = LargestDirectory };
        _archive = Guarded("zip directory", () => new ZipArchive(stream, ZipArchiveMode.Read));
        var entries = Guarded("zip directory", () => _archive.Entries);
        stream.Budget = long.MaxValue;
        long remaining = bytes.Length;
        foreach (var entry in entries)
        {
            if (!_entries.TryAdd(entry.FullName, entry))
            {
                throw new MalformedFileException(_file, $"zip entry '{entry.FullName}'", "the name twice", "once");
            }

            remaining -= entry.CompressedLength;
            if (entry.CompressedLength < 0 || remaining < 0)
            {
                throw new MalformedFileException(_file, $"zip entry '{entry.FullName}'", "more stored bytes than the file has", $"at most {bytes.Length} in all");
            }

            if (entry.Length < 0 || entry.Length > (Int128)entry.CompressedLength * LargestExpansion)
            {
                throw new MalformedFileException(
                    _file, $"zip entry '{entry.FullName}'", $"{entry.Length} bytes from {entry.CompressedLength}", $"at most {LargestExpansion} to 1");
            }
        }
    }

    public IEnumerable<string> Names => _entries.Keys;

    /// <summary>An entry's declared size, or -1 where there is no such entry.</summary>
    public long LengthOf(string name) => _entries.TryGetValue(name, out var entry) ? entry.Length : -1;

    /// <summary>Reads a whole entry of at most so many bytes.</summary>
    public byte[] Read(string name, int most)
    {
        var part = $"zip entry '{name}'";
        var entry = _entries[name];
        if (entry.Length > most)
        {
            throw new MalformedFileException(_file, part, $"{entry.Length} bytes", $"at most {most}");
        }

        if (entry.IsEncrypted)
        {
            throw new MalformedFileException(_file, part, "encryption", "plain bytes");
        }

        var bytes = new byte[entry.Length];
        var extra = new byte[1];
        var (count, more) = Guarded(part, () =>
        {
            lock (_gate)
            {
                using var stream = entry.Open();
                return (stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false), stream.Read(extra));
            }
        });
        if (count != bytes.Length || more != 0)
        {
            throw new MalformedFileException(_file, part, more > 0 ? "more bytes than declared" : $"{count} bytes", $"{bytes.Length}, as its header says");
        }

        var checksum = Crc32.Of(bytes);
        return checksum == entry.Crc32
            ? bytes
            : throw new MalformedFileException(_file, part, $"bytes with checksum {checksum:x8}", $"{entry.Crc32:x8}, as its header says");
    }

    public void Dispose() => _archive.Dispose();

    private T Guarded<T>(string part, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception failure) when (failure is InvalidDataException or EndOfStreamException or NotSupportedException)
        {
            throw new MalformedFileException(_file, part, "a broken zip structure", "a zip file as torch.save writes it", failure);
        }
    }
}
