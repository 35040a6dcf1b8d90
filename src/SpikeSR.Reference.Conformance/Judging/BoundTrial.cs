using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Judging;

/// <summary>Tries bounds on backends that use all that a profile grants, at random (SPEC BND-6).</summary>
public static class BoundTrial
{
    /// <summary>The largest median of bound / error over an operator's cases with which its bounds still tell anything; golden/BOUNDS.md has those measured.</summary>
    public const double LargestFactor = 2e4;

    /// <summary>Judges so many scrambled backends on a case.</summary>
    /// <param name="question">The case.</param>
    /// <param name="profile">What they promise.</param>
    /// <param name="runs">How many, at least 1; run i has seed i.</param>
    public static BoundFinding Try(CaseFile question, Profile profile, int runs)
    {
        ArgumentNullException.ThrowIfNull(question);
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentOutOfRangeException.ThrowIfLessThan(runs, 1);
        var known = Judge.Known(question, profile);
        var largest = known.Values.ToDictionary(value => value.Key, value => new double[value.Value.Values.Length]);
        var (failures, worst, message) = (0, 0.0, string.Empty);
        for (var run = 0; run < runs; run++)
        {
            var answer = profile.Scramble(question, run);
            var verdict = Judge.Answer(question, answer, profile);
            if (verdict.Outcome != Outcome.Pass)
            {
                failures++;
                message = message.Length > 0 ? message : $"run {run}: {verdict.Message}";
            }

            worst = Math.Max(worst, verdict.Outputs.Max(output => output.DecisiveMismatches + output.AmbiguousFlips > 0 ? 0 : output.WorstRatio));
            if (verdict.Outputs.All(output => output.AmbiguousFlips == 0))
            {
                Widen(largest, known, answer);
            }
        }

        var factors = largest.SelectMany(tensor => tensor.Value.Select((error, i) => known.Bounds[tensor.Key].Values.Span[i] / error)).Where(double.IsFinite).Order().ToList();
        var unbounded = known.Bounds.Values.Sum(bounds => bounds.Values.ToArray().Count(double.IsPositiveInfinity));
        return new BoundFinding(question.Name, question.Operator.Name, runs, failures, worst, factors.Count == 0 ? 1 : factors[factors.Count / 2], unbounded, message);
    }

    /// <summary>A scrambled backend's answer, with its decisions.</summary>
    internal static BackendAnswer Scramble<TRounding>(CaseFile question, int seed)
        where TRounding : struct, IRounding
    {
        Dice.Start(seed);
        var book = new DecisionBook(question, null);
        var binding = CaseEvaluator.Compute(question, new BoundingBackend<Scrambled<TRounding>>(book, new Parallelism(1)));
        var tensors = binding.Answer().Tensors.ToDictionary();
        foreach (var call in book.Calls)
        {
            tensors[call.Name] = call.Record();
        }

        return BackendAnswer.Of(tensors);
    }

    private static void Widen(Dictionary<string, double[]> largest, CertifiedAnswer known, BackendAnswer answer)
    {
        foreach (var (name, errors) in largest)
        {
            var values = known.Values[name].Values.Span;
            var found = answer.Tensors[name].Values.Span;
            for (var i = 0; i < errors.Length; i++)
            {
                errors[i] = Math.Max(errors[i], Math.Abs(found[i] - values[i]));
            }
        }
    }
}
