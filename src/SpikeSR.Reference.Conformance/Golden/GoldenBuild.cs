using System.Collections.Concurrent;
using SpikeSR.Reference.Conformance.Backends;
using SpikeSR.Reference.Conformance.Confusions;
using SpikeSR.Reference.Conformance.Judging;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Golden;

/// <summary>What the manifest says of a case that this program finds out: the digest of the definitions' answer, and the confusions that answer wrongly.</summary>
/// <param name="DefinitionSha256">SHA-256 of the definitions' answer file in float64; null for a question that must be refused.</param>
/// <param name="Separates">Confusions that fail in float32, by name.</param>
/// <param name="Bounds">The file of the fp32 bounds; null for a question that must be refused.</param>
public sealed record GoldenBuild(string? DefinitionSha256, IReadOnlyList<string> Separates, byte[]? Bounds)
{
    /// <summary>Builds a case.</summary>
    /// <param name="golden">The case.</param>
    /// <param name="separatedBefore">Confusions that cases before it separate: blocks that take decisions are not asked for them again.</param>
    public static GoldenBuild Of(GoldenCase golden, IReadOnlySet<string> separatedBefore)
    {
        ArgumentNullException.ThrowIfNull(golden);
        if (golden.MustBeRefused)
        {
            return new GoldenBuild(null, [], null);
        }

        var bytes = golden.BuildQuestion();
        using var question = CaseFile.Open(bytes, golden.Id);
        var digest = GoldenCase.Sha256(CaseEvaluator.Evaluate(question, EvaluationSettings.Oracle).ToBytes());
        var right = EngineBackend.Evaluate(question, EvaluationSettings.Oracle.CreateBackend<F32>());
        var certified = new Lazy<CertifiedAnswer>(() => GoldenBounds.Stored.Certify(question, right));
        var candidates = question.Operator.Decisions(question).IsRequired ? Confusion.All.Where(confusion => !separatedBefore.Contains(confusion.Name)) : Confusion.All;
        var separated = new ConcurrentBag<string>();
        Parallel.ForEach(candidates, confusion =>
        {
            if (Fails(confusion, bytes, golden.Id, right, certified))
            {
                separated.Add(confusion.Name);
            }
        });
        return new GoldenBuild(digest, [.. separated.Order(StringComparer.Ordinal)], GoldenBounds.Build(question));
    }

    /// <summary>The same case with its bounds found anew, and the rest as it is in the manifest.</summary>
    /// <param name="golden">The case.</param>
    public static GoldenBuild BoundsOf(GoldenCase golden)
    {
        ArgumentNullException.ThrowIfNull(golden);
        if (golden.MustBeRefused)
        {
            return new GoldenBuild(null, [], null);
        }

        using var question = CaseFile.Open(golden.BuildQuestion(), golden.Id);
        return new GoldenBuild(golden.DefinitionSha256, golden.Separates, GoldenBounds.Build(question));
    }

    // As the judge would find, but from one run with bounds for all confusions, and where that cannot tell, no: among the first decisions that differ, which follow
    // from no other that does, must be one that rounding cannot turn; where none differ, the numbers must leave their bounds.
    private static bool Fails(Confusion confusion, byte[] bytes, string id, BackendAnswer right, Lazy<CertifiedAnswer> once)
    {
        if (EngineBackend.Of(() => confusion.Create<F32>(new Workspace(), Parallelism.Single), confusion.Name).Answer(id, bytes).Answer is not { } answer)
        {
            return true;
        }

        // What differs in no bit need not be told apart.
        if (right.Tensors.All(tensor => tensor.Value.Values.Span.SequenceEqual(answer.Tensors[tensor.Key].Values.Span)))
        {
            return false;
        }

        var certified = once.Value;
        foreach (var call in certified.Calls)
        {
            var (found, expected) = (answer.Tensors[call.Name].Values, right.Tensors[call.Name].Values);
            var turned = Enumerable.Range(0, expected.Length).Where(i => found.Span[i] != expected.Span[i]).ToList();
            if (turned.Count > 0)
            {
                // A time step, or an image: what differs later may follow.
                var together = expected.Length / call.Shape[0];
                return turned.TakeWhile(i => i / together == turned[0] / together).Any(i => !call.IsAmbiguous(i));
            }
        }

        return certified.Values.Any(tensor => IsOutside(tensor.Value.Values.Span, certified.Bounds[tensor.Key].Values.Span, answer.Tensors[tensor.Key].Values.Span));
    }

    private static bool IsOutside(ReadOnlySpan<double> values, ReadOnlySpan<double> bounds, ReadOnlySpan<double> found)
    {
        for (var i = 0; i < values.Length; i++)
        {
            if (!found[i].Equals(values[i]) && !(Math.Abs(found[i] - values[i]) <= bounds[i]))
            {
                return true;
            }
        }

        return false;
    }
}
