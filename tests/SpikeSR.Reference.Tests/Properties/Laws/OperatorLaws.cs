using SpikeSR.Reference.Network;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;
using SpikeSR.Reference.Tests.Properties.Subjects;

namespace SpikeSR.Reference.Tests.Properties.Laws;

/// <summary>What single operators compute, said in another way than their definitions say it.</summary>
internal static class OperatorLaws
{
    public static IEnumerable<Law> All { get; } =
    [
        new("convolution: a kernel of one 1 shifts", 40, OneTap),
        new("convolution: groups are convolutions apart", 20, Groups),
        new("convolution: doubled input, doubled output", 20, Doubling),
        new("deformable convolution: zero offsets, unit mask", 40, ZeroOffsets),
        new("deformable convolution: whole offsets shift", 30, WholeOffsets),
        new("deformable convolution: what it reads outside", 1, OutsideTable),
        new("linear: dot products with the rows", 20, Linear),
        new("step mixing: rows of the weight mix the steps", 20, StepMixing),
        new("pixel shuffle: its equation", 20, PixelShuffle),
        new("average pooling and mean over steps: the means", 20, Means),
        new("batch norm, training: moments and statistics", 30, BatchNormTraining),
        new("batch norm, evaluation: its equation", 20, BatchNormEvaluation),
        new("layer norm: its equation", 20, LayerNorm),
        new("softmax: its equation, and a shift is nothing", 20, Softmax),
        new("softmax: large logits", 1, LargeLogits),
        new("activations: a table", 1, ActivationTable),
        new("blend and channel gates: their equations", 20, Gates),
        new("L1 loss: mean and signs, none at 0", 20, Loss),
        new("Adam: three steps of the textbook", 20, Adam),
    ];

    // y[p, q] = x[p stride - padding + ky dilation, ...] of one channel, 0 outside.
    private static string? OneTap(Sample sample, IEngine engine)
    {
        var (trial, size) = Sized(sample, engine);
        var settings = size.Settings with { Groups = 1 };
        var x = trial.Constant("x", Range.Unit, size.Images, size.Height, size.Width, size.Inputs);
        var (ky, kx, i) = (trial.Dice.Between(0, size.KernelRows - 1), trial.Dice.Between(0, size.KernelColumns - 1), trial.Dice.Between(0, size.Inputs - 1));
        var weight = new Parameter<F64>("weight", TensorView<F64>.Allocate(new Shape(1, size.Inputs, size.KernelRows, size.KernelColumns)));
        weight.Value.Span[(((i * size.KernelRows) + ky) * size.KernelColumns) + kx] = new F64(1);
        var y = TensorView<F64>.Allocate(new Shape(size.Images, size.Rows, size.Columns, 1));
        trial.Backend.Convolution(settings, x, weight, null, y);
        return Comparison.Follows("y", y, at =>
        {
            var (n, p, q) = (at / size.Columns / size.Rows, at / size.Columns % size.Rows, at % size.Columns);
            return Pixel(x, n, (p * settings.Stride) - settings.Padding + (ky * settings.Dilation), (q * settings.Stride) - settings.Padding + (kx * settings.Dilation), i);
        });
    }

    private static string? Groups(Sample sample, IEngine engine)
    {
        var (trial, size) = Sized(sample, engine);
        var settings = size.Settings with { Groups = 2 };
        var half = new Shape(size.Images, size.Height, size.Width, size.Inputs);
        var (left, right) = (trial.Constant("left", Range.Unit, half.ToArray()), trial.Constant("right", Range.Unit, half.ToArray()));
        var weight = trial.Constant("weight", Range.Unit, 2 * size.Outputs, size.Inputs, size.KernelRows, size.KernelColumns);
        var y = TensorView<F64>.Allocate(new Shape(size.Images, size.Rows, size.Columns, 2 * size.Outputs));
        trial.Backend.Convolution(settings, Joined(left, right), new("weight", weight), null, y);
        var parts = new[] { left, right }.Select((x, part) =>
        {
            var alone = TensorView<F64>.Allocate(new Shape(size.Images, size.Rows, size.Columns, size.Outputs));
            trial.Backend.Convolution(settings with { Groups = 1 }, x, new("weight", weight.Slice(part * size.Outputs, size.Outputs)), null, alone);
            return alone;
        }).ToArray();
        return Comparison.Bytes("y", y, Joined(parts[0], parts[1]));
    }

    private static string? Doubling(Sample sample, IEngine engine)
    {
        var (trial, size) = Sized(sample, engine);
        var x = trial.Constant("x", Range.Unit, size.Images, size.Height, size.Width, size.Inputs);
        var weight = trial.Parameter("weight", Range.Unit, size.Outputs, size.Inputs / size.Settings.Groups, size.KernelRows, size.KernelColumns);
        var (once, twice) = (Output(size), Output(size));
        trial.Backend.Convolution(size.Settings, x, weight, null, once);
        trial.Backend.Convolution(size.Settings, Map(x, value => 2 * value), weight, null, twice);
        return Comparison.Bytes("y of 2 x and 2 y of x", twice, Map(once, value => 2 * value));
    }

    private static string? ZeroOffsets(Sample sample, IEngine engine)
    {
        var (trial, size) = Sized(sample, engine);
        var (settings, backend) = (size.Settings, trial.Backend);
        var x = trial.Input("x", Range.Unit, size.Images, size.Height, size.Width, size.Inputs);
        var plain = trial.Input("plain", Range.Unit, size.Images, size.Height, size.Width, size.Inputs);
        var weight = trial.Parameter("weight", Range.Unit, size.Outputs, size.Inputs / settings.Groups, size.KernelRows, size.KernelColumns);
        var bias = trial.Parameter("bias", Range.Unit, size.Outputs);
        var taps = size.KernelRows * size.KernelColumns;
        var offset = trial.Input("offset", new Range(0, 0), size.Images, size.Rows, size.Columns, 2 * taps);
        var mask = trial.Input("mask", new Range(1, 1), size.Images, size.Rows, size.Columns, taps);
        var (deformed, convolved) = (trial.Output("deformed", Output(size).Shape.ToArray()), Output(size));
        backend.DeformableConvolution(settings, 1, x.Value, offset.Value, mask.Value, weight, bias, deformed.Value);
        backend.DeformableConvolutionBackward(settings, 1, x.Value, offset.Value, mask.Value, weight, bias, deformed.Gradient, x.Gradient, offset.Gradient, mask.Gradient);
        var (same, sameBias) = (new Parameter<F64>("weight", weight.Value), new Parameter<F64>("bias", bias.Value));
        backend.Convolution(settings, x.Value, same, sameBias, convolved);
        backend.ConvolutionBackward(settings, x.Value, same, sameBias, deformed.Gradient, plain.Gradient);
        return Comparison.First(
            Comparison.Close("y", deformed.Value, convolved, 0),
            Comparison.Close("the gradient by x", x.Gradient, plain.Gradient),
            Comparison.Close("the gradient by weight", weight.Gradient, same.Gradient),
            Comparison.Close("the gradient by bias", bias.Gradient, sameBias.Gradient));
    }

    // Offsets (dy, dx) everywhere are a convolution of the image moved by (-dy, -dx).
    private static string? WholeOffsets(Sample sample, IEngine engine)
    {
        var (trial, size) = Sized(sample, engine);
        var (settings, taps) = (size.Settings, size.KernelRows * size.KernelColumns);
        var (dy, dx) = (trial.Dice.Between(-2, 2), trial.Dice.Between(-2, 2));

        // Wide enough that nothing moves out of the image.
        var (height, width) = (size.Height + 12, size.Width + 12);
        var x = trial.Constant("x", Range.Unit, size.Images, height, width, size.Inputs);
        foreach (var at in Enumerable.Range(0, x.Length).Where(at => Outside(at, 6, height, width, size.Inputs)))
        {
            x.Span[at] = new F64(0);
        }

        var moved = TensorView<F64>.Of(x.Shape, [.. Enumerable.Range(0, x.Length).Select(at =>
        {
            var (n, row, column, c) = Unravel(at, height, width, size.Inputs);
            return new F64(Pixel(x, n, row + dy, column + dx, c));
        })]);
        var weight = trial.Parameter("weight", Range.Unit, size.Outputs, size.Inputs / settings.Groups, size.KernelRows, size.KernelColumns);
        var shape = new Shape(size.Images, settings.OutputExtent(height, size.KernelRows), settings.OutputExtent(width, size.KernelColumns), size.Outputs);
        var offset = TensorView<F64>.Allocate(new Shape(shape[0], shape[1], shape[2], 2 * taps));
        for (var at = 0; at < offset.Length; at++)
        {
            offset.Span[at] = new F64(at % 2 == 0 ? dy : dx);
        }

        var (deformed, convolved) = (TensorView<F64>.Allocate(shape), TensorView<F64>.Allocate(shape));
        trial.Backend.DeformableConvolution(settings, 1, x, offset, default, weight, null, deformed);
        trial.Backend.Convolution(settings, moved, weight, null, convolved);
        return Comparison.Close($"y with offsets ({dy}, {dx})", deformed, convolved, 0);
    }

    // One pixel of value 1, one tap at (y, x): the sample, and (where the position is finite) its slopes by y and x.
    private static string? OutsideTable(Sample sample, IEngine engine)
    {
        (double Y, double X, double Value, double SlopeY, double SlopeX)[] table =
        [
            (0, 0, 1, -1, -1),
            (-1, 0, 0, 1, 0),
            (1, 0, 0, 0, 0),
            (0, -1, 0, 0, 1),
            (0, 1, 0, 0, 0),
            (-0.25, 0, 0.75, 1, -0.75),
            (0.5, 0.25, 0.375, -0.75, -0.5),
            (-1, -1, 0, 0, 0),
            (-1.5, 0, 0, 0, 0),
            (1e300, 0, 0, 0, 0),
            (double.NaN, 0, double.NaN, 0, 0),
            (double.PositiveInfinity, 0, double.NaN, 0, 0),
        ];
        var backend = engine.Create<F64>();
        foreach (var (y, x, value, slopeY, slopeX) in table)
        {
            TensorView<F64> One(params double[] values) => TensorView<F64>.Of(new Shape(1, 1, 1, values.Length), [.. values.Select(v => new F64(v))]);
            var (pixel, offset, output, gradX, gradOffset) = (One(1), One(y, x), One(7), One(7), One(7, 7));
            var weight = new Parameter<F64>("weight", One(1));
            backend.DeformableConvolution(ConvolutionSettings.Point, 1, pixel, offset, default, weight, null, output);
            backend.DeformableConvolutionBackward(ConvolutionSettings.Point, 1, pixel, offset, default, weight, null, One(1), gradX, gradOffset, default);
            var slopesFit = double.IsNaN(value) || (gradOffset.Span[0].Value == slopeY && gradOffset.Span[1].Value == slopeX);
            if (!output.Span[0].Value.Equals(value) || !slopesFit)
            {
                return $"at ({y}, {x}) the sample is {output.Span[0].Value}, its slopes {gradOffset.Span[0].Value} and {gradOffset.Span[1].Value}, expected {value}, {slopeY} and {slopeX}";
            }
        }

        return null;
    }

    private static string? Linear(Sample sample, IEngine engine)
    {
        var trial = Begin(sample, engine);
        var (rows, inputs, outputs) = (trial.Dice.Extent(1, 4), trial.Dice.Extent(1, 5), trial.Dice.Extent(1, 4));
        var (x, weight, bias) = (trial.Constant("x", Range.Unit, rows, inputs), trial.Parameter("weight", Range.Unit, outputs, inputs), trial.Parameter("bias", Range.Unit, outputs));
        var y = TensorView<F64>.Allocate(new Shape(rows, outputs));
        trial.Backend.Linear(x, weight, bias, y);
        return Comparison.Follows("y", y, at => bias.Value.Span[at % outputs].Value + Sum(inputs, k => x.Span[(at / outputs * inputs) + k].Value * weight.Value.Span[(at % outputs * inputs) + k].Value), 1e-14);
    }

    private static string? StepMixing(Sample sample, IEngine engine)
    {
        var trial = Begin(sample, engine);
        var (steps, count) = (trial.Dice.Extent(1, 5), trial.Dice.Extent(1, 4));
        var (x, weight) = (trial.Constant("x", Range.Unit, steps, count), trial.Parameter("weight", Range.Unit, steps, steps));
        var y = TensorView<F64>.Allocate(x.Shape);
        trial.Backend.StepMixing(x, weight, y);
        return Comparison.Follows("y", y, at => Sum(steps, k => weight.Value.Span[(at / count * steps) + k].Value * x.Span[(k * count) + (at % count)].Value), 1e-14);
    }

    private static string? PixelShuffle(Sample sample, IEngine engine)
    {
        var trial = Begin(sample, engine);
        var (scale, images, height, width, channels) = (trial.Dice.Between(1, 4), trial.Dice.Extent(1, 2), trial.Dice.Extent(1, 3), trial.Dice.Extent(1, 3), trial.Dice.Extent(1, 3));
        var x = trial.Constant("x", Range.Unit, images, height, width, channels * scale * scale);
        var y = TensorView<F64>.Allocate(new Shape(images, height * scale, width * scale, channels));
        trial.Backend.PixelShuffle(scale, x, y);
        return Comparison.Follows("y", y, at =>
        {
            var (n, row, column, c) = Unravel(at, height * scale, width * scale, channels);
            return Pixel(x, n, row / scale, column / scale, (c * scale * scale) + (row % scale * scale) + (column % scale));
        });
    }

    private static string? Means(Sample sample, IEngine engine)
    {
        var trial = Begin(sample, engine);
        var (planes, pixels, channels) = (trial.Dice.Extent(1, 3), trial.Dice.Extent(1, 9), trial.Dice.Extent(1, 3));
        var x = trial.Constant("x", Range.Unit, planes, pixels, channels);
        var (pooled, mean) = (TensorView<F64>.Allocate(new Shape(planes, channels)), TensorView<F64>.Allocate(new Shape(pixels * channels)));
        trial.Backend.AveragePool(x, pooled);
        trial.Backend.MeanOverSteps(x.Reshape(planes, pixels * channels), mean);
        return Comparison.First(
            Comparison.Follows("the pooled mean", pooled, at => Sum(pixels, pixel => x.Span[(((at / channels * pixels) + pixel) * channels) + (at % channels)].Value) / pixels, 1e-13),
            Comparison.Follows("the mean over steps", mean, at => Sum(planes, plane => x.Span[(plane * pixels * channels) + at].Value) / planes, 1e-13));
    }

    private static string? BatchNormTraining(Sample sample, IEngine engine)
    {
        var (trial, x, norm) = Normalisation(sample, engine);
        var (n, channels) = (x.Shape[0] * x.Shape[1], x.Shape[2]);
        var (momentum, epsilon) = (trial.Dice.Real(0, 0.4), trial.Dice.Pick(1e-5, 0.1));
        var (mean, variance) = (Map(norm.RunningMean.Value, value => value), Map(norm.RunningVariance.Value, value => value));
        var y = TensorView<F64>.Allocate(x.Shape);
        trial.Backend.BatchNorm(new(epsilon, momentum, Train: true), x, norm, y, TensorView<F64>.Allocate(new Shape(2, channels)));
        double Mean(int c) => Sum(n, i => x.Span[(i * channels) + c].Value) / n;
        double Variance(int c) => Sum(n, i => Math.Pow(x.Span[(i * channels) + c].Value - Mean(c), 2)) / n;
        return Comparison.First(
            Comparison.Follows("y", y, at => ((x.Span[at].Value - Mean(at % channels)) / Math.Sqrt(Variance(at % channels) + epsilon) * norm.Weight.Value.Span[at % channels].Value) + norm.Bias.Value.Span[at % channels].Value, 1e-11),
            Comparison.Follows("running_mean", norm.RunningMean.Value, c => ((1 - momentum) * mean.Span[c].Value) + (momentum * Mean(c)), 1e-13),
            Comparison.Follows("running_var", norm.RunningVariance.Value, c => ((1 - momentum) * variance.Span[c].Value) + (momentum * Variance(c) * n / (n - 1)), 1e-13));
    }

    private static string? BatchNormEvaluation(Sample sample, IEngine engine)
    {
        var (trial, x, norm) = Normalisation(sample, engine);
        var channels = x.Shape[2];
        var (mean, variance) = (Map(norm.RunningMean.Value, value => value), Map(norm.RunningVariance.Value, value => value));
        var (epsilon, y) = (trial.Dice.Pick(1e-5, 0.1), TensorView<F64>.Allocate(x.Shape));
        trial.Backend.BatchNorm(new(epsilon), x, norm, y, TensorView<F64>.Allocate(new Shape(2, channels)));
        return Comparison.First(
            Comparison.Follows("y", y, at => ((x.Span[at].Value - mean.Span[at % channels].Value) / Math.Sqrt(variance.Span[at % channels].Value + epsilon) * norm.Weight.Value.Span[at % channels].Value) + norm.Bias.Value.Span[at % channels].Value, 1e-13),
            Comparison.Bytes("running_mean", norm.RunningMean.Value, mean),
            Comparison.Bytes("running_var", norm.RunningVariance.Value, variance));
    }

    private static string? LayerNorm(Sample sample, IEngine engine)
    {
        var trial = Begin(sample, engine);
        var (rows, channels, epsilon) = (trial.Dice.Extent(1, 4), trial.Dice.Extent(2, 6), trial.Dice.Pick(1e-5, 0.1));
        var (x, weight, bias) = (trial.Constant("x", Range.Unit, rows, channels), trial.Parameter("weight", Range.Unit, channels), trial.Parameter("bias", Range.Unit, channels));
        var y = TensorView<F64>.Allocate(x.Shape);
        trial.Backend.LayerNorm(epsilon, x, weight, bias, y);
        return Comparison.Follows("y", y, at =>
        {
            var row = x.Span.Slice(at / channels * channels, channels).ToArray();
            var mean = row.Sum(value => value.Value) / channels;
            var variance = row.Sum(value => Math.Pow(value.Value - mean, 2)) / channels;
            return ((x.Span[at].Value - mean) / Math.Sqrt(variance + epsilon) * weight.Value.Span[at % channels].Value) + bias.Value.Span[at % channels].Value;
        }, 1e-11);
    }

    private static string? Softmax(Sample sample, IEngine engine)
    {
        var trial = Begin(sample, engine);
        var (rows, count) = (trial.Dice.Extent(1, 4), trial.Dice.Extent(1, 6));
        var x = trial.Constant("x", new Range(-3, 3), rows, count);
        var (y, shifted) = (TensorView<F64>.Allocate(x.Shape), TensorView<F64>.Allocate(x.Shape));
        trial.Backend.Softmax(x, y);
        trial.Backend.Softmax(Map(x, value => value + 40), shifted);
        return Comparison.First(
            Comparison.Follows("y", y, at => Math.Exp(x.Span[at].Value) / Sum(count, j => Math.Exp(x.Span[(at / count * count) + j].Value)), 1e-14),
            Comparison.Close("y of x + 40", shifted, y, 1e-13));
    }

    private static string? LargeLogits(Sample sample, IEngine engine)
    {
        var y = TensorView<F64>.Allocate(new Shape(1, 3));
        engine.Create<F64>().Softmax(TensorView<F64>.Of(y.Shape, [new(1000), new(1000), new(-1000)]), y);
        return Comparison.Follows("softmax of 1000, 1000, -1000", y, at => at < 2 ? 0.5 : 0);
    }

    // GELU to seventeen digits, from arbitrary-precision arithmetic; the tanh form is off by up to 5e-4.
    private static string? ActivationTable(Sample sample, IEngine engine)
    {
        (ActivationKind Kind, double X, double Y)[] table =
        [
            (ActivationKind.Gelu, 0, 0),
            (ActivationKind.Gelu, 1, 0.8413447460685429),
            (ActivationKind.Gelu, -1, -0.15865525393145705),
            (ActivationKind.Gelu, 2.5, 2.4844758366855597),
            (ActivationKind.Relu, 0, 0),
            (ActivationKind.Relu, -1, 0),
            (ActivationKind.Relu, 2, 2),
            (ActivationKind.Sigmoid, 0, 0.5),
            (ActivationKind.Sigmoid, 1, 0.7310585786300049),
        ];
        var (backend, found, slope) = (engine.Create<F64>(), TensorView<F64>.Allocate(new Shape(1)), TensorView<F64>.Allocate(new Shape(1)));
        foreach (var (kind, x, y) in table)
        {
            var input = TensorView<F64>.Of(new Shape(1), [new(x)]);
            backend.Activation(kind, input, found);
            backend.ActivationBackward(kind, input, TensorView<F64>.Of(new Shape(1), [new(1)]), slope);
            if (Math.Abs(found.Span[0].Value - y) > 4e-16 * Math.Abs(y))
            {
                return $"{kind}({x}) is {found.Span[0].Value:r}, expected {y:r}";
            }

            if (kind == ActivationKind.Relu && slope.Span[0].Value != (x > 0 ? 1 : 0))
            {
                return $"the slope of ReLU at {x} is {slope.Span[0].Value}";
            }
        }

        return null;
    }

    private static string? Gates(Sample sample, IEngine engine)
    {
        var trial = Begin(sample, engine);
        var (planes, pixels, channels) = (trial.Dice.Extent(1, 3), trial.Dice.Extent(1, 5), trial.Dice.Extent(1, 3));
        var (t, a, r) = (trial.Constant("t", Range.Unit, planes, pixels, channels), trial.Constant("a", Range.Unit, planes, channels), trial.Constant("r", Range.Unit, planes, pixels, channels));
        double Gate(int at) => a.Span[(at / channels / pixels * channels) + (at % channels)].Value;
        var (blended, scaled) = (TensorView<F64>.Allocate(t.Shape), TensorView<F64>.Allocate(t.Shape));
        trial.Backend.Blend(t, a, r, blended);
        trial.Backend.ScaleChannels(r, a, scaled);
        return Comparison.First(
            Comparison.Follows("(1 - t) a + t r", blended, at => ((1 - t.Span[at].Value) * Gate(at)) + (t.Span[at].Value * r.Span[at].Value), 1e-15),
            Comparison.Follows("a r", scaled, at => Gate(at) * r.Span[at].Value));
    }

    private static string? Loss(Sample sample, IEngine engine)
    {
        var trial = Begin(sample, engine);
        var count = trial.Dice.Extent(1, 9);
        var (x, target) = (trial.Constant("x", new Range(-2, 2, Whole: true), count), trial.Constant("target", new Range(-2, 2, Whole: true), count));
        var gradient = TensorView<F64>.Allocate(x.Shape);
        var loss = trial.Backend.L1(x, target).Value;
        trial.Backend.L1Backward(x, target, new F64(3), gradient);
        var expected = Sum(count, i => Math.Abs(x.Span[i].Value - target.Span[i].Value)) / count;
        return Comparison.First(
            Math.Abs(loss - expected) <= 1e-15 * expected ? null : $"the loss is {loss:r}, expected {expected:r}",
            Comparison.Follows("the gradient", gradient, i => Math.Sign(x.Span[i].Value - target.Span[i].Value) * 3.0 / count));
    }

    private static string? Adam(Sample sample, IEngine engine)
    {
        var trial = Begin(sample, engine);
        var settings = new AdamSettings(trial.Dice.Real(1e-4, 0.1), trial.Dice.Real(0.5, 0.95), trial.Dice.Real(0.5, 0.999), trial.Dice.Pick(1e-8, 1e-2));
        var theta = trial.Constant("theta", Range.Unit, 1);
        var (m, v) = (TensorView<F64>.Allocate(new Shape(1)), TensorView<F64>.Allocate(new Shape(1)));
        var (expected, first, second) = (theta.Span[0].Value, 0.0, 0.0);
        for (var step = 1; step <= 3; step++)
        {
            var gradient = trial.Constant("gradient", Range.Unit, 1);
            var g = gradient.Span[0].Value;
            trial.Backend.Adam(settings, step, theta, gradient, m, v);
            first = (settings.Beta1 * first) + ((1 - settings.Beta1) * g);
            second = (settings.Beta2 * second) + ((1 - settings.Beta2) * g * g);
            var (unbiased1, unbiased2) = (first / (1 - Math.Pow(settings.Beta1, step)), second / (1 - Math.Pow(settings.Beta2, step)));
            expected -= settings.LearningRate * unbiased1 / (Math.Sqrt(unbiased2) + settings.Epsilon);
            if (!(Math.Abs(theta.Span[0].Value - expected) <= 1e-13))
            {
                return $"after step {step} theta is {theta.Span[0].Value:r}, expected {expected:r}";
            }
        }

        return null;
    }

    private static Trial<F64> Begin(Sample sample, IEngine engine) => new(sample, engine.Create<F64>(), drawn => new F64(drawn.Value));

    private static (Trial<F64> Trial, ConvolutionSizes Size) Sized(Sample sample, IEngine engine)
    {
        var trial = Begin(sample, engine);
        return (trial, new ConvolutionSizes(trial.Dice));
    }

    private static (Trial<F64> Trial, TensorView<F64> X, NormParameters<F64> Norm) Normalisation(Sample sample, IEngine engine)
    {
        var trial = Begin(sample, engine);
        var (planes, pixels, channels) = (trial.Dice.Extent(1, 3), trial.Dice.Extent(2, 9), trial.Dice.Extent(1, 3));
        return (
            trial,
            trial.Constant("x", new Range(-1, 2), planes, pixels, channels),
            new(trial.Parameter("weight", Range.Unit, channels), trial.Parameter("bias", Range.Unit, channels), trial.Buffer("running_mean", Range.Unit, channels), trial.Buffer("running_var", new Range(0.5, 2), channels)));
    }

    private static TensorView<F64> Output(ConvolutionSizes size) => TensorView<F64>.Allocate(new Shape(size.Images, size.Rows, size.Columns, size.Outputs));

    private static double Sum(int count, Func<int, double> term)
    {
        var sum = 0.0;
        for (var i = 0; i < count; i++)
        {
            sum += term(i);
        }

        return sum;
    }

    private static TensorView<F64> Map(TensorView<F64> x, Func<double, double> f) => TensorView<F64>.Of(x.Shape, [.. x.Span.ToArray().Select(value => new F64(f(value.Value)))]);

    // Two images' channels beside each other.
    private static TensorView<F64> Joined(TensorView<F64> left, TensorView<F64> right)
    {
        var (a, b) = (left.Shape[3], right.Shape[3]);
        var joined = TensorView<F64>.Allocate(new Shape(left.Shape[0], left.Shape[1], left.Shape[2], a + b));
        for (var pixel = 0; pixel < joined.Length / (a + b); pixel++)
        {
            left.Span.Slice(pixel * a, a).CopyTo(joined.Span[(pixel * (a + b))..]);
            right.Span.Slice(pixel * b, b).CopyTo(joined.Span[((pixel * (a + b)) + a)..]);
        }

        return joined;
    }

    private static double Pixel(TensorView<F64> x, int n, int row, int column, int channel) =>
        row < 0 || row >= x.Shape[1] || column < 0 || column >= x.Shape[2] ? 0 : x.Span[(((((n * x.Shape[1]) + row) * x.Shape[2]) + column) * x.Shape[3]) + channel].Value;

    private static (int N, int Row, int Column, int Channel) Unravel(int at, int height, int width, int channels) =>
        (at / channels / width / height, at / channels / width % height, at / channels % width, at % channels);

    private static bool Outside(int at, int margin, int height, int width, int channels)
    {
        var (_, row, column, _) = Unravel(at, height, width, channels);
        return row < margin || row >= height - margin || column < margin || column >= width - margin;
    }
}
