namespace SpikeSR.Reference.Conformance.Judging;

/// <summary>The decisions that an operator takes, in the order of its forward pass (SPEC JDG-2).</summary>
/// <param name="Spikes">Calls of a neuron.</param>
/// <param name="Matches">Calls of Match.</param>
/// <param name="SpikeShape">Shape of each record of spikes in a file; null: the spikes are the output <c>spike</c>.</param>
/// <param name="IsRequired">Whether an answer without its decisions cannot be judged.</param>
internal sealed record DecisionPlan(int Spikes, int Matches, int[]? SpikeShape, bool IsRequired)
{
    /// <summary>No decision at all.</summary>
    public static readonly DecisionPlan None = new(0, 0, null, IsRequired: false);
}
