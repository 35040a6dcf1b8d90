using SpikeSR.Reference.Conformance.Golden;

namespace SpikeSR.Reference.Conformance.Tests;

/// <summary>The definitions over golden/v1.</summary>
public sealed class GoldenSetTests
{
    private static readonly GoldenSet Set = new(Path.Combine(RepositoryPaths.Root, "golden", "v1"));

    [Fact]
    public void The_definitions_rebuild_every_question_and_answer_and_agree_with_PyTorch() =>
        Assert.Empty(Set.Manifest.Cases.SelectMany(golden => Set.Check(golden, EvaluationSettings.Oracle).Problems.Select(problem => $"{golden.Id}: {problem}")));

    [Fact]
    public void In_float_the_definitions_stay_within_the_float_limits() =>
        Assert.Empty(Set.Manifest.Cases.SelectMany(
            golden => Set.Check(golden, EvaluationSettings.Oracle with { Precision = Precision.F32 }).Problems.Select(problem => $"{golden.Id}: {problem}")));

    [Fact]
    public void A_changed_digest_is_found()
    {
        var golden = Set.Manifest.Cases[0];
        Assert.Contains(Set.Check(golden with { DefinitionSha256 = new string('0', 64) }, EvaluationSettings.Oracle).Problems, problem => problem.StartsWith("definitions' answer", StringComparison.Ordinal));
        Assert.Contains(Set.Check(golden with { Seed = golden.Seed + 1 }, EvaluationSettings.Oracle).Problems, problem => problem.StartsWith("question", StringComparison.Ordinal));
    }
}
