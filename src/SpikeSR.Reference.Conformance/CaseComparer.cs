using SpikeSR.Reference.Serialization;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance;

/// <summary>Compares an answer with the stored one (SPEC CASE-3).</summary>
public static class CaseComparer
{
    private const string Spike = CaseTensorNames.Output + "spike";

    /// <summary>Compares every answer tensor.</summary>
    /// <param name="question">The case that was asked.</param>
    /// <param name="answer">What was computed.</param>
    /// <param name="stored">The file that holds the right answers; null: the case itself.</param>
    /// <exception cref="MalformedFileException">The file holds no answer, or its tensors cannot be read.</exception>
    public static CaseReport Compare(CaseFile question, CaseAnswer answer, CaseFile? stored = null)
    {
        ArgumentNullException.ThrowIfNull(question);
        ArgumentNullException.ThrowIfNull(answer);
        stored ??= question;
        var expected = stored.Tensors.Values.Where(tensor => CaseTensorNames.IsAnswer(tensor.Name)).ToDictionary(tensor => tensor.Name);
        if (expected.Count == 0)
        {
            throw new MalformedFileException(stored.Path, "case", "no answer", "tensors of out/, and of grad_in/, grad_param/, out_state/ where the question asks for them");
        }

        var largestGradient = expected.Values.Where(tensor => CaseTensorNames.IsGradient(tensor.Name)).Select(tensor => Largest(tensor.ToDoubles())).DefaultIfEmpty(0).Max();
        var limits = CaseLimits.Of(answer.Precision);
        var margins = question.Operator.Margins(question);
        var flips = margins is null ? null : Flips(margins, limits, answer, expected);
        var verdicts = new List<TensorVerdict>();
        foreach (var name in expected.Keys.Union(answer.Tensors.Keys))
        {
            if (!answer.Tensors.TryGetValue(name, out var found))
            {
                verdicts.Add(Differs(name, "stored, but not computed"));
            }
            else if (!expected.TryGetValue(name, out var right))
            {
                verdicts.Add(Differs(name, "computed, but not stored"));
            }
            else if (!right.Extents.SequenceEqual(Array.ConvertAll(found.Shape.ToArray(), extent => (long)extent)))
            {
                verdicts.Add(Differs(name, $"shape {found.Shape}, stored [{string.Join(", ", right.Extents)}]"));
            }
            else
            {
                var values = right.ToDoubles();
                var limit = name == Spike && margins is not null ? 0 : Limit(name, Largest(values), largestGradient, limits);
                verdicts.Add(Compare(name, found, values, limit, flips));
            }
        }

        return new CaseReport(question.Path, verdicts, verdicts.All(verdict => verdict.Agrees) ? null : Excuse(question, answer, margins, limits));
    }

    private static string? Excuse(CaseFile question, CaseAnswer answer, SpikeMargins? margins, CaseLimits limits)
    {
        if (answer.Precision == Precision.F64 || margins is not null)
        {
            return null;
        }

        return question.Operator.IsExemptInFloat(question) ? "the published size is exempt in float32" : DecisionExcuse.Find(question, answer, limits.Undecided);
    }

    private static TensorVerdict Differs(string name, string note) => new(name, Agrees: false, Largest: 0, double.PositiveInfinity, Limit: 0, note);

    private static double Limit(string name, double largest, double largestGradient, CaseLimits limits)
    {
        if (!CaseTensorNames.IsGradient(name))
        {
            return limits.Output * largest;
        }

        return largest < CaseLimits.AnalyticZeroBelow * largestGradient ? limits.AnalyticZero * largestGradient : limits.Gradient * largest;
    }

    private static TensorVerdict Compare(string name, AnswerTensor found, double[] stored, double limit, int[]? flips)
    {
        var (worst, note, excused) = (0.0, string.Empty, 0);
        var isPerElement = flips is { Length: > 0 } && stored.Length % flips.Length == 0 && name != CaseTensorNames.ParameterGradient + "w";
        for (var i = 0; i < stored.Length; i++)
        {
            if (isPerElement && IsExcused(name, i, flips!))
            {
                excused++;
                continue;
            }

            var error = Distance(found.Values.Span[i], stored[i]);
            worst = Math.Max(worst, error);
            if (error > limit && note.Length == 0)
            {
                note = $"{Index(found.Shape, i)}: {found.Values.Span[i]:r}, stored {stored[i]:r}";
            }
        }

        var agrees = note.Length == 0;
        note = excused == 0 ? note : $"{note}{(agrees ? string.Empty : "; ")}{excused} elements behind a spike within rounding of its threshold";
        return new TensorVerdict(name, agrees, Largest(stored), worst, limit, note);
    }

    // For each neuron the first step whose spike differs from the stored one and may, or int.MaxValue: up to it both ran the same membrane.
    private static int[] Flips(SpikeMargins margins, CaseLimits limits, CaseAnswer answer, Dictionary<string, StoredTensor> expected)
    {
        var neurons = margins.Values.Length / margins.Steps;
        var flips = new int[neurons];
        Array.Fill(flips, int.MaxValue);
        if (!answer.Tensors.TryGetValue(Spike, out var found) || !expected.TryGetValue(Spike, out var right) || right.Length != found.Values.Length)
        {
            return flips;
        }

        var stored = right.ToDoubles();
        for (var i = stored.Length - 1; i >= 0; i--)
        {
            if (found.Values.Span[i] != stored[i])
            {
                flips[i % neurons] = Math.Abs(margins.Values[i]) <= limits.Undecided ? i / neurons : int.MaxValue;
            }
        }

        return flips;
    }

    // Outputs from the flip on; gradients at every step, because they come back from later ones.
    private static bool IsExcused(string name, int index, int[] flips) =>
        flips[index % flips.Length] is var step && step != int.MaxValue && (CaseTensorNames.IsGradient(name) || index / flips.Length >= step);

    // Any NaN for any NaN, and an infinity for itself.
    private static double Distance(double found, double stored) =>
        found.Equals(stored) ? 0 : double.IsFinite(found) && double.IsFinite(stored) ? Math.Abs(found - stored) : double.PositiveInfinity;

    private static double Largest(double[] values) => values.Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty(0).Max();

    private static string Index(Shape shape, int index)
    {
        var position = new int[shape.Rank];
        for (var axis = shape.Rank - 1; axis >= 0; axis--)
        {
            (index, position[axis]) = (index / shape[axis], index % shape[axis]);
        }

        return $"[{string.Join(", ", position)}]";
    }
}
