namespace SpikeSR.Reference.Conformance.Judging;

/// <summary>What was found of one tensor of an answer (SPEC JDG-1).</summary>
public sealed record OutputVerdict
{
    /// <summary>Name in the answer file: <c>out/y</c>, <c>grad_in/x</c>, <c>spike/0</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The finding.</summary>
    public required Outcome Outcome { get; init; }

    /// <summary>Number of elements.</summary>
    public int Elements { get; init; }

    /// <summary>Elements that lie outside their bound.</summary>
    public int Outside { get; init; }

    /// <summary>Elements of which nothing can be said within the profile: an overflow, a division by what may be 0.</summary>
    public int Unbounded { get; init; }

    /// <summary>Spikes or matches that differ and that rounding cannot turn.</summary>
    public int DecisiveMismatches { get; init; }

    /// <summary>Spikes or matches that rounding may turn, whether or not it did.</summary>
    public int Ambiguous { get; init; }

    /// <summary>Those of them that differ.</summary>
    public int AmbiguousFlips { get; init; }

    /// <summary>Index along each axis of the first element that fails; empty if none does.</summary>
    public IReadOnlyList<int> FirstIndex { get; init; } = [];

    /// <summary>The definitions' value there.</summary>
    public double Expected { get; init; }

    /// <summary>The backend's value there.</summary>
    public double Actual { get; init; }

    /// <summary>How far it may lie from the definitions' value there; of a decision, how far its margin may.</summary>
    public double Bound { get; init; }

    /// <summary>Of a decision, how far it was from turning there: H - V_th, or the lead over the backend's match.</summary>
    public double Margin { get; init; }

    /// <summary>The largest error as a fraction of its bound, infinite where the bound is 0; of decisions, the largest margin over its bound among those that differ.</summary>
    public double WorstRatio { get; init; }

    /// <summary>Bias and variance over the tensor; null where the operator's errors are not independent.</summary>
    public MomentFinding? Moments { get; init; }

    /// <summary>The reason in words; empty where there is nothing to say.</summary>
    public string Message { get; init; } = string.Empty;
}
