namespace SpikeSR.Reference.Conformance.Golden;

/// <summary>A clause of SPEC.md.</summary>
/// <param name="Name">As LIF-2.</param>
/// <param name="Title">Its title.</param>
/// <param name="IsAskable">Whether it is about what an operator computes, so that a case can ask it.</param>
/// <param name="File">Where its definition is.</param>
/// <param name="Cases">Golden cases that it names, by operator or by id.</param>
/// <param name="Tests">Test classes that hold it.</param>
public sealed record SpecificationClause(string Name, string Title, bool IsAskable, string File, IReadOnlyList<string> Cases, IReadOnlyList<string> Tests)
{
    /// <summary>The cases of a suite that can show it broken: those that name it, and those that it names.</summary>
    /// <param name="suite">The suite.</param>
    public IReadOnlyList<GoldenCase> CasesOf(GoldenManifest suite)
    {
        ArgumentNullException.ThrowIfNull(suite);
        return [.. suite.Cases.Where(golden => golden.Clauses.Contains(Name) || Cases.Contains(golden.Id) || Cases.Contains(golden.Op))];
    }
}
