using System.Diagnostics;
using SpikeSR.Reference.Conformance.Backends;
using SpikeSR.Reference.Conformance.Confusions;
using SpikeSR.Reference.Conformance.Golden;
using SpikeSR.Reference.Conformance.Judging;

namespace SpikeSR.Reference.Conformance.Running;

/// <summary>Asks a backend the cases of a suite, one at a time, and has its answers judged (SPEC KIT-4).</summary>
/// <param name="suite">The cases.</param>
/// <param name="backend">What is asked.</param>
/// <param name="capabilities">What it supports.</param>
/// <param name="judge">What decides.</param>
public sealed class ConformanceRun(GoldenManifest suite, ICaseBackend backend, Capabilities capabilities, ICaseJudge judge)
{
    private readonly ConfusionFinder _finder = new(suite, judge.Profile);

    /// <summary>Options of the command that asks a case again, beside the profile.</summary>
    public string ReplayOptions { get; init; } = string.Empty;

    /// <summary>Asks the chosen cases.</summary>
    /// <param name="selection">Which.</param>
    /// <param name="progress">Is told each result as it comes.</param>
    /// <param name="cancellation">Asks to stop; the report then has the cases that were finished.</param>
    /// <exception cref="ArgumentException">The backend cannot be started at all.</exception>
    public RunReport Run(RunSelection selection, Action<CaseResult>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(selection);
        var clock = Stopwatch.StartNew();
        var (results, failed) = (new List<CaseResult>(), new HashSet<string>(StringComparer.Ordinal));
        var chosen = selection.Of(suite);
        foreach (var golden in chosen)
        {
            if (AskUnlessStopped(golden, selection.HighestLevel >= GoldenCase.GradientLevel, cancellation) is not { } result)
            {
                break;
            }

            // A command that is wrong, not a wrong answer to every case.
            if (result.Cause == Words(ReplyKind.NotStarted) && results.TrueForAll(other => other.Outcome == CaseOutcome.Debt))
            {
                throw new ArgumentException($"the backend cannot be started: {result.Message}");
            }

            result = result.Outcome == CaseOutcome.Failed ? result with { Behind = [.. golden.Requires.Where(failed.Contains)] } : result;
            if (result.Outcome == CaseOutcome.Failed)
            {
                failed.Add(golden.Id);
            }

            results.Add(result);
            progress?.Invoke(result);
        }

        return new RunReport { Backend = capabilities.Name ?? backend.Name, Profile = judge.Profile.Name, Cases = results, NotReached = chosen.Count - results.Count, Seconds = clock.Elapsed.TotalSeconds };
    }

    /// <summary>Asks one case.</summary>
    /// <param name="golden">The case.</param>
    /// <param name="withGradients">Whether gradients may be asked for.</param>
    /// <param name="cancellation">Asks to give it up.</param>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public CaseResult Ask(GoldenCase golden, bool withGradients = true, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(golden);
        var owesGradients = golden.AsksGradients && withGradients && !capabilities.AnswersGradients(golden.Op);
        var isForward = golden.AsksGradients && (!withGradients || owesGradients);
        var result = new CaseResult
        {
            Id = golden.Id,
            Op = golden.Op,
            Level = isForward ? golden.LowestLevelAsked : golden.Level,
            Why = golden.Why,
            Clauses = golden.Clauses,
            Separates = isForward ? [] : golden.Separates,
            Outcome = CaseOutcome.Debt,
            Cause = "not supported",
            Debt = owesGradients ? "gradients" : string.Empty,
            Replay = backend.Replay.Replace("ID", golden.Id, StringComparison.Ordinal) + $" --profile {judge.Profile.Name}{ReplayOptions}",
        };
        if (capabilities.Debt(golden) is { } reason)
        {
            return result with { Debt = "case", Message = reason };
        }

        var question = isForward ? golden.BuildForwardQuestion() : golden.BuildQuestion();
        var reply = backend.Answer(golden.Id, question, cancellation);
        result = result with { Seconds = reply.Elapsed.TotalSeconds, Message = reply.Message };
        return (golden.MustBeRefused, reply) switch
        {
            (true, { Kind: ReplyKind.Refused }) => result with { Outcome = CaseOutcome.Passed, Cause = "refused" },
            (true, { Kind: ReplyKind.Answered }) => result with { Outcome = CaseOutcome.Failed, Cause = "answered", Message = "answered, where the only right answer is to refuse it" },
            (false, { Kind: ReplyKind.Answered, Answer: { } answer }) => Judged(result, golden, question, answer),
            _ => result with { Outcome = CaseOutcome.Failed, Cause = Words(reply.Kind) },
        };
    }

    // TimedOut: timed out.
    private static string Words(ReplyKind kind) =>
        string.Concat(kind.ToString().Select((letter, i) => char.IsUpper(letter) ? (i == 0 ? string.Empty : " ") + char.ToLowerInvariant(letter) : letter.ToString()));

    private CaseResult? AskUnlessStopped(GoldenCase golden, bool withGradients, CancellationToken cancellation)
    {
        try
        {
            return cancellation.IsCancellationRequested ? null : Ask(golden, withGradients, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return null;
        }
    }

    private CaseResult Judged(CaseResult result, GoldenCase golden, byte[] question, BackendAnswer answer)
    {
        using var file = CaseFile.Open(question, golden.Id);
        var verdict = judge.Answer(file, answer);
        result = result with
        {
            Message = verdict.Message,
            Outputs = [.. verdict.Outputs.Where(output => output.Outcome != Outcome.Pass)],
            Ambiguous = verdict.Outputs.Sum(output => output.Ambiguous),
            Unbounded = verdict.Outputs.Sum(output => output.Unbounded),
        };
        return verdict.Outcome switch
        {
            Outcome.Pass => result with { Outcome = CaseOutcome.Passed, Cause = "passed" },
            Outcome.NotJudged => result with { Outcome = CaseOutcome.NotJudged, Cause = "not judged" },
            _ => Explained(result with { Outcome = CaseOutcome.Failed, Cause = "wrong answer" }, golden, file, answer),
        };
    }

    // A wrong meaning, or the right one in a coarser precision than was promised.
    private CaseResult Explained(CaseResult result, GoldenCase golden, CaseFile question, BackendAnswer answer)
    {
        var confusions = _finder.Find(golden, question, answer);
        return result with { Confusions = confusions, Coarser = confusions.Any(confusion => confusion.Reproduces) ? string.Empty : Coarser(golden, question, answer) };
    }

    // Of blocks and networks the bounds of another profile take too long, and their operators have told by then.
    private string Coarser(GoldenCase golden, CaseFile question, BackendAnswer answer) => golden.Level >= GoldenCase.BlockLevel
        ? string.Empty
        : Profile.All.SkipWhile(profile => profile != judge.Profile).Skip(1).FirstOrDefault(profile => IsRight(Judge.Answer(question, answer, profile)))?.Name ?? string.Empty;

    // Where elements have no bound, any answer passes: that says nothing about precision.
    private static bool IsRight(CaseVerdict verdict) => verdict.Outcome == Outcome.Pass && verdict.Outputs.All(output => output.Unbounded == 0);
}
