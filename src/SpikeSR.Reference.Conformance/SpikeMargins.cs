namespace SpikeSR.Reference.Conformance;

/// <summary>How clear each spike's decision is.</summary>
/// <param name="Values">H - V_th in float64, as the output <c>spike</c> of shape [T, ...].</param>
/// <param name="Steps">T.</param>
internal sealed record SpikeMargins(double[] Values, int Steps);
