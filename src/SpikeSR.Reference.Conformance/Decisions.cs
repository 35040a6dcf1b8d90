namespace SpikeSR.Reference.Conformance;

/// <summary>The decisions of one call.</summary>
/// <param name="Kind">What was decided, and what its margin is, in words.</param>
/// <param name="Values">The decisions: spikes as 0 or 1, or the numbers of matched patches.</param>
/// <param name="Margin">How clear a decision was against another value: (position, other value) to a distance that is 0 at a tie.</param>
internal sealed record Decisions(string Kind, int[] Values, Func<int, int, double> Margin);
