using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Neurons;

/// <summary>How a neuron charges (SPEC LIF-1, IF-1, PLIF-1).</summary>
public enum NeuronKind
{
    /// <summary>Integrate and fire: H = V + X.</summary>
    IntegrateAndFire,

    /// <summary>Leaky integrate and fire with a fixed time constant tau.</summary>
    Leaky,

    /// <summary>Leaky with a learned rate r = sigmoid(w) in place of 1 / tau.</summary>
    ParametricLeaky,
}

/// <summary>Everything that fixes a spiking neuron's behaviour (SPEC LIF).</summary>
public sealed record NeuronSettings
{
    /// <summary>The neuron of every site in SpikeSR: LIF, tau 2, V_th 0.15, hard reset to 0, sigmoid surrogate of alpha 4.</summary>
    public static readonly NeuronSettings SpikeSr = new() { Threshold = 0.15 };

    /// <summary>How it charges.</summary>
    public NeuronKind Kind { get; init; } = NeuronKind.Leaky;

    /// <summary>Membrane time constant in steps, above 1; used by <see cref="NeuronKind.Leaky"/> only.</summary>
    public double Tau { get; init; } = 2;

    /// <summary>Whether the input decays with the membrane: H = V + (X - (V - V_reset)) / tau instead of V - (V - V_reset) / tau + X.</summary>
    public bool DecayInput { get; init; }

    /// <summary>Membrane at which the neuron fires, V_th; H equal to it fires.</summary>
    public double Threshold { get; init; } = 1;

    /// <summary>Membrane after a spike, V_reset; null: soft reset, V = H - V_th.</summary>
    public double? Reset { get; init; } = 0;

    /// <summary>Whether the backward pass treats the spike inside the reset as a constant.</summary>
    public bool DetachReset { get; init; }

    /// <summary>The surrogate gradient of the step.</summary>
    public SurrogateFunction Surrogate { get; init; } = new(SurrogateKind.Sigmoid, 4);

    /// <summary>Throws unless every constant is in its range.</summary>
    /// <exception cref="ArgumentException">One is not; the message says which.</exception>
    public void Check()
    {
        Guard.That(Enum.IsDefined(Kind), $"unknown neuron {Kind}", nameof(Kind));
        Guard.That(Kind != NeuronKind.Leaky || Tau > 1, $"tau is {Tau}, expected above 1", nameof(Tau));
        Guard.That(!double.IsNaN(Threshold), "threshold is no number", nameof(Threshold));
        Guard.That(Reset is not { } reset || !double.IsNaN(reset), "reset is no number", nameof(Reset));
        Surrogate.Check();
    }
}
