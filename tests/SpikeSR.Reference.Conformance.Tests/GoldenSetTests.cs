using SpikeSR.Reference.Conformance.Golden;
using SpikeSR.Reference.Conformance.Judging;

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

    /// <summary>Every ninth case that is no network: `spikesr golden check` finds all of them anew.</summary>
    [Fact]
    public void Stored_bounds_are_those_that_are_found_anew() =>
        Assert.Empty(Set.Manifest.Cases.Where((golden, i) => i % 9 == 0 && golden.Level <= GoldenCase.BlockLevel)
            .SelectMany(golden => Set.Check(golden, EvaluationSettings.Oracle, findsBounds: true).Problems.Select(problem => $"{golden.Id}: {problem}")));

    [Fact]
    public void Bounds_are_stored_rounded_up_and_margins_towards_zero()
    {
        var profile = GoldenBounds.Stored;
        foreach (var golden in Set.Manifest.Cases.Where(golden => golden.Id is "lif-hard" or "linear-tokens" or "match-eval" or "dsa-one-channel"))
        {
            using var question = CaseFile.Open(golden.BuildQuestion(), golden.Id);
            var (stored, found) = (Set.Bounds.Find(question, profile)!, Judge.Known(question, profile));
            Assert.Equal(found.Values.Keys, stored.Values.Keys);
            Assert.All(stored.Bounds, bound => Assert.All(bound.Value.Values.ToArray().Zip(found.Bounds[bound.Key].Values.ToArray()), pair => Assert.True(IsJustAbove(pair.First, pair.Second), $"{pair}")));
            Assert.Equal(found.Calls.Select(call => (call.Name, call.Shape)), stored.Calls.Select(call => (call.Name, call.Shape)));
            foreach (var (left, right) in stored.Calls.Zip(found.Calls))
            {
                for (var i = 0; i < left.Shape.Length; i++)
                {
                    Assert.Equal(right[i].Own, left[i].Own);
                    Assert.True(IsJustAbove(left[i].Bound, right[i].Bound));
                    Assert.True(IsJustAbove(Math.Abs(right[i].Margin), Math.Abs(left[i].Margin)));
                }
            }
        }
    }

    [Fact]
    public void A_changed_digest_is_found()
    {
        var golden = Set.Manifest.Cases[0];
        Assert.Contains(Set.Check(golden with { DefinitionSha256 = new string('0', 64) }, EvaluationSettings.Oracle).Problems, problem => problem.StartsWith("definitions' answer", StringComparison.Ordinal));
        Assert.Contains(Set.Check(golden with { BoundsSha256 = new string('0', 64) }, EvaluationSettings.Oracle).Problems, problem => problem.StartsWith("bounds", StringComparison.Ordinal));
        Assert.Contains(Set.Check(golden with { Seed = golden.Seed + 1 }, EvaluationSettings.Oracle).Problems, problem => problem.StartsWith("question", StringComparison.Ordinal));
    }

    private static bool IsJustAbove(double above, double value) => above == value || (above > value && above <= (value * (1 + 1.2e-7)) + float.Epsilon);
}
