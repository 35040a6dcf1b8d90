using System.Text.Json;
using System.Text.Json.Schema;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using SpikeSR.Reference.Serialization;

namespace SpikeSR.Reference.Conformance.Golden;

/// <summary>The list of a golden set (golden/README.md): every case with its recipes, its reason and its digests. Unknown fields are refused.</summary>
public sealed record GoldenManifest
{
    /// <summary>The schema this reads.</summary>
    public const string SchemaName = "spikesr-golden/1";

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
    };

    /// <summary>The schema's name.</summary>
    public required string Schema { get; init; }

    /// <summary>How questions are come by.</summary>
    public required string Questions { get; init; }

    /// <summary>How PyTorch's answers were made.</summary>
    public required string Answers { get; init; }

    /// <summary>The cases.</summary>
    public required IReadOnlyList<GoldenCase> Cases { get; init; }

    /// <summary>The JSON Schema of manifests, from the types that read them: unknown fields are forbidden.</summary>
    public static string JsonSchema()
    {
        var schema = Options.GetJsonSchemaAsNode(typeof(GoldenManifest), new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true }).AsObject();
        schema.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        return schema.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n";
    }

    /// <summary>Reads a manifest.</summary>
    /// <param name="path">manifest.json.</param>
    /// <exception cref="MalformedFileException">It is not a manifest of this schema.</exception>
    public static GoldenManifest Load(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            var manifest = JsonSerializer.Deserialize<GoldenManifest>(stream, Options) ?? throw new JsonException("null");
            return manifest.Schema == SchemaName ? manifest : throw new MalformedFileException(path, "schema", manifest.Schema, SchemaName);
        }
        catch (JsonException failure)
        {
            throw new MalformedFileException(path, "JSON", failure.Message, "a manifest of schema " + SchemaName, failure);
        }
    }
}
