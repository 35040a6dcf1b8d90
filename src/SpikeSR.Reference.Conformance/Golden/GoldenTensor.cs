using System.Text.Json;
using SpikeSR.Reference.Serialization;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Golden;

/// <summary>One tensor of a golden question: where it stands and how its elements are made (golden/README.md, «Recipes»).</summary>
public sealed record GoldenTensor
{
    /// <summary>Name in the case file.</summary>
    public required string Name { get; init; }

    /// <summary>Element type in the case file.</summary>
    public required string Dtype { get; init; }

    /// <summary>Extents.</summary>
    public required IReadOnlyList<int> Shape { get; init; }

    /// <summary>How the elements are made.</summary>
    public required JsonElement Recipe { get; init; }

    /// <summary>Makes the elements and adds the tensor to a file.</summary>
    internal void AddTo(SafetensorsWriter writer, string caseId, ulong seed)
    {
        var shape = new Shape([.. Shape]);
        var elements = Elements(caseId, seed, shape.Length);
        switch (Dtype)
        {
            case "F64":
                writer.Add(Name, shape, elements);
                break;
            case "F32":
                writer.Add(Name, shape, Array.ConvertAll(elements, element => (float)element));
                break;
            case "I64":
                writer.Add(Name, shape, Array.ConvertAll(elements, element => (long)element));
                break;
            case "I32":
                writer.Add(Name, shape, Array.ConvertAll(elements, element => (int)element));
                break;
            case "BOOL":
                writer.Add(Name, shape, Array.ConvertAll(elements, element => element != 0));
                break;
            default:
                throw Refuse(caseId, Dtype, "F64, F32, I64, I32 or BOOL");
        }
    }

    // Every operation in double, rounded by itself.
    private double[] Elements(string caseId, ulong seed, int length)
    {
        var elements = new double[length];
        if (Recipe.TryGetProperty("fill", out var fill))
        {
            Array.Fill(elements, Number(caseId, fill));
        }
        else if (Recipe.TryGetProperty("values", out var values) && values.GetArrayLength() == length)
        {
            var i = 0;
            foreach (var value in values.EnumerateArray())
            {
                elements[i++] = Number(caseId, value);
            }
        }
        else if (Recipe.TryGetProperty("uniform", out var uniform) && Recipe.TryGetProperty("stream", out var stream))
        {
            var numbers = new UniformStream(seed, stream.GetUInt32());
            var (low, high) = (uniform[0].GetDouble(), uniform[1].GetDouble());
            for (var i = 0; i < length; i++)
            {
                elements[i] = numbers.Next(low, high);
            }
        }
        else if (Recipe.TryGetProperty("dyadic", out var dyadic) && Recipe.TryGetProperty("stream", out stream))
        {
            var numbers = new UniformStream(seed, stream.GetUInt32());
            var (low, high, shift) = (dyadic[0].GetInt64(), dyadic[1].GetInt64(), dyadic[2].GetInt32());
            for (var i = 0; i < length; i++)
            {
                elements[i] = (low + Math.Floor(numbers.Next() * (high - low + 1))) / (1L << shift);
            }
        }
        else
        {
            throw Refuse(caseId, Recipe.GetRawText(), "a recipe of golden/README.md that fits the shape");
        }

        return elements;
    }

    private double Number(string caseId, JsonElement value) => value.ValueKind == JsonValueKind.Number
        ? value.GetDouble()
        : value.GetString() switch
        {
            "nan" => BitConverter.UInt64BitsToDouble(0x7ff8000000000000),
            "inf" => double.PositiveInfinity,
            "-inf" => double.NegativeInfinity,
            var text => throw Refuse(caseId, text ?? "null", "a number, nan, inf or -inf"),
        };

    private MalformedFileException Refuse(string caseId, string found, string expected) => new($"case {caseId}", $"tensor '{Name}'", found, expected);
}
