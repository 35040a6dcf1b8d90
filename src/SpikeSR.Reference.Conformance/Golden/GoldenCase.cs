using System.Security.Cryptography;
using System.Text.Json;
using SpikeSR.Reference.Serialization;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Golden;

/// <summary>One case of a golden set.</summary>
public sealed record GoldenCase
{
    /// <summary>Its name, and the name of its files.</summary>
    public required string Id { get; init; }

    /// <summary>Operator.</summary>
    public required string Op { get; init; }

    /// <summary>Attributes: the text of the case file, to the byte.</summary>
    public required string Attrs { get; init; }

    /// <summary>ordinary, border or degenerate.</summary>
    public required string Kind { get; init; }

    /// <summary>Clauses of SPEC.md that it can show to be broken.</summary>
    public required IReadOnlyList<string> Clauses { get; init; }

    /// <summary>The mistake it catches.</summary>
    public required string Why { get; init; }

    /// <summary>Philox seed, below 2^48.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Tensors in the order of the file.</summary>
    public required IReadOnlyList<GoldenTensor> Tensors { get; init; }

    /// <summary>How near the nearest decision of each kind is to going the other way.</summary>
    public required JsonElement Margins { get; init; }

    /// <summary>Kinds of decision that stand exactly on their border by design.</summary>
    public required IReadOnlyList<string> Exact { get; init; }

    /// <summary>Whether a float32 program can be held to the float32 bounds.</summary>
    public required bool Float32 { get; init; }

    /// <summary>SHA-256 of the question's file.</summary>
    public required string QuestionSha256 { get; init; }

    /// <summary>SHA-256 of the definitions' answer file in float64; null before it was first built.</summary>
    public required string? DefinitionSha256 { get; init; }

    /// <summary>SHA-256 of PyTorch's answer file.</summary>
    public required string TorchSha256 { get; init; }

    /// <summary>A digest as the manifest writes it.</summary>
    /// <param name="bytes">A file.</param>
    public static string Sha256(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>Builds the question's file from the recipes.</summary>
    /// <exception cref="MalformedFileException">A recipe is not one that golden/README.md knows.</exception>
    public byte[] BuildQuestion()
    {
        var writer = new SafetensorsWriter();
        writer.AddMetadata("attrs", Attrs);
        writer.AddMetadata("name", Id);
        writer.AddMetadata("op", Op);
        writer.AddMetadata("schema", CaseFile.Schema);
        foreach (var tensor in Tensors)
        {
            tensor.AddTo(writer, Id, Seed);
        }

        using var bytes = new MemoryStream();
        writer.Write(bytes);
        return bytes.ToArray();
    }
}
