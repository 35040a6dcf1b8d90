using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Serialization;

/// <summary>
/// Collects tensors and texts and writes them as a safetensors file. The same calls give the same bytes: the header lists tensors and
/// texts in the order they were added and is padded with spaces to a multiple of 8; the data follows in the same order.
/// </summary>
public sealed class SafetensorsWriter
{
    private readonly OrderedDictionary<string, string> _metadata = [];
    private readonly OrderedDictionary<string, (ElementType Type, Shape Shape, byte[] Bytes)> _tensors = [];

    /// <summary>Adds a text to the header's metadata.</summary>
    /// <param name="key">A key not used before.</param>
    /// <param name="value">Any text.</param>
    /// <exception cref="ArgumentException">The key is taken, or a text is not valid UTF-16.</exception>
    public void AddMetadata(string key, string value)
    {
        CheckText(key, nameof(key));
        CheckText(value, nameof(value));
        Guard.That(_metadata.TryAdd(key, value), $"metadata '{MalformedFileException.Printable(key)}' was added before", nameof(key));
    }

    /// <summary>Adds a tensor as F64. The elements are copied.</summary>
    /// <param name="name">A name not used before.</param>
    /// <param name="shape">Extents, outermost first.</param>
    /// <param name="values">Elements in row-major order; as many as the shape holds.</param>
    /// <exception cref="ArgumentException">The name is taken or not valid UTF-16, or the number of elements differs from the shape's.</exception>
    public void Add(string name, Shape shape, ReadOnlySpan<double> values) => Add(name, shape, ElementType.F64, values);

    /// <summary>Adds a tensor as F32. The elements are copied.</summary>
    /// <inheritdoc cref="Add(string, Shape, ReadOnlySpan{double})"/>
    public void Add(string name, Shape shape, ReadOnlySpan<float> values) => Add(name, shape, ElementType.F32, values);

    /// <summary>Adds a tensor as I64. The elements are copied.</summary>
    /// <inheritdoc cref="Add(string, Shape, ReadOnlySpan{double})"/>
    public void Add(string name, Shape shape, ReadOnlySpan<long> values) => Add(name, shape, ElementType.I64, values);

    /// <summary>Adds a tensor as I32. The elements are copied.</summary>
    /// <inheritdoc cref="Add(string, Shape, ReadOnlySpan{double})"/>
    public void Add(string name, Shape shape, ReadOnlySpan<int> values) => Add(name, shape, ElementType.I32, values);

    /// <summary>Adds a tensor as BOOL. The elements are copied.</summary>
    /// <inheritdoc cref="Add(string, Shape, ReadOnlySpan{double})"/>
    public void Add(string name, Shape shape, ReadOnlySpan<bool> values) => Add(name, shape, ElementType.BOOL, values);

    /// <summary>Writes the file beside its place and renames it there; a failure leaves what was there before.</summary>
    /// <param name="path">Where the file shall be.</param>
    /// <exception cref="InvalidOperationException">The header would pass 100 MB, the format's limit.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Write(string path) => AtomicFile.Write(path, Write);

    /// <summary>Writes the file's bytes.</summary>
    /// <param name="stream">Where to.</param>
    /// <exception cref="InvalidOperationException">The header would pass 100 MB, the format's limit.</exception>
    public void Write(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!BitConverter.IsLittleEndian)
        {
            throw new PlatformNotSupportedException("weights are stored little-endian, and this machine is not");
        }

        var header = Header();
        Span<byte> length = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach (var (_, tensor) in _tensors)
        {
            stream.Write(tensor.Bytes);
        }
    }

    private static void CheckText(string text, string parameter)
    {
        ArgumentNullException.ThrowIfNull(text, parameter);
        Guard.That(text.AsSpan().IndexOfAnyInRange('\ud800', '\udfff') < 0 || IsWellFormed(text), "half a surrogate pair", parameter);
    }

    private static bool IsWellFormed(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && !(i + 1 < text.Length && char.IsSurrogatePair(text[i], text[++i])))
            {
                return false;
            }
        }

        return true;
    }

    private byte[] Header()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            if (_metadata.Count > 0)
            {
                json.WriteStartObject(SafetensorsHeader.MetadataName);
                foreach (var (key, value) in _metadata)
                {
                    json.WriteString(key, value);
                }

                json.WriteEndObject();
            }

            long begin = 0;
            foreach (var (name, (type, shape, bytes)) in _tensors)
            {
                json.WriteStartObject(name);
                json.WriteString("dtype", type.ToString());
                json.WriteStartArray("shape");
                foreach (var extent in shape.ToArray())
                {
                    json.WriteNumberValue(extent);
                }

                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(begin);
                json.WriteNumberValue(begin + bytes.Length);
                json.WriteEndArray();
                json.WriteEndObject();
                begin += bytes.Length;
            }

            json.WriteEndObject();
        }

        var length = (buffer.WrittenCount + 7) / 8 * 8;
        if (length > SafetensorsFile.LongestHeader)
        {
            throw new InvalidOperationException($"the header takes {length} bytes, and the format allows {SafetensorsFile.LongestHeader}");
        }

        var header = new byte[length];
        buffer.WrittenSpan.CopyTo(header);
        header.AsSpan(buffer.WrittenCount).Fill((byte)' ');
        return header;
    }

    private void Add<T>(string name, Shape shape, ElementType type, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        CheckText(name, nameof(name));
        var printable = MalformedFileException.Printable(name);
        Guard.That(name != SafetensorsHeader.MetadataName, $"{printable} is the format's own name", nameof(name));
        Guard.That(values.Length == shape.Length, $"{values.Length} elements for shape {shape} of tensor '{printable}'", nameof(values));
        Guard.That(_tensors.TryAdd(name, (type, shape, MemoryMarshal.AsBytes(values).ToArray())), $"tensor '{printable}' was added before", nameof(name));
    }
}
