using System.Text.Json;
using System.Text.Json.Serialization;
using SpikeSR.Reference.Conformance.Golden;
using SpikeSR.Reference.Serialization;

namespace SpikeSR.Reference.Conformance.Backends;

/// <summary>
/// What a backend declares that it supports (SPEC KIT-3). The rest is not asked: it is debt, which stands beside the score and is no part of it.
/// </summary>
public sealed record Capabilities
{
    /// <summary>The schema this reads.</summary>
    public const string SchemaName = "spikesr-backend/1";

    /// <summary>A backend that supports everything.</summary>
    public static readonly Capabilities All = new() { Schema = SchemaName, Name = null };

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>The schema's name.</summary>
    public required string Schema { get; init; }

    /// <summary>What reports call the backend; null: its command.</summary>
    public string? Name { get; init; }

    /// <summary>Operators it answers; null: all.</summary>
    public IReadOnlyList<string>? Operators { get; init; }

    /// <summary>Operators whose gradients it answers; null: all that it answers.</summary>
    public IReadOnlyList<string>? Gradients { get; init; }

    /// <summary>Cases it cannot answer, each with the reason.</summary>
    public IReadOnlyDictionary<string, string> Unsupported { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Reads a capability file.</summary>
    /// <param name="path">A JSON file.</param>
    /// <exception cref="MalformedFileException">It is no such file, or names an operator that there is not.</exception>
    public static Capabilities Load(string path)
    {
        Capabilities capabilities;
        try
        {
            using var stream = File.OpenRead(path);
            capabilities = JsonSerializer.Deserialize<Capabilities>(stream, Options) ?? throw new JsonException("null");
        }
        catch (JsonException failure)
        {
            throw new MalformedFileException(path, "JSON", failure.Message, "a capability file of schema " + SchemaName, failure);
        }

        if (capabilities.Schema != SchemaName)
        {
            throw new MalformedFileException(path, "schema", capabilities.Schema, SchemaName);
        }

        var unknown = (capabilities.Operators ?? []).Concat(capabilities.Gradients ?? []).FirstOrDefault(name => CaseOperators.Find(name) is null);
        return unknown is null ? capabilities : throw new MalformedFileException(path, "operators", unknown, "operators of 'spikesr cases'");
    }

    /// <summary>Why a case is not asked, or null: it is.</summary>
    /// <param name="golden">The case.</param>
    public string? Debt(GoldenCase golden)
    {
        ArgumentNullException.ThrowIfNull(golden);
        return Unsupported.TryGetValue(golden.Id, out var reason) ? reason
            : Operators is not null && !Operators.Contains(golden.Op) ? $"{golden.Op} is not supported"
            : null;
    }

    /// <summary>Whether the gradients of an operator are asked for.</summary>
    /// <param name="op">The operator.</param>
    public bool AnswersGradients(string op) => Gradients?.Contains(op) ?? true;
}
