using SpikeSR.Reference.Serialization;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Judging;

/// <summary>The definitions' answer with its bounds (SPEC BND-1).</summary>
internal sealed class CertifiedAnswer
{
    // Beyond the rounding of the bound's own arithmetic, some thousand million operations in double.
    private const double RoundUp = 1 + 1e-6;

    private CertifiedAnswer(IReadOnlyDictionary<string, AnswerTensor> values, IReadOnlyDictionary<string, AnswerTensor> bounds) => (Values, Bounds) = (values, bounds);

    /// <summary>The answers, as <see cref="CaseEvaluator"/> finds them in double.</summary>
    public IReadOnlyDictionary<string, AnswerTensor> Values { get; }

    /// <summary>How far a backend may lie from each; infinite where nothing can be said.</summary>
    public IReadOnlyDictionary<string, AnswerTensor> Bounds { get; }

    /// <summary>Runs the definitions with bounds, following the book's decisions.</summary>
    /// <typeparam name="TRounding">How the backend rounds.</typeparam>
    /// <param name="question">The case.</param>
    /// <param name="book">The backend's decisions; receives how clear each was.</param>
    /// <exception cref="MalformedFileException">The question is wrong.</exception>
    public static CertifiedAnswer Of<TRounding>(CaseFile question, DecisionBook book)
        where TRounding : struct, IRounding
    {
        var backend = new BoundingBackend<TRounding>(book, EvaluationSettings.Oracle.Threads);
        var binding = CaseEvaluator.Compute(question, backend);
        return new(
            binding.Answer().Tensors,
            binding.Answer(number => number.Error * RoundUp).Tensors);
    }
}
