using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance;

/// <summary>
/// Why a float32 answer of a module may differ: a spike or a match that float32 decides otherwise because it lies within rounding of a tie. What
/// comes after such a decision is another, equally right, computation (SPEC CASE-4).
/// </summary>
internal static class DecisionExcuse
{
    /// <summary>
    /// Runs the definitions in float64 and float32 and compares their decisions, call by call. The excuse holds if, in the first call where they differ,
    /// every difference lies within rounding, and if the answer is the float32 definitions' own, byte for byte.
    /// </summary>
    /// <param name="question">A case whose float32 answer disagrees.</param>
    /// <param name="answer">That answer.</param>
    /// <param name="limit">How close to a tie counts as within rounding.</param>
    /// <returns>The excuse in words, or null.</returns>
    public static string? Find(CaseFile question, CaseAnswer answer, double limit)
    {
        var exact = new DecisionRecorder<F64>(EvaluationSettings.Oracle.Threads);
        var rounded = new DecisionRecorder<F32>(EvaluationSettings.Oracle.Threads);
        CaseEvaluator.Evaluate(question, exact);
        var own = CaseEvaluator.Evaluate(question, rounded);
        if (!answer.Tensors.All(tensor => own.Tensors[tensor.Key].Values.Span.SequenceEqual(tensor.Value.Values.Span)))
        {
            return null;
        }

        foreach (var (right, found) in exact.Calls.Zip(rounded.Calls))
        {
            var differing = Enumerable.Range(0, right.Values.Length).Where(i => right.Values[i] != found.Values[i]).ToList();
            if (differing.Count > 0)
            {
                var widest = differing.MaxBy(i => Math.Abs(right.Margin(i, found.Values[i])));
                var margin = right.Margin(widest, found.Values[widest]);
                return Math.Abs(margin) <= limit ? $"float32 decides otherwise within rounding: {differing.Count} x {right.Kind} {margin:g3}" : null;
            }
        }

        return null;
    }
}
