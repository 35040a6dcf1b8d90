namespace SpikeSR.Reference.Training.Scoring;

/// <summary>A place in the network where neurons fire into a convolution.</summary>
/// <param name="Name">The neuron's place among the published names.</param>
/// <param name="Rate">Spikes a neuron and time step, 0 to 1.</param>
/// <param name="MultiplyAdds">Multiply-adds of the convolution that the spikes feed, all time steps, for an image of <see cref="EnergyEstimate.Side"/> squared.</param>
public sealed record SpikeSite(string Name, double Rate, long MultiplyAdds);
