using System.Buffers.Binary;

namespace SpikeSR.Reference.Serialization;

/// <summary>
/// A safetensors file: an 8-byte little-endian header length, a JSON header, then the tensors' bytes, row-major and little-endian,
/// side by side without a hole. Everything the header says is checked before a tensor's memory is taken.
/// </summary>
public sealed class SafetensorsFile : StateDictFile
{
    /// <summary>The longest header that the format allows, in bytes.</summary>
    internal const int LongestHeader = 100_000_000;

    private SafetensorsFile(InputBytes bytes, OrderedDictionary<string, string> metadata, OrderedDictionary<string, StoredTensor> tensors)
        : base(bytes, metadata, tensors)
    {
    }

    /// <summary>Opens a safetensors file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="MalformedFileException">It breaks the format, or has an element type other than <see cref="ElementType"/>'s.</exception>
    /// <exception cref="IOException">It is missing or cannot be read.</exception>
    public static new SafetensorsFile Open(string path) => OpenOrClose(InputBytes.Open(path), Read);

    /// <summary>Opens a safetensors file that lies in memory.</summary>
    /// <param name="bytes">The whole file; must not change while it is open.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <exception cref="MalformedFileException">It breaks the format, or has an element type other than <see cref="ElementType"/>'s.</exception>
    public static new SafetensorsFile Open(ReadOnlyMemory<byte> bytes, string name) => OpenOrClose(new InputBytes(bytes, name), Read);

    internal static SafetensorsFile Read(InputBytes bytes)
    {
        const int lengthBytes = sizeof(ulong);
        if (bytes.Length < lengthBytes)
        {
            throw new MalformedFileException(bytes.Name, "file", $"{bytes.Length} bytes", "at least the 8 bytes of the header length");
        }

        var headerLength = BinaryPrimitives.ReadUInt64LittleEndian(bytes.Read(0, lengthBytes).Span);
        var longest = Math.Min(LongestHeader, bytes.Length - lengthBytes);
        if (headerLength > (ulong)longest)
        {
            throw new MalformedFileException(bytes.Name, "header length", $"{headerLength} bytes", $"at most {longest}");
        }

        var dataStart = lengthBytes + (long)headerLength;
        var header = SafetensorsHeader.Parse(bytes.Name, bytes.Read(lengthBytes, (int)headerLength).Span);
        header.CheckLayout(bytes.Length - dataStart);
        var tensors = new OrderedDictionary<string, StoredTensor>();
        foreach (var (name, entry) in header.Tensors)
        {
            tensors.Add(name, new StoredTensor(bytes.Name, name, entry.Type, entry.Extents, elements => bytes.Read(dataStart + entry.Begin, elements)));
        }

        return new SafetensorsFile(bytes, header.Metadata, tensors);
    }
}
