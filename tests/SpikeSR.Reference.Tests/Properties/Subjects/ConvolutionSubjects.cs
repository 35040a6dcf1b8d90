using SpikeSR.Reference.Operators;

namespace SpikeSR.Reference.Tests.Properties.Subjects;

/// <summary>The sizes of a convolution, drawn.</summary>
internal sealed class ConvolutionSizes
{
    public ConvolutionSizes(Dice dice)
    {
        Settings = new ConvolutionSettings(dice.Between(1, 2), dice.Between(0, 2), dice.Between(1, 2), dice.Between(1, 2));
        (Images, Inputs, Outputs) = (dice.Extent(1, 2), Settings.Groups * dice.Extent(1, 3), Settings.Groups * dice.Extent(1, 3));
        (KernelRows, KernelColumns) = (dice.Extent(1, 3), dice.Extent(1, 3));
        (Height, Width) = (Least(KernelRows) + dice.Extent(0, 4), Least(KernelColumns) + dice.Extent(0, 4));
        (Rows, Columns) = (Settings.OutputExtent(Height, KernelRows), Settings.OutputExtent(Width, KernelColumns));
    }

    public ConvolutionSettings Settings { get; }

    public int Images { get; }

    public int Inputs { get; }

    public int Outputs { get; }

    public int Height { get; }

    public int Width { get; }

    public int KernelRows { get; }

    public int KernelColumns { get; }

    public int Rows { get; }

    public int Columns { get; }

    // The smallest image that the kernel fits into.
    private int Least(int kernel) => Math.Max(1, (Settings.Dilation * (kernel - 1)) + 1 - (2 * Settings.Padding));
}

/// <summary>conv2d with any stride, padding, dilation and groups.</summary>
internal sealed class ConvolutionSubject() : Subject("convolution")
{
    public override Calculation Prepare<T>(Trial<T> trial)
    {
        var size = new ConvolutionSizes(trial.Dice);
        var x = trial.Input("x", Range.Unit, size.Images, size.Height, size.Width, size.Inputs);
        var weight = trial.Parameter("weight", Range.Unit, size.Outputs, size.Inputs / size.Settings.Groups, size.KernelRows, size.KernelColumns);
        var bias = trial.Dice.Toss() ? trial.Parameter("bias", Range.Unit, size.Outputs) : null;
        var y = trial.Output("y", size.Images, size.Rows, size.Columns, size.Outputs);
        return new(
            () => trial.Backend.Convolution(size.Settings, x.Value, weight, bias, y.Value),
            () => trial.Backend.ConvolutionBackward(size.Settings, x.Value, weight, bias, y.Gradient, x.Gradient));
    }
}

/// <summary>Deformable convolution, with and without mask, offsets between pixels or on them (where every border tap sits at -1 or at H).</summary>
internal sealed class DeformableConvolutionSubject() : Subject("deformable convolution")
{
    public override Calculation Prepare<T>(Trial<T> trial)
    {
        var (dice, size) = (trial.Dice, new ConvolutionSizes(trial.Dice));
        var groups = size.Inputs % 2 == 0 ? dice.Between(1, 2) : 1;
        var taps = groups * size.KernelRows * size.KernelColumns;
        var whole = dice.Between(0, 3) == 0;
        trial.IsSmooth = !whole;
        var x = trial.Input("x", Range.Unit, size.Images, size.Height, size.Width, size.Inputs);
        var offset = trial.Input("offset", new Range(-2.5, 2.5, whole), size.Images, size.Rows, size.Columns, 2 * taps);
        var mask = dice.Toss() ? trial.Input("mask", Range.Unit, size.Images, size.Rows, size.Columns, taps) : null;
        var weight = trial.Parameter("weight", Range.Unit, size.Outputs, size.Inputs / size.Settings.Groups, size.KernelRows, size.KernelColumns);
        var bias = dice.Toss() ? trial.Parameter("bias", Range.Unit, size.Outputs) : null;
        var y = trial.Output("y", size.Images, size.Rows, size.Columns, size.Outputs);
        return new(
            () => trial.Backend.DeformableConvolution(size.Settings, groups, x.Value, offset.Value, mask?.Value ?? default, weight, bias, y.Value),
            () => trial.Backend.DeformableConvolutionBackward(
                size.Settings, groups, x.Value, offset.Value, mask?.Value ?? default, weight, bias, y.Gradient, x.Gradient, offset.Gradient, mask?.Gradient ?? default));
    }
}
