using SpikeSR.Reference.Conformance;
using SpikeSR.Reference.Tensors;
using SpikeSR.Reference.Tests.Properties;

namespace SpikeSR.Reference.Mutants;

/// <summary>Which part of the suite a check belongs to.</summary>
internal enum CheckKind
{
    /// <summary>A law, at fixed samples.</summary>
    Law,

    /// <summary>A golden case, against PyTorch's answer.</summary>
    Golden,

    /// <summary>A case of ../shared/cases, against the answer in it.</summary>
    Shared,
}

/// <summary>One check of the suite, of any engine.</summary>
/// <param name="Kind">Where it comes from.</param>
/// <param name="Name">Its name there.</param>
/// <param name="Violation">Null where the engine passes; otherwise what was found.</param>
internal sealed record Check(CheckKind Kind, string Name, Func<IEngine, string?> Violation)
{
    // Enough for what random samples would find; a quick answer that is always the same.
    private const int MostSamples = 40;

    private readonly Lazy<IReadOnlySet<string>> _primitives = new(() => Record(Name, Violation));

    /// <summary>The primitives that the definitions call in this check.</summary>
    /// <exception cref="InvalidOperationException">The definitions do not pass.</exception>
    public IReadOnlySet<string> Primitives => _primitives.Value;

    /// <summary>A law at its fixed samples.</summary>
    public static Check Of(Law law) => new(
        CheckKind.Law,
        law.Name,
        engine => law.FixedSamples.Take(MostSamples).Select(sample => law.Violation(sample, engine)).FirstOrDefault(violation => violation is not null));

    /// <summary>A case and where its answer stands.</summary>
    public static Check Of(CheckKind kind, string name, Func<CaseFile> openQuestion, Func<CaseFile> openAnswer) => new(kind, name, engine =>
    {
        using var question = openQuestion();
        using var answer = openAnswer();
        var report = CaseComparer.Compare(question, CaseEvaluator.Evaluate(question, engine.Create<F64>()), answer);
        return report.Agrees ? null : report.Tensors.First(tensor => !tensor.Agrees).Name;
    });

    /// <summary>What this check finds of a mutant: null where it passes, or cannot tell it from the definitions. A mutant that throws is caught, too.</summary>
    public string? Catch(Mutant mutant)
    {
        if (!Primitives.Overlaps(mutant.Primitives))
        {
            return null;
        }

        try
        {
            return Violation(mutant);
        }
#pragma warning disable CA1031 // whatever a mistake throws
        catch (Exception failure)
#pragma warning restore CA1031
        {
            return failure.Message;
        }
    }

    public override string ToString() => Name;

    private static IReadOnlySet<string> Record(string name, Func<IEngine, string?> violation)
    {
        var recorder = new CallRecorder();
        return violation(recorder) is { } wrong ? throw new InvalidOperationException($"the definitions do not pass '{name}': {wrong}") : recorder.Calls;
    }
}
