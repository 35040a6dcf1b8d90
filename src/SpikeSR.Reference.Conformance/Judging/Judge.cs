using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using SpikeSR.Reference.Serialization;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Judging;

/// <summary>
/// Judges an answer by what rounding can do and nothing else (SPEC JDG-1): the definitions are run with certified bounds, following the
/// backend's own spikes and matches wherever it hands them over; a decision that rounding cannot turn must be the definitions', and every number must lie in its bound.
/// </summary>
public static class Judge
{
    private static readonly ConditionalWeakTable<CaseFile, ConcurrentDictionary<string, CertifiedAnswer>> s_known = [];

    /// <summary>Judges an answer.</summary>
    /// <param name="question">The case that was asked; answers in it are ignored.</param>
    /// <param name="answer">What the backend answered.</param>
    /// <param name="profile">What it promises about its arithmetic.</param>
    /// <exception cref="MalformedFileException">The question is wrong.</exception>
    public static CaseVerdict Answer(CaseFile question, BackendAnswer answer, Profile profile)
    {
        ArgumentNullException.ThrowIfNull(question);
        ArgumentNullException.ThrowIfNull(profile);
        return Answer(question, answer, profile, Known(question, profile));
    }

    /// <summary>Judges an answer, with bounds that were found before.</summary>
    /// <param name="question">The case that was asked.</param>
    /// <param name="answer">What the backend answered.</param>
    /// <param name="profile">What it promises about its arithmetic.</param>
    /// <param name="known">The bounds along the definitions' own decisions: right for every backend that decides as they do.</param>
    internal static CaseVerdict Answer(CaseFile question, BackendAnswer answer, Profile profile, CertifiedAnswer known)
    {
        ArgumentNullException.ThrowIfNull(answer);
        var isFollowed = known.Calls.All(call => call.Read(answer, out _) is not { } given || given.Select((taken, i) => taken == call[i].Own).All(same => same));
        var certified = isFollowed ? known : profile.Certify(question, answer);
        var verdicts = certified.Calls.Select(call => Decisions(question, call, answer)).ToList();
        var isOpen = certified.Calls.Any(call => call.Read(answer, out _) is null && call.IsOpen);
        foreach (var (name, value) in certified.Values)
        {
            if (!verdicts.Exists(verdict => verdict.Name == name))
            {
                var verdict = answer.Tensors.TryGetValue(name, out var found)
                    ? Compare(name, value, certified.Bounds[name], found)
                    : Missing(name);
                verdict = found is null || !question.Operator.HasIndependentErrors || name != CaseTensorNames.Output + "y" ? verdict : TestMoments(question, profile, verdict, found);
                verdicts.Add(verdict.Outcome == Outcome.Fail && isOpen && found is not null ? Leave(verdict) : verdict);
            }
        }

        return new CaseVerdict(question.Name, profile.Name, Overall(verdicts), verdicts);
    }

    /// <summary>The bounds along the definitions' own decisions, found once for each open case.</summary>
    internal static CertifiedAnswer Known(CaseFile question, Profile profile) =>
        s_known.GetOrCreateValue(question).GetOrAdd(profile.Name, _ => profile.Certify(question, null));

    private static OutputVerdict Decisions(CaseFile question, DecisionCall call, BackendAnswer answer)
    {
        if (call.Read(answer, out var problem) is null && problem is not null)
        {
            return new OutputVerdict { Name = call.Name, Outcome = Outcome.Fail, Message = problem };
        }

        if (answer.Tensors.ContainsKey(call.Name))
        {
            return call.Judge();
        }

        var plan = question.Operator.Decisions(question);
        return plan.IsRequired ? new OutputVerdict { Name = call.Name, Outcome = Outcome.NotJudged, Message = $"not in the answer; decisions of shape {call.Shape} are needed to judge what rests on them" }
            : plan.SpikesAreOutput ? Missing(call.Name)
            : call.Judge();
    }

    private static OutputVerdict Missing(string name) => new() { Name = name, Outcome = Outcome.Fail, Message = "not in the answer" };

    private static Outcome Overall(List<OutputVerdict> verdicts) =>
        verdicts.Exists(verdict => verdict.Outcome == Outcome.Fail) ? Outcome.Fail
        : verdicts.Exists(verdict => verdict.Outcome == Outcome.NotJudged) ? Outcome.NotJudged
        : Outcome.Pass;

    private static OutputVerdict TestMoments(CaseFile question, Profile profile, OutputVerdict verdict, AnswerTensor found)
    {
        var moments = verdict.Outcome == Outcome.Pass ? MomentTest.Find(question, profile, found) : null;
        return moments is null || moments.IsWithin || !profile.JudgesMoments
            ? verdict with { Moments = moments }
            : verdict with
            {
                Outcome = Outcome.Fail,
                Moments = moments,
                Message = $"every element lies in its bound, but together their {(moments.Bias > 1 ? "bias" : "variance")} is {Math.Max(moments.Bias, moments.Variance):g3} times what rounding gives once in 1e9 tensors",
            };
    }

    private static OutputVerdict Leave(OutputVerdict verdict) => verdict with
    {
        Outcome = Outcome.NotJudged,
        Message = $"{verdict.Message}; it rests on decisions that rounding may turn and that are not in the answer",
    };

    private static OutputVerdict Compare(string name, AnswerTensor expected, AnswerTensor bounds, AnswerTensor found)
    {
        if (found.Shape != expected.Shape)
        {
            return new OutputVerdict { Name = name, Outcome = Outcome.Fail, Message = $"shape {found.Shape}, expected {expected.Shape}" };
        }

        var (outside, unbounded, first, worst) = (0, 0, -1, 0.0);
        for (var i = 0; i < expected.Values.Length; i++)
        {
            var (value, bound, actual) = (expected.Values.Span[i], bounds.Values.Span[i], found.Values.Span[i]);
            if (double.IsFinite(value) && double.IsPositiveInfinity(bound))
            {
                unbounded++;
                continue;
            }

            // Any NaN for any NaN, and an infinity for itself.
            var error = actual.Equals(value) || actual == value ? 0 : Math.Abs(actual - value);
            worst = error == 0 ? worst : Math.Max(worst, double.IsFinite(error) ? error / bound : double.PositiveInfinity);
            if (error != 0 && !(error <= bound && double.IsFinite(error)))
            {
                outside++;
                first = first < 0 ? i : first;
            }
        }

        var verdict = new OutputVerdict
        {
            Name = name,
            Outcome = outside == 0 ? Outcome.Pass : Outcome.Fail,
            Elements = expected.Values.Length,
            Outside = outside,
            Unbounded = unbounded,
            WorstRatio = worst,
        };
        return first < 0 ? verdict : verdict with
        {
            FirstIndex = Indices.Of(expected.Shape, first),
            Expected = expected.Values.Span[first],
            Actual = found.Values.Span[first],
            Bound = bounds.Values.Span[first],
            Message = $"{outside} of {expected.Values.Length} elements outside their bounds",
        };
    }
}
