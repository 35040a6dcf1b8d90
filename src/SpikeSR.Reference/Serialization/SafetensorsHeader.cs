using System.Text.Json;
using System.Text.Unicode;

namespace SpikeSR.Reference.Serialization;

/// <summary>
/// What a safetensors header says: <c>{"__metadata__": {TEXT: TEXT}, NAME: {"dtype": TYPE, "shape": [N, ...], "data_offsets": [BEGIN, END]}}</c>.
/// </summary>
internal sealed class SafetensorsHeader
{
    public const string MetadataName = "__metadata__";

    private readonly string _file;

    private SafetensorsHeader(string file) => _file = file;

    /// <summary>Where a tensor lies; offsets count from the end of the header.</summary>
    public sealed record Entry(string Name, ElementType Type, long[] Extents, long Begin, long End);

    public OrderedDictionary<string, string> Metadata { get; } = [];

    public OrderedDictionary<string, Entry> Tensors { get; } = [];

    public static SafetensorsHeader Parse(string file, ReadOnlySpan<byte> json)
    {
        // The reader itself takes broken UTF-8 within strings, and the format allows no space before the object.
        if (!Utf8.IsValid(json))
        {
            throw new MalformedFileException(file, "header", "bytes that are not UTF-8", "UTF-8");
        }

        if (json.IsEmpty || json[0] != '{')
        {
            throw new MalformedFileException(file, "header", json.IsEmpty ? "no bytes" : $"first byte 0x{json[0]:x2}", "a JSON object");
        }

        var header = new SafetensorsHeader(file);
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 4 });
        try
        {
            header.Parse(ref reader);
        }
        catch (JsonException failure)
        {
            var place = $"line {failure.LineNumber + 1}, byte {failure.BytePositionInLine + 1}";
            throw new MalformedFileException(file, "header", $"text that is not JSON of the format at {place}", "a JSON object of tensors", failure);
        }

        return header;
    }

    /// <summary>Checks that the tensors, by offset, fill the data from its first byte to its last, with neither holes nor overlaps.</summary>
    public void CheckLayout(long dataLength)
    {
        long end = 0;
        var entries = Tensors.Values.ToArray();
        Array.Sort(entries, (left, right) => (left.Begin, left.End).CompareTo((right.Begin, right.End)));
        foreach (var entry in entries)
        {
            if (entry.Begin != end)
            {
                throw Refuse(entry.Name, $"data from byte {entry.Begin}", $"from byte {end}, where the tensor before it ends");
            }

            if (entry.End > dataLength)
            {
                throw Refuse(entry.Name, $"data up to byte {entry.End}", $"at most {dataLength}, the bytes after the header");
            }

            end = entry.End;
        }

        if (end != dataLength)
        {
            throw new MalformedFileException(_file, "data", $"{dataLength} bytes", $"{end}, as the header says");
        }
    }

    private void Parse(ref Utf8JsonReader reader)
    {
        var hasMetadata = false;
        reader.Read();
        while (NextName(ref reader) is { } name)
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                throw Refuse(name, Describe(reader.TokenType), "an object");
            }

            if (name == MetadataName)
            {
                if (hasMetadata)
                {
                    throw new MalformedFileException(_file, "header", $"{MetadataName} twice", "once");
                }

                hasMetadata = true;
                ParseMetadata(ref reader);
            }
            else if (!Tensors.TryAdd(name, ParseEntry(name, ref reader)))
            {
                throw Refuse(name, "the name twice", "once");
            }
        }

        // After the object only white space may come: anything else is an exception here.
        reader.Read();
    }

    private void ParseMetadata(ref Utf8JsonReader reader)
    {
        while (NextName(ref reader) is { } key)
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
            {
                throw new MalformedFileException(_file, $"metadata '{key}'", Describe(reader.TokenType), "a text");
            }

            if (!Metadata.TryAdd(key, Text(ref reader)))
            {
                throw new MalformedFileException(_file, $"metadata '{key}'", "the key twice", "once");
            }
        }
    }

    private Entry ParseEntry(string name, ref Utf8JsonReader reader)
    {
        ElementType? type = null;
        long[]? extents = null, offsets = null;
        while (NextName(ref reader) is { } field)
        {
            reader.Read();
            switch (field)
            {
                case "dtype" when type is null:
                    type = ParseType(name, ref reader);
                    break;
                case "shape" when extents is null:
                    extents = ParseNumbers(name, field, ref reader, StoredTensor.MaximumRank);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ParseNumbers(name, field, ref reader, 2);
                    break;
                default:
                    throw Refuse(name, $"field '{field}'", "dtype, shape and data_offsets, once each");
            }
        }

        if (type is null || extents is null || offsets is not [var begin, var end])
        {
            throw Refuse(name, "an incomplete entry", "dtype, shape and two data_offsets");
        }

        var count = StoredTensor.CountElements(extents);
        if (count < 0)
        {
            throw Refuse(name, $"shape [{string.Join(", ", extents)}]", "at most 2^63 - 1 elements");
        }

        if (Math.BigMul(count, (long)type.Value.Size(), out var size) != 0 || begin > end || end - begin != size)
        {
            throw RefuseOffsets(name, type.Value, extents, begin, end);
        }

        return new Entry(name, type.Value, extents, begin, end);
    }

    private MalformedFileException RefuseOffsets(string name, ElementType type, long[] extents, long begin, long end) =>
        Refuse(name, $"data_offsets [{begin}, {end}]", $"{(Int128)StoredTensor.CountElements(extents) * type.Size()} bytes for {type} [{string.Join(", ", extents)}]");

    private ElementType ParseType(string name, ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            throw Refuse(name, $"dtype that is {Describe(reader.TokenType)}", "a text");
        }

        var text = Text(ref reader);
        return text switch
        {
            "F64" => ElementType.F64,
            "F32" => ElementType.F32,
            "F16" => ElementType.F16,
            "BF16" => ElementType.BF16,
            "I64" => ElementType.I64,
            "I32" => ElementType.I32,
            "I16" => ElementType.I16,
            "I8" => ElementType.I8,
            "U8" => ElementType.U8,
            "BOOL" => ElementType.BOOL,
            _ => throw Refuse(name, $"dtype '{text}'", "F64, F32, F16, BF16, I64, I32, I16, I8, U8 or BOOL"),
        };
    }

    private long[] ParseNumbers(string name, string field, ref Utf8JsonReader reader, int most)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw Refuse(name, $"{field} that is {Describe(reader.TokenType)}", "an array");
        }

        Span<long> numbers = stackalloc long[most];
        var count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var number) || number < 0)
            {
                throw Refuse(name, $"{field} with an item that is no count", "whole numbers from 0 to 2^63 - 1");
            }

            if (count == most)
            {
                throw Refuse(name, $"{field} of more than {most} numbers", $"at most {most}");
            }

            numbers[count++] = number;
        }

        return numbers[..count].ToArray();
    }

    /// <summary>The next property's name, or null at the object's end.</summary>
    private string? NextName(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.EndObject ? null : Text(ref reader);
    }

    private string Text(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException failure)
        {
            throw new MalformedFileException(_file, "header", "half a surrogate pair in a text", "whole characters", failure);
        }
    }

    private MalformedFileException Refuse(string name, string found, string expected) => new(_file, $"tensor '{name}'", found, expected);

    private static string Describe(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a text",
        JsonTokenType.Number => "a number",
        JsonTokenType.Null => "null",
        _ => "true or false",
    };
}
