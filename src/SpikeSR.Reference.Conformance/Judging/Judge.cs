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
        ArgumentNullException.ThrowIfNull(answer);
        ArgumentNullException.ThrowIfNull(profile);
        var certified = Known(question, profile);
        var isFollowed = certified.Book.Calls.All(call => IsOwn(call, answer));
        certified = isFollowed ? certified : profile.Certify(question, answer);
        var book = certified.Book;
        var verdicts = new List<OutputVerdict>(book.Problems);
        var calls = book.Calls.Where(call => book.Problems.All(problem => problem.Name != call.Name)).ToList();
        verdicts.AddRange(calls.Select(call => call.Judge()));
        var isOpen = !isFollowed && calls.Exists(call => !call.IsGiven && Enumerable.Range(0, call.Shape.Length).Any(call.IsAmbiguous));
        foreach (var (name, value) in certified.Values)
        {
            if (!verdicts.Exists(verdict => verdict.Name == name))
            {
                var verdict = answer.Tensors.TryGetValue(name, out var found)
                    ? Compare(name, value, certified.Bounds[name], found)
                    : new OutputVerdict { Name = name, Outcome = Outcome.Fail, Message = "not in the answer" };
                verdict = found is null || !question.Operator.HasIndependentErrors || name != CaseTensorNames.Output + "y" ? verdict : TestMoments(question, profile, verdict, found);
                verdicts.Add(verdict.Outcome == Outcome.Fail && isOpen && found is not null ? Leave(verdict) : verdict);
            }
        }

        return new CaseVerdict(question.Name, profile.Name, Overall(verdicts), verdicts);
    }

    /// <summary>The bounds along the definitions' own decisions, found once for each open case.</summary>
    internal static CertifiedAnswer Known(CaseFile question, Profile profile) =>
        s_known.GetOrCreateValue(question).GetOrAdd(profile.Name, _ => profile.Certify(question, null));

    private static bool IsOwn(DecisionCall call, BackendAnswer answer) =>
        answer.Tensors.TryGetValue(call.Name, out var given) && given.Shape == call.Shape && call.Record().Values.Span.SequenceEqual(given.Values.Span);

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
