using System.Text.Json;
using System.Text.Json.Serialization;
using SpikeSR.Reference.Conformance.Confusions;
using SpikeSR.Reference.Serialization;

namespace SpikeSR.Reference.Conformance.Running;

/// <summary>What a run found (SPEC KIT-4): kept as JSON, shown on a terminal, as JUnit or as a page.</summary>
public sealed record RunReport
{
    /// <summary>The schema this reads.</summary>
    public const string SchemaName = "spikesr-conform/1";

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        WriteIndented = true,
    };

    /// <summary>The schema's name.</summary>
    public string Schema { get; init; } = SchemaName;

    /// <summary>What was judged.</summary>
    public required string Backend { get; init; }

    /// <summary>Name of the profile it was judged by.</summary>
    public required string Profile { get; init; }

    /// <summary>The cases, in the order in which they were asked.</summary>
    public required IReadOnlyList<CaseResult> Cases { get; init; }

    /// <summary>Cases that were chosen and not asked, because the run was stopped.</summary>
    public int NotReached { get; init; }

    /// <summary>How long the run took, judging included.</summary>
    public required double Seconds { get; init; }

    /// <summary>Cases that were asked.</summary>
    [JsonIgnore]
    public int Asked => Cases.Count(result => result.Outcome != CaseOutcome.Debt);

    /// <summary>Whether everything that was asked passed.</summary>
    [JsonIgnore]
    public bool IsClean => Cases.All(result => result.Outcome is CaseOutcome.Passed or CaseOutcome.Debt);

    /// <summary>The fewest confusions that explain the wrong answers, each with the cases that it reproduces.</summary>
    [JsonIgnore]
    public IReadOnlyList<Diagnosis> Diagnoses => Diagnosis.Of(Cases);

    /// <summary>How many cases ended so.</summary>
    /// <param name="outcome">How.</param>
    public int Count(CaseOutcome outcome) => Cases.Count(result => result.Outcome == outcome);

    /// <summary>The score and the debt on one line.</summary>
    public string Score()
    {
        var partly = Cases.Count(result => result.Debt.Length > 0 && result.Outcome != CaseOutcome.Debt);
        return $"{Count(CaseOutcome.Passed)} of {Asked} passed, {Count(CaseOutcome.Failed)} failed, {Count(CaseOutcome.NotJudged)} not judged; "
            + $"debt: {Count(CaseOutcome.Debt)} cases not asked, {partly} without their gradients" + (NotReached > 0 ? $"; stopped before the last {NotReached} cases" : string.Empty);
    }

    /// <summary>Reads a report.</summary>
    /// <param name="path">What <see cref="Save"/> wrote.</param>
    /// <exception cref="MalformedFileException">It is no report of this schema.</exception>
    public static RunReport Load(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            var report = JsonSerializer.Deserialize<RunReport>(stream, Options) ?? throw new JsonException("null");
            return report.Schema == SchemaName ? report : throw new MalformedFileException(path, "schema", report.Schema, SchemaName);
        }
        catch (JsonException failure)
        {
            throw new MalformedFileException(path, "JSON", failure.Message, "a report of schema " + SchemaName, failure);
        }
    }

    /// <summary>Writes the report as JSON, beside and then renamed.</summary>
    /// <param name="path">Where to.</param>
    public void Save(string path) => AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, this, Options));
}
