using SpikeSR.Reference.Serialization;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Judging;

/// <summary>
/// Tests on bias and variance over the output of an operator whose every element is a sum of its own roundings: a single element may use its whole bound, a
/// tensor of them may not (SPEC JDG-4).
/// </summary>
internal static class MomentTest
{
    // Half of 1e-9 for each of the two tests.
    private const double Rate = 5e-10;

    /// <summary>Tests the output y.</summary>
    /// <param name="question">A case of such an operator.</param>
    /// <param name="profile">What the backend promises.</param>
    /// <param name="found">Its y, of the right shape.</param>
    /// <returns>Null where no element is rounded.</returns>
    public static MomentFinding? Find(CaseFile question, Profile profile, AnswerTensor found)
    {
        // From the inputs as they are stored: a rounded weight shifts many outputs together.
        const string output = CaseTensorNames.Output + "y";
        using var stored = Map(question, profile.Store);
        using var presence = Map(question, value => value != 0 ? 1 : 0);
        var known = profile.Certify(stored, null);
        var terms = CaseEvaluator.Evaluate(presence, EvaluationSettings.Oracle).Tensors[output].Values.Span;
        var (values, bounds) = (known.Values[output].Values, known.Bounds[output].Values);
        var seen = new HashSet<double>();
        var (samples, sum, squares) = (0, 0.0, 0.0);
        for (var i = 0; i < values.Length; i++)
        {
            // Equal elements of equal inputs err alike.
            if (bounds.Span[i] > 0 && double.IsFinite(bounds.Span[i]) && double.IsFinite(found.Values.Span[i]) && seen.Add(values.Span[i]))
            {
                // n terms: a bound of at least (n + 1) u M, and n additions and products that deviate by at most u M each.
                var z = (found.Values.Span[i] - values.Span[i]) / bounds.Span[i] * Math.Sqrt(Math.Max(1, terms[i]));
                (samples, sum, squares) = (samples + 1, sum + z, squares + (z * z));
            }
        }

        if (samples == 0)
        {
            return null;
        }

        var rare = Math.Log(1 / Rate);
        return new MomentFinding(
            samples,
            Math.Abs(sum) / Math.Sqrt(2 * samples * Math.Log(2 / Rate)),
            squares / (samples + (2 * Math.Sqrt(samples * rare)) + (2 * rare)));
    }

    // The question with every number replaced, and no gradients asked for.
    private static CaseFile Map(CaseFile question, Func<double, double> replace)
    {
        var writer = new SafetensorsWriter();
        foreach (var (key, text) in question.Metadata)
        {
            writer.AddMetadata(key, text);
        }

        foreach (var (name, tensor) in question.Tensors)
        {
            if (name.StartsWith(CaseTensorNames.Input, StringComparison.Ordinal) || name.StartsWith(CaseTensorNames.Parameter, StringComparison.Ordinal))
            {
                writer.Add(name, tensor.ToShape(), Array.ConvertAll(tensor.ToDoubles(), value => replace(value)));
            }
        }

        using var bytes = new MemoryStream();
        writer.Write(bytes);
        return CaseFile.Open(bytes.ToArray(), question.Path);
    }
}
