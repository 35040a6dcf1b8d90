using SpikeSR.Reference.Network;
using SpikeSR.Reference.Operators;

namespace SpikeSR.Reference.Tests.Properties.Subjects;

/// <summary>TDBN, through the batch's statistics in training.</summary>
internal sealed class BatchNormSubject(bool train) : Subject($"batch norm, {(train ? "training" : "evaluation")}")
{
    public override Calculation Prepare<T>(Trial<T> trial)
    {
        var dice = trial.Dice;
        var (planes, pixels, channels) = (dice.Extent(1, 3), dice.Extent(2, 9), dice.Extent(1, 4));
        var settings = new BatchNormSettings(dice.Pick(1e-5, 1e-2), dice.Real(0, 1), train);
        var x = trial.Input("x", new Range(-1, 2), planes, pixels, channels);
        var norm = new NormParameters<T>(
            trial.Parameter("weight", Range.Unit, channels),
            trial.Parameter("bias", Range.Unit, channels),
            trial.Buffer("running_mean", Range.Unit, channels),
            trial.Buffer("running_var", new Range(0.5, 2), channels));
        var (y, statistics) = (trial.Output("y", planes, pixels, channels), trial.Keep.Rent<T>(2, channels));
        return new(
            () => trial.Backend.BatchNorm(settings, x.Value, norm, y.Value, statistics),
            () => trial.Backend.BatchNormBackward(settings, x.Value, norm, statistics, y.Gradient, x.Gradient));
    }
}

/// <summary>Layer normalisation.</summary>
internal sealed class LayerNormSubject() : Subject("layer norm")
{
    public override Calculation Prepare<T>(Trial<T> trial)
    {
        var (rows, channels, epsilon) = (trial.Dice.Extent(1, 4), trial.Dice.Extent(1, 6), trial.Dice.Pick(1e-5, 1e-2));
        var (x, y) = (trial.Input("x", new Range(-1, 2), rows, channels), trial.Output("y", rows, channels));
        var (weight, bias) = (trial.Parameter("weight", Range.Unit, channels), trial.Parameter("bias", Range.Unit, channels));
        return new(
            () => trial.Backend.LayerNorm(epsilon, x.Value, weight, bias, y.Value),
            () => trial.Backend.LayerNormBackward(epsilon, x.Value, weight, bias, y.Gradient, x.Gradient));
    }
}

/// <summary>Softmax over rows.</summary>
internal sealed class SoftmaxSubject() : Subject("softmax")
{
    public override Calculation Prepare<T>(Trial<T> trial)
    {
        var (rows, count) = (trial.Dice.Extent(1, 4), trial.Dice.Extent(1, 6));
        var (x, y) = (trial.Input("x", new Range(-3, 3), rows, count), trial.Output("y", rows, count));
        return new(() => trial.Backend.Softmax(x.Value, y.Value), () => trial.Backend.SoftmaxBackward(y.Value, y.Gradient, x.Gradient));
    }
}
