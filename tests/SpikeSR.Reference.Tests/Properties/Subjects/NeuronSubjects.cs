using SpikeSR.Reference.Neurons;

namespace SpikeSR.Reference.Tests.Properties.Subjects;

/// <summary>IF, LIF or PLIF over T steps, every setting open.</summary>
internal sealed class NeuronSubject(string name, NeuronKind kind) : Subject(name)
{
    public override Calculation Prepare<T>(Trial<T> trial)
    {
        var dice = trial.Dice;
        var settings = DrawSettings(dice, kind);
        trial.IsSmooth = !settings.DetachReset;
        var (steps, count) = (dice.Extent(1, 6), dice.Extent(1, 7));
        var rate = kind == NeuronKind.ParametricLeaky ? trial.Parameter("w", Range.Unit, 1) : null;
        var x = trial.Input("x", new Range(-0.5, 1.5), steps, count);
        var (spike, trace) = (trial.Output("spike", steps, count), trial.Output("v", steps, count));
        return new(
            () => trial.Backend.Neuron(settings, rate, x.Value, default, spike.Value, trace.Value),
            () => trial.Backend.NeuronBackward(settings, rate, x.Value, spike.Gradient, trace.Gradient, x.Gradient));
    }

    /// <summary>Draws a neuron of one kind.</summary>
    public static NeuronSettings DrawSettings(Dice dice, NeuronKind kind) => new()
    {
        Kind = kind,
        Tau = dice.Real(1.1, 4),
        DecayInput = kind != NeuronKind.IntegrateAndFire && dice.Toss(),
        Threshold = dice.Real(0.3, 1),
        Reset = dice.Pick<double?>(null, 0, -0.2, 0.1),
        DetachReset = dice.Toss(),
        Surrogate = new(dice.Pick(Enum.GetValues<SurrogateKind>()), dice.Real(0.5, 4)),
    };
}

/// <summary>The step by itself, with its surrogate.</summary>
internal sealed class SurrogateSubject(SurrogateKind kind) : Subject($"surrogate {kind}")
{
    public override Calculation Prepare<T>(Trial<T> trial)
    {
        var surrogate = new SurrogateFunction(kind, trial.Dice.Real(0.5, 4));
        var count = trial.Dice.Extent(1, 7);
        var (x, spike) = (trial.Input("x", Range.Unit, count), trial.Output("spike", count));
        return new(
            () => trial.Backend.Surrogate(surrogate, x.Value, spike.Value),
            () => trial.Backend.SurrogateBackward(surrogate, x.Value, spike.Gradient, x.Gradient));
    }
}
