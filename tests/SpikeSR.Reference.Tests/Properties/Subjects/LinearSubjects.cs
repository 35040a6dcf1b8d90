namespace SpikeSR.Reference.Tests.Properties.Subjects;

/// <summary>The linear map on the last axis.</summary>
internal sealed class LinearSubject() : Subject("linear")
{
    public override Calculation Prepare<T>(Trial<T> trial)
    {
        var dice = trial.Dice;
        var (rows, inputs, outputs) = (dice.Extent(1, 5), dice.Extent(1, 5), dice.Extent(1, 5));
        var (x, weight) = (trial.Input("x", Range.Unit, rows, inputs), trial.Parameter("weight", Range.Unit, outputs, inputs));
        var bias = dice.Toss() ? trial.Parameter("bias", Range.Unit, outputs) : null;
        var y = trial.Output("y", rows, outputs);
        return new(
            () => trial.Backend.Linear(x.Value, weight, bias, y.Value),
            () => trial.Backend.LinearBackward(x.Value, weight, bias, y.Gradient, x.Gradient));
    }
}

/// <summary>Mixing over time steps.</summary>
internal sealed class StepMixingSubject() : Subject("step mixing")
{
    public override Calculation Prepare<T>(Trial<T> trial)
    {
        var (steps, count) = (trial.Dice.Extent(1, 5), trial.Dice.Extent(1, 5));
        var (x, weight, y) = (trial.Input("x", Range.Unit, steps, count), trial.Parameter("weight", Range.Unit, steps, steps, 1), trial.Output("y", steps, count));
        return new(
            () => trial.Backend.StepMixing(x.Value, weight, y.Value),
            () => trial.Backend.StepMixingBackward(x.Value, weight, y.Gradient, x.Gradient));
    }
}

/// <summary>Global average pooling.</summary>
internal sealed class AveragePoolSubject() : Subject("average pooling")
{
    public override Calculation Prepare<T>(Trial<T> trial)
    {
        var (planes, pixels, channels) = (trial.Dice.Extent(1, 3), trial.Dice.Extent(1, 9), trial.Dice.Extent(1, 4));
        var (x, y) = (trial.Input("x", Range.Unit, planes, pixels, channels), trial.Output("y", planes, channels));
        return new(() => trial.Backend.AveragePool(x.Value, y.Value), () => trial.Backend.AveragePoolBackward(y.Gradient, x.Gradient));
    }
}

/// <summary>Pixel shuffle.</summary>
internal sealed class PixelShuffleSubject() : Subject("pixel shuffle")
{
    public override Calculation Prepare<T>(Trial<T> trial)
    {
        var dice = trial.Dice;
        var (scale, images, height, width, channels) = (dice.Between(1, 4), dice.Extent(1, 2), dice.Extent(1, 4), dice.Extent(1, 4), dice.Extent(1, 3));
        var x = trial.Input("x", Range.Unit, images, height, width, channels * scale * scale);
        var y = trial.Output("y", images, height * scale, width * scale, channels);
        return new(
            () => trial.Backend.PixelShuffle(scale, x.Value, y.Value),
            () => trial.Backend.PixelShuffleBackward(scale, y.Gradient, x.Gradient));
    }
}

/// <summary>The mean over time steps.</summary>
internal sealed class MeanOverStepsSubject() : Subject("mean over steps")
{
    public override Calculation Prepare<T>(Trial<T> trial)
    {
        var (steps, count) = (trial.Dice.Extent(1, 5), trial.Dice.Extent(1, 5));
        var (x, y) = (trial.Input("x", Range.Unit, steps, count), trial.Output("y", count));
        return new(
            () => trial.Backend.MeanOverSteps(x.Value, y.Value),
            () => trial.Backend.MeanOverStepsBackward(y.Gradient, x.Gradient));
    }
}
