using SpikeSR.Reference.Conformance.Confusions;

namespace SpikeSR.Reference.Conformance.Golden;

/// <summary>What a suite has to be, whatever is in it (SPEC KIT-1): every operator asked enough, every clause covered, every confusion separated, every name known.</summary>
public static class GoldenLint
{
    private const int FewestCases = 12;
    private const int FewestBorderCases = 2;
    private const int FewestRejectedCases = 2;
    private const long LargestSuite = 32L << 20;

    private static readonly string[] Kinds = ["ordinary", "border", "degenerate", GoldenCase.RejectedKind];

    /// <summary>What is wrong with a suite, a line each.</summary>
    /// <param name="set">The suite.</param>
    /// <param name="specification">The clauses that its cases name.</param>
    public static IReadOnlyList<string> Problems(GoldenSet set, SpecificationText specification)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(specification);
        var suite = set.Manifest;
        return
        [
            .. suite.Cases.GroupBy(golden => golden.Id).Where(group => group.Count() > 1).Select(group => $"{group.Key}: {group.Count()} cases of this name"),
            .. suite.Cases.SelectMany(golden => Case(golden, suite, specification).Select(problem => $"{golden.Id}: {problem}")),
            .. CaseOperators.All.SelectMany(op => Operator(op.Name, suite).Select(problem => $"{op.Name}: {problem}")),
            .. specification.Clauses.Where(clause => clause.IsAskable && clause.CasesOf(suite).Count == 0).Select(clause => $"SPEC {clause.Name}: no case can show it broken"),
            .. Confusion.All.Where(confusion => !suite.Cases.Any(golden => golden.Separates.Contains(confusion.Name))).Select(confusion => $"{confusion.Name}: no case separates it from the definitions"),
            .. set.Bytes() is var bytes && bytes > LargestSuite ? [$"{bytes} bytes, at most {LargestSuite} are allowed"] : Array.Empty<string>(),
            .. set.SchemaIsCurrent() ? Array.Empty<string>() : ["manifest.schema.json is not the schema of this program: 'spikesr golden build' writes it"],
        ];
    }

    private static IEnumerable<string> Case(GoldenCase golden, GoldenManifest suite, SpecificationText specification)
    {
        if (!Kinds.Contains(golden.Kind))
        {
            yield return $"kind {golden.Kind}, expected one of {string.Join(", ", Kinds)}";
        }

        if (golden.Level is < GoldenCase.LowestLevel or > GoldenCase.HighestLevel || (golden.Level == GoldenCase.GradientLevel && !golden.AsksGradients))
        {
            yield return $"level {golden.Level}, which it cannot be";
        }

        if (golden.Why.Length == 0 || golden.Provenance.Length == 0)
        {
            yield return "no reason or no provenance";
        }

        if (golden.Clauses.Count == 0 || golden.Clauses.Any(name => specification.Clauses.All(clause => clause.Name != name)))
        {
            yield return $"clauses {string.Join(", ", golden.Clauses)}, expected clauses of SPEC.md";
        }

        foreach (var unknown in golden.Separates.Where(name => Confusion.Find(name) is null))
        {
            yield return $"separates {unknown}, which is no confusion";
        }

        foreach (var name in golden.Requires)
        {
            var required = suite.Cases.FirstOrDefault(other => other.Id == name);
            if (required is null || required.LowestLevelAsked > golden.Level || Rests(required, golden.Id, suite))
            {
                yield return $"requires {name}, which is not there, or asks for more, or rests on this one";
            }
        }

        if (!golden.MustBeRefused && (golden.DefinitionSha256 is null || golden.TorchSha256 is null || golden.BoundsSha256 is null))
        {
            yield return "no digest of an answer or of bounds: 'spikesr golden build' and golden/torch/make_questions.py write them";
        }
    }

    private static bool Rests(GoldenCase golden, string id, GoldenManifest suite) =>
        golden.Id == id || golden.Requires.Any(name => suite.Cases.Any(other => other.Id == name && Rests(other, id, suite)));

    private static IEnumerable<string> Operator(string op, GoldenManifest suite)
    {
        var cases = suite.Cases.Where(golden => golden.Op == op).ToList();
        foreach (var (kind, fewest) in new[] { ("ordinary", 1), ("border", FewestBorderCases), (GoldenCase.RejectedKind, FewestRejectedCases) })
        {
            if (cases.Count(golden => golden.Kind == kind) < fewest)
            {
                yield return $"{cases.Count(golden => golden.Kind == kind)} {kind} cases, expected at least {fewest}";
            }
        }

        if (cases.Count < FewestCases)
        {
            yield return $"{cases.Count} cases, expected at least {FewestCases}";
        }

        // Adam has no backward pass.
        if (op != "adam" && !cases.Any(golden => golden.AsksGradients))
        {
            yield return "no case asks for its gradients";
        }
    }
}
