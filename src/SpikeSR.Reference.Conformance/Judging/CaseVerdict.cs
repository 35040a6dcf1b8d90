namespace SpikeSR.Reference.Conformance.Judging;

/// <summary>What was found of an answer.</summary>
/// <param name="Case">The case's name.</param>
/// <param name="Profile">Name of the profile it was judged by.</param>
/// <param name="Outcome">Fail where a tensor fails, else NotJudged where it cannot be judged, else Pass.</param>
/// <param name="Outputs">One verdict for every tensor that the answer holds or should hold, decisions included.</param>
public sealed record CaseVerdict(string Case, string Profile, Outcome Outcome, IReadOnlyList<OutputVerdict> Outputs)
{
    /// <summary>The reason in words; empty for a pass.</summary>
    public string Message => string.Join("; ", Outputs.Where(output => output.Outcome != Outcome.Pass).Select(output => $"{output.Name}: {output.Message}"));
}
