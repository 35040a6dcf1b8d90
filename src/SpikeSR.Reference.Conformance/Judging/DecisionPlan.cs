using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Judging;

/// <summary>The decisions that an operator takes, in the order of its forward pass (SPEC JDG-2).</summary>
/// <param name="Spikes">Calls of a neuron.</param>
/// <param name="Matches">Calls of Match.</param>
/// <param name="SpikeShape">Shape of each call's spikes in a file.</param>
/// <param name="IsRequired">Whether an answer without its decisions cannot be judged.</param>
internal sealed record DecisionPlan(int Spikes, int Matches, Shape SpikeShape, bool IsRequired)
{
    /// <summary>No decision at all.</summary>
    public static readonly DecisionPlan None = new(0, 0, default, IsRequired: false);

    /// <summary>The one call whose spikes are the output <c>spike</c>, of the shape of x.</summary>
    /// <param name="question">A case whose tensors were found right.</param>
    public static DecisionPlan OutputSpikes(CaseFile question) => new(1, 0, question.Tensors[CaseTensorNames.Input + "x"].ToShape(), IsRequired: false) { SpikesAreOutput = true };

    /// <summary>Whether the spikes are the output <c>spike</c>, rather than records beside the outputs.</summary>
    public bool SpikesAreOutput { get; private init; }
}
