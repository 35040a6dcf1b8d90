using SpikeSR.Reference.Serialization;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Judging;

/// <summary>The definitions' answer with its bounds (SPEC BND-1, BND-5).</summary>
internal sealed class CertifiedAnswer
{
    // Beyond the rounding of the bound's own arithmetic, some thousand million operations in double.
    private const double RoundUp = 1 + 1e-6;

    /// <summary>An answer whose bounds were found before.</summary>
    /// <param name="values">As <see cref="Values"/>.</param>
    /// <param name="bounds">As <see cref="Bounds"/>.</param>
    /// <param name="calls">As <see cref="Calls"/>.</param>
    public CertifiedAnswer(IReadOnlyDictionary<string, AnswerTensor> values, IReadOnlyDictionary<string, AnswerTensor> bounds, IReadOnlyList<DecisionCall> calls) =>
        (Values, Bounds, Calls) = (values, bounds, calls);

    /// <summary>The answers, as <see cref="CaseEvaluator"/> finds them in double.</summary>
    public IReadOnlyDictionary<string, AnswerTensor> Values { get; }

    /// <summary>How far a backend may lie from each; infinite where nothing can be said.</summary>
    public IReadOnlyDictionary<string, AnswerTensor> Bounds { get; }

    /// <summary>The decisions that were followed, call by call, and how clear each was.</summary>
    public IReadOnlyList<DecisionCall> Calls { get; }

    /// <summary>
    /// Runs the definitions with bounds, following the backend's decisions; where an operator is a composite, whose bound grows with every
    /// operation that it is handed on by, the probes' bound holds where it is the lower one.
    /// </summary>
    /// <typeparam name="TRounding">How the backend rounds.</typeparam>
    /// <param name="question">The case.</param>
    /// <param name="answer">The backend's answer; null: the definitions' own decisions are followed.</param>
    /// <exception cref="MalformedFileException">The question is wrong.</exception>
    public static CertifiedAnswer Of<TRounding>(CaseFile question, BackendAnswer? answer)
        where TRounding : struct, IRounding
    {
        var book = new DecisionBook(question, answer);
        var binding = CaseEvaluator.Compute(question, new BoundingBackend<Bounded<TRounding>>(book, EvaluationSettings.Oracle.Threads));
        var values = binding.Answer().Tensors;
        var bounds = binding.Answer(number => number.Error * RoundUp).Tensors;
        if (!question.Operator.IsComposite)
        {
            return new(values, bounds, book.Calls);
        }

        var books = new DecisionBook[CauchyScale.Runs];
        var draws = new IReadOnlyDictionary<string, AnswerTensor>[CauchyScale.Runs * CauchyScale.Lanes];
        EvaluationSettings.Oracle.Threads.For(CauchyScale.Runs, run =>
        {
            CauchyScale.Start(run);
            books[run] = new DecisionBook(question, answer);
            var probe = CaseEvaluator.Compute(question, new BoundingBackend<Probe<TRounding>>(books[run], new Parallelism(1)));
            for (var lane = 0; lane < CauchyScale.Lanes; lane++)
            {
                draws[(run * CauchyScale.Lanes) + lane] = probe.Answer(number => number.Draw(lane)).Tensors;
            }
        });
        for (var call = 0; call < book.Calls.Count; call++)
        {
            book.Calls[call].Tighten([.. books.Select(other => other.Calls[call])], Probe<TRounding>.Unit);
        }

        return new(values, bounds.ToDictionary(bound => bound.Key, bound => Tighten(bound.Value, [.. draws.Select(draw => draw[bound.Key].Values)], Probe<TRounding>.Unit)), book.Calls);
    }

    private static AnswerTensor Tighten(AnswerTensor bounds, ReadOnlyMemory<double>[] draws, double unit)
    {
        var tighter = bounds.Values.ToArray();
        var own = new float[draws.Length];
        for (var i = 0; i < tighter.Length; i++)
        {
            for (var draw = 0; draw < draws.Length; draw++)
            {
                own[draw] = (float)draws[draw].Span[i];
            }

            tighter[i] = Math.Min(tighter[i], CauchyScale.Bound(own, unit));
        }

        return bounds with { Values = tighter };
    }
}
