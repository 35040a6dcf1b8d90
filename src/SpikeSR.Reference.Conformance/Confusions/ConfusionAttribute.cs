namespace SpikeSR.Reference.Conformance.Confusions;

/// <summary>Marks a variant of the definitions that has one of them wrong: a generic class derived from DefinitionBackend.</summary>
/// <param name="clause">The clause of SPEC.md that it breaks.</param>
/// <param name="mistake">What it does wrong.</param>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ConfusionAttribute(string clause, string mistake) : Attribute
{
    /// <summary>The clause of SPEC.md that it breaks.</summary>
    public string Clause { get; } = clause;

    /// <summary>What it does wrong.</summary>
    public string Mistake { get; } = mistake;
}
