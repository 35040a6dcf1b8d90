using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using SpikeSR.Reference.Serialization;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Golden;

/// <summary>One case of a golden set.</summary>
public sealed record GoldenCase
{
    /// <summary>Operators, forward.</summary>
    public const int LowestLevel = 1;

    /// <summary>Operators with their gradients.</summary>
    public const int GradientLevel = 2;

    /// <summary>Blocks, each with inputs of its own, so that what an earlier one decided cannot reach it.</summary>
    public const int BlockLevel = 3;

    /// <summary>Whole networks on images.</summary>
    public const int HighestLevel = 5;

    /// <summary>The kind of a question that must be refused.</summary>
    public const string RejectedKind = "rejected";

    /// <summary>Its name, and the name of its files.</summary>
    public required string Id { get; init; }

    /// <summary>Operator.</summary>
    public required string Op { get; init; }

    /// <summary>Attributes: the text of the case file, to the byte.</summary>
    public required string Attrs { get; init; }

    /// <summary>ordinary, border, degenerate or rejected.</summary>
    public required string Kind { get; init; }

    /// <summary>1 operator forward, 2 operator with gradients, 3 block, 4 network, 5 network on an image.</summary>
    public required int Level { get; init; }

    /// <summary>Clauses of SPEC.md that it can show to be broken.</summary>
    public required IReadOnlyList<string> Clauses { get; init; }

    /// <summary>The mistake it catches.</summary>
    public required string Why { get; init; }

    /// <summary>Cases that ask for less: where one of them fails, this one may fail for no reason of its own.</summary>
    public required IReadOnlyList<string> Requires { get; init; }

    /// <summary>Confusions whose answer is wrong here; of a block that takes decisions, those that no case before it separates.</summary>
    public required IReadOnlyList<string> Separates { get; init; }

    /// <summary>The program that made the question and PyTorch's answer.</summary>
    public required string Provenance { get; init; }

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

    /// <summary>SHA-256 of PyTorch's answer file; null for a question that must be refused.</summary>
    public required string? TorchSha256 { get; init; }

    /// <summary>SHA-256 of the file of its fp32 bounds; null before it was first built, and for a question that must be refused.</summary>
    public required string? BoundsSha256 { get; init; }

    /// <summary>Whether the question is bad, so that the only right answer is to refuse it.</summary>
    [JsonIgnore]
    public bool MustBeRefused => Kind == RejectedKind;

    /// <summary>Whether the question asks for gradients.</summary>
    [JsonIgnore]
    public bool AsksGradients => Tensors.Any(IsGradient);

    /// <summary>The lowest level at which it is asked: an operator with gradients can be asked without them.</summary>
    [JsonIgnore]
    public int LowestLevelAsked => Level == GradientLevel ? LowestLevel : Level;

    /// <summary>A digest as the manifest writes it.</summary>
    /// <param name="bytes">A file.</param>
    public static string Sha256(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>Builds the question's file from the recipes.</summary>
    /// <exception cref="MalformedFileException">A recipe is not one that golden/README.md knows.</exception>
    public byte[] BuildQuestion() => BuildQuestion(Tensors);

    /// <summary>Builds the question without its gradients of the loss: forward only.</summary>
    /// <exception cref="MalformedFileException">A recipe is not one that golden/README.md knows.</exception>
    public byte[] BuildForwardQuestion() => BuildQuestion(Tensors.Where(tensor => !IsGradient(tensor)));

    private static bool IsGradient(GoldenTensor tensor) => tensor.Name.StartsWith(CaseTensorNames.OutputGradient, StringComparison.Ordinal);

    private byte[] BuildQuestion(IEnumerable<GoldenTensor> tensors)
    {
        var writer = new SafetensorsWriter();
        writer.AddMetadata("attrs", Attrs);
        writer.AddMetadata("name", Id);
        writer.AddMetadata("op", Op);
        writer.AddMetadata("schema", CaseFile.Schema);
        foreach (var tensor in tensors)
        {
            tensor.AddTo(writer, Id, Seed);
        }

        using var bytes = new MemoryStream();
        writer.Write(bytes);
        return bytes.ToArray();
    }
}
