using SpikeSR.Reference.Network;

namespace SpikeSR.Reference.Training.Scoring;

/// <summary>
/// The usual estimate of the arithmetic's energy in 45 nm silicon (Horowitz 2014), memory left out: a multiply-add 4.6 pJ, an addition 0.9 pJ. A convolution
/// that spikes feed does one addition, a synaptic operation, for every spike and weight it meets; everything else multiplies (SPEC SCORE-3).
/// </summary>
/// <param name="MultiplyAdds">Multiply-adds that stay, for an image of <see cref="Side"/> squared.</param>
/// <param name="SynapticOperations">Additions at the measured rates.</param>
/// <param name="Joules">Energy of both.</param>
/// <param name="DenseMultiplyAdds">Multiply-adds of the same network and time steps, were every neuron's output a number.</param>
/// <param name="DenseJoules">Their energy.</param>
/// <param name="OneStepJoules">The energy of the same without time steps, which such a network would not need.</param>
public sealed record EnergyEstimate(long MultiplyAdds, double SynapticOperations, double Joules, long DenseMultiplyAdds, double DenseJoules, double OneStepJoules)
{
    /// <summary>Side of the low-resolution image that is counted for, in pixels.</summary>
    public const int Side = 128;

    private const double JoulesAMultiplyAdd = 4.6e-12;
    private const double JoulesAnAddition = 0.9e-12;

    /// <summary>Estimates.</summary>
    /// <param name="configuration">Sizes.</param>
    /// <param name="sites">Measured rates.</param>
    public static EnergyEstimate Of(SpikeSrConfiguration configuration, IReadOnlyList<SpikeSite> sites)
    {
        var dense = NetworkCost.MultiplyAdds(configuration, Side, Side);
        var multiplyAdds = dense - sites.Sum(site => site.MultiplyAdds);
        var additions = sites.Sum(site => site.Rate * site.MultiplyAdds);
        return new EnergyEstimate(
            multiplyAdds,
            additions,
            (multiplyAdds * JoulesAMultiplyAdd) + (additions * JoulesAnAddition),
            dense,
            dense * JoulesAMultiplyAdd,
            NetworkCost.MultiplyAdds(configuration with { Steps = 1 }, Side, Side) * JoulesAMultiplyAdd);
    }
}
