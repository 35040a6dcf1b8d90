using SpikeSR.Reference.Conformance.Golden;

namespace SpikeSR.Reference.Conformance.Running;

/// <summary>Which cases of a suite a run asks.</summary>
public sealed record RunSelection
{
    /// <summary>The lowest level.</summary>
    public int LowestLevel { get; init; } = GoldenCase.LowestLevel;

    /// <summary>The highest level; at 1 no operator is asked for gradients.</summary>
    public int HighestLevel { get; init; } = GoldenCase.HighestLevel;

    /// <summary>Operators; none: all.</summary>
    public IReadOnlyList<string> Operators { get; init; } = [];

    /// <summary>Cases by name, where a name may end with <c>*</c>; none: all.</summary>
    public IReadOnlyList<string> Cases { get; init; } = [];

    /// <summary>The cases, in the suite's order.</summary>
    /// <param name="suite">The suite.</param>
    /// <exception cref="ArgumentException">An operator or case is not in the suite, or none is left.</exception>
    public IReadOnlyList<GoldenCase> Of(GoldenManifest suite)
    {
        ArgumentNullException.ThrowIfNull(suite);
        if (Operators.FirstOrDefault(op => !suite.Cases.Any(golden => golden.Op == op)) is { } unknown)
        {
            throw new ArgumentException($"--operators: found '{unknown}', expected some of {string.Join(", ", suite.Cases.Select(golden => golden.Op).Distinct())}");
        }

        if (Cases.FirstOrDefault(name => !suite.Cases.Any(golden => Matches(golden, name))) is { } missing)
        {
            throw new ArgumentException($"--cases: found '{missing}', expected names of 'spikesr conform list'");
        }

        var chosen = suite.Cases.Where(Includes).ToList();
        return chosen.Count > 0 ? chosen : throw new ArgumentException("no case is of these levels, operators and names");
    }

    private static bool Matches(GoldenCase golden, string name) =>
        name.EndsWith('*') ? golden.Id.StartsWith(name[..^1], StringComparison.Ordinal) : golden.Id == name;

    // An operator with gradients can be asked without them.
    private bool Includes(GoldenCase golden) =>
        golden.LowestLevelAsked <= HighestLevel && golden.Level >= LowestLevel
        && (Operators.Count == 0 || Operators.Contains(golden.Op)) && (Cases.Count == 0 || Cases.Any(name => Matches(golden, name)));
}
