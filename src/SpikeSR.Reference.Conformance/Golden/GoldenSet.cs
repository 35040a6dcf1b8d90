using System.Text;
using System.Text.RegularExpressions;
using SpikeSR.Reference.Serialization;

namespace SpikeSR.Reference.Conformance.Golden;

/// <summary>What checking one golden case found.</summary>
/// <param name="Case">The case.</param>
/// <param name="Problems">One line each; none: the case holds.</param>
public sealed record GoldenFinding(GoldenCase Case, IReadOnlyList<string> Problems);

/// <summary>A folder of golden cases: rebuilt, answered by the definitions, compared with PyTorch's answers.</summary>
public sealed partial class GoldenSet
{
    private readonly string _folder;

    /// <summary>Opens a set.</summary>
    /// <param name="folder">The folder with manifest.json, golden/v1 for one.</param>
    /// <exception cref="MalformedFileException">There is no manifest, or it is wrong.</exception>
    public GoldenSet(string folder)
    {
        _folder = folder;
        if (!File.Exists(ManifestPath))
        {
            throw new MalformedFileException(folder, "manifest.json", "nothing", "the folder of a golden set: golden/v1 in the repository");
        }

        Manifest = GoldenManifest.Load(ManifestPath);
    }

    /// <summary>The list of cases.</summary>
    public GoldenManifest Manifest { get; }

    /// <summary>The bounds that are stored beside the cases.</summary>
    internal GoldenBounds Bounds => new(Manifest, Path.Combine(_folder, "bounds"));

    private string ManifestPath => Path.Combine(_folder, "manifest.json");

    private string SchemaPath => Path.Combine(_folder, "manifest.schema.json");

    /// <summary>Checks a case: the question's, PyTorch's and the bounds' digests, the definitions' (in float64), and the answers against PyTorch's.</summary>
    /// <param name="golden">The case.</param>
    /// <param name="settings">What answers.</param>
    /// <param name="findsBounds">Whether the bounds are found anew and compared byte for byte: of a network, this takes seconds.</param>
    public GoldenFinding Check(GoldenCase golden, EvaluationSettings settings, bool findsBounds = false)
    {
        ArgumentNullException.ThrowIfNull(golden);
        ArgumentNullException.ThrowIfNull(settings);
        var problems = new List<string>();
        var question = golden.BuildQuestion();
        Same("question", question, golden.QuestionSha256, problems);
        if (golden.MustBeRefused)
        {
            return new GoldenFinding(golden, IsRefused(golden, question, settings) ? problems : [.. problems, "answered, where it must be refused"]);
        }

        var torch = Path.Combine(_folder, "torch", golden.Id + ".safetensors");
        Same("PyTorch's answer", File.ReadAllBytes(torch), golden.TorchSha256!, problems);
        using var file = CaseFile.Open(question, golden.Id);
        Same("bounds", File.ReadAllBytes(Bounds.Path(golden.Id)), golden.BoundsSha256!, problems);
        if (findsBounds)
        {
            Same("bounds found anew", GoldenBounds.Build(file), golden.BoundsSha256!, problems);
        }

        using var stored = CaseFile.Open(torch);
        var answer = CaseEvaluator.Evaluate(file, settings);
        if (settings.Precision == Precision.F64 && golden.DefinitionSha256 is { } digest)
        {
            Same("definitions' answer", answer.ToBytes(), digest, problems);
        }

        if (settings.Precision == Precision.F64 || golden.Float32)
        {
            var report = CaseComparer.Compare(file, answer, stored);
            if (!report.Agrees)
            {
                problems.AddRange(report.Tensors.Where(tensor => !tensor.Agrees).Select(tensor => tensor.ToString()));
            }
        }

        return new GoldenFinding(golden, problems);
    }

    /// <summary>Writes every question into a folder.</summary>
    /// <param name="folder">Where to; made where it is missing.</param>
    public void WriteQuestions(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var golden in Manifest.Cases)
        {
            AtomicFile.Write(Path.Combine(folder, golden.Id + ".safetensors"), stream => stream.Write(golden.BuildQuestion()));
        }
    }

    /// <summary>
    /// Builds every case and writes what was found into the manifest, leaving the rest of it as it is, and the manifest's schema and the bounds beside it.
    /// </summary>
    /// <param name="progress">Is told each case with what was built.</param>
    /// <param name="onlyBounds">Whether only the bounds are found anew: after a change of what a profile grants.</param>
    /// <param name="only">The cases to build; null: all. What the manifest says of the others stays.</param>
    public void Build(Action<GoldenCase, GoldenBuild>? progress = null, bool onlyBounds = false, IReadOnlySet<string>? only = null)
    {
        var (text, separated) = (File.ReadAllText(ManifestPath), new HashSet<string>(StringComparer.Ordinal));
        foreach (var golden in Manifest.Cases)
        {
            if (only?.Contains(golden.Id) == false)
            {
                separated.UnionWith(golden.Separates);
                continue;
            }

            var built = onlyBounds ? GoldenBuild.BoundsOf(golden) : GoldenBuild.Of(golden, separated);
            separated.UnionWith(built.Separates);
            progress?.Invoke(golden, built);
            var at = text.IndexOf($"\"id\": \"{golden.Id}\"", StringComparison.Ordinal);
            text = Separated().Replace(text, $"\"separates\": [{string.Join(", ", built.Separates.Select(name => $"\"{name}\""))}]", 1, at);
            text = built.DefinitionSha256 is { } digest ? DefinitionDigest().Replace(text, $"\"definition_sha256\": \"{digest}\"", 1, at) : text;
            if (built.Bounds is { } bounds)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Bounds.Path(golden.Id))!);
                AtomicFile.Write(Bounds.Path(golden.Id), stream => stream.Write(bounds));
                text = BoundsDigest().Replace(text, $"\"bounds_sha256\": \"{GoldenCase.Sha256(bounds)}\"", 1, at);
            }
        }

        AtomicFile.Write(ManifestPath, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
        AtomicFile.Write(SchemaPath, stream => stream.Write(Encoding.UTF8.GetBytes(GoldenManifest.JsonSchema())));
    }

    /// <summary>Bytes of all files of the set.</summary>
    internal long Bytes() => new DirectoryInfo(_folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);

    /// <summary>Whether the schema beside the manifest is this program's.</summary>
    internal bool SchemaIsCurrent() => File.Exists(SchemaPath) && File.ReadAllText(SchemaPath) == GoldenManifest.JsonSchema();

    private static bool IsRefused(GoldenCase golden, byte[] question, EvaluationSettings settings)
    {
        try
        {
            using var file = CaseFile.Open(question, golden.Id);
            CaseEvaluator.Evaluate(file, settings);
            return false;
        }
        catch (MalformedFileException)
        {
            return true;
        }
    }

    private static void Same(string what, ReadOnlySpan<byte> bytes, string expected, List<string> problems)
    {
        if (GoldenCase.Sha256(bytes) is var found && found != expected)
        {
            problems.Add($"{what}: SHA-256 {found}, the manifest says {expected}");
        }
    }

    [GeneratedRegex("\"separates\": \\[[^\\]]*\\]", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Separated();

    [GeneratedRegex("\"definition_sha256\": (null|\"[0-9a-f]{64}\")", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex DefinitionDigest();

    [GeneratedRegex("\"bounds_sha256\": (null|\"[0-9a-f]{64}\")", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex BoundsDigest();
}
