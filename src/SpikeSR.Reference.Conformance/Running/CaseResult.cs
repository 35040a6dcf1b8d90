using SpikeSR.Reference.Conformance.Confusions;
using SpikeSR.Reference.Conformance.Judging;

namespace SpikeSR.Reference.Conformance.Running;

/// <summary>What a run found of one case.</summary>
public sealed record CaseResult
{
    /// <summary>The case.</summary>
    public required string Id { get; init; }

    /// <summary>Its operator.</summary>
    public required string Op { get; init; }

    /// <summary>The level at which it was asked.</summary>
    public required int Level { get; init; }

    /// <summary>Why the case exists.</summary>
    public required string Why { get; init; }

    /// <summary>Clauses of SPEC.md that it can show to be broken.</summary>
    public required IReadOnlyList<string> Clauses { get; init; }

    /// <summary>Confusions that are wrong on the case as it was asked.</summary>
    public required IReadOnlyList<string> Separates { get; init; }

    /// <summary>The finding.</summary>
    public required CaseOutcome Outcome { get; init; }

    /// <summary>What happened, in a word or two: passed, wrong answer, or what the backend did instead of answering.</summary>
    public required string Cause { get; init; }

    /// <summary>One line about it; empty where there is nothing to say.</summary>
    public string Message { get; init; } = string.Empty;

    /// <summary>What of the case was not asked, because the backend does not support it; empty: everything was asked.</summary>
    public string Debt { get; init; } = string.Empty;

    /// <summary>The outputs that did not pass.</summary>
    public IReadOnlyList<OutputVerdict> Outputs { get; init; } = [];

    /// <summary>Spikes and matches that rounding may turn.</summary>
    public int Ambiguous { get; init; }

    /// <summary>Elements of which nothing can be said within the profile, so that they were not judged (SPEC JDG-1).</summary>
    public int Unbounded { get; init; }

    /// <summary>Variants of the definitions that reproduce a wrong answer, the most likely first.</summary>
    public IReadOnlyList<NamedConfusion> Confusions { get; init; } = [];

    /// <summary>A coarser profile by which a wrong answer of an operator is right in every element, or empty: perhaps no wrong meaning, but less precision than was promised.</summary>
    public string Coarser { get; init; } = string.Empty;

    /// <summary>Cases that ask for less and failed as well: this one may have no reason of its own.</summary>
    public IReadOnlyList<string> Behind { get; init; } = [];

    /// <summary>A command that asks the same again.</summary>
    public required string Replay { get; init; }

    /// <summary>How long the backend took.</summary>
    public double Seconds { get; init; }
}
