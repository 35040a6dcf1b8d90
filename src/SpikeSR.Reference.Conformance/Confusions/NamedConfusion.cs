namespace SpikeSR.Reference.Conformance.Confusions;

/// <summary>A confusion that may explain a wrong answer.</summary>
/// <param name="Name">The variant.</param>
/// <param name="Clause">The clause that it breaks.</param>
/// <param name="Mistake">What it does wrong.</param>
/// <param name="Agreeing">Elements of the answer that are the variant's.</param>
/// <param name="Elements">Elements of the answer.</param>
public sealed record NamedConfusion(string Name, string Clause, string Mistake, long Agreeing, long Elements)
{
    /// <summary>Whether only outputs were compared, because gradients agree with no variant's.</summary>
    public bool OutputsOnly { get; init; }

    /// <summary>Whether the variant answers as the backend did, element by element.</summary>
    public bool Reproduces => Agreeing == Elements;
}
