namespace SpikeSR.Reference.Mutants;

/// <summary>Marks a variant of the definitions that must be caught: a generic class derived from DefinitionBackend, with the mistake in words.</summary>
/// <param name="mistake">What it does wrong.</param>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class MutationAttribute(string mistake) : Attribute
{
    /// <summary>What it does wrong.</summary>
    public string Mistake { get; } = mistake;
}
