using SpikeSR.Reference.Network;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Confusions;

[Confusion("PS-1", "pixel shuffle takes channels as (row, column, colour) instead of (colour, row, column)")]
internal sealed class ShufflesColoursFirst<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void PixelShuffle(int scale, TensorView<T> x, TensorView<T> y) => base.PixelShuffle(scale, Reordered(x, scale, back: false), y);

    public override void PixelShuffleBackward(int scale, TensorView<T> gradY, TensorView<T> gradX)
    {
        base.PixelShuffleBackward(scale, gradY, gradX);
        Reordered(gradX, scale, back: true).CopyTo(gradX);
    }

    private static TensorView<T> Reordered(TensorView<T> x, int scale, bool back)
    {
        var (packed, square) = (x.Shape[3], scale * scale);
        var reordered = TensorView<T>.Allocate(x.Shape);
        for (var at = 0; at < x.Length; at++)
        {
            var (pixel, c, k) = (at / packed * packed, at % packed / square, at % square);
            var other = pixel + (k * (packed / square)) + c;
            reordered.Span[back ? other : at] = x.Span[back ? at : other];
        }

        return reordered;
    }
}

[Confusion("PS-1", "pixel shuffle swaps row and column within a block")]
internal sealed class ShufflesTransposed<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void PixelShuffle(int scale, TensorView<T> x, TensorView<T> y) => base.PixelShuffle(scale, Transposed(x, scale), y);

    public override void PixelShuffleBackward(int scale, TensorView<T> gradY, TensorView<T> gradX)
    {
        base.PixelShuffleBackward(scale, gradY, gradX);
        Transposed(gradX, scale).CopyTo(gradX);
    }

    private static TensorView<T> Transposed(TensorView<T> x, int scale)
    {
        var (square, transposed) = (scale * scale, TensorView<T>.Allocate(x.Shape));
        for (var at = 0; at < x.Length; at++)
        {
            transposed.Span[at] = x.Span[(at / square * square) + (at % scale * scale) + (at % square / scale)];
        }

        return transposed;
    }
}

[Confusion("GELU-1", "GELU in its tanh form")]
internal sealed class TanhGelu<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void Activation(ActivationKind kind, TensorView<T> x, TensorView<T> y)
    {
        if (kind != ActivationKind.Gelu)
        {
            base.Activation(kind, x, y);
            return;
        }

        for (var i = 0; i < x.Length; i++)
        {
            // (1 + tanh z) / 2 = sigmoid(2 z).
            var value = x.Span[i];
            var z = T.FromDouble(Math.Sqrt(2 / Math.PI)) * (value + (T.FromDouble(0.044715) * (value * (value * value))));
            y.Span[i] = value * T.Sigmoid(T.FromDouble(2) * z);
        }
    }
}

[Confusion("ACT-1", "the slope of ReLU at 0 is 1")]
internal sealed class ReluSlopesAtZero<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void ActivationBackward(ActivationKind kind, TensorView<T> x, TensorView<T> gradY, TensorView<T> gradX)
    {
        var given = TensorView<T>.Of(gradY.Shape, gradY.Span);
        base.ActivationBackward(kind, x, gradY, gradX);
        for (var i = 0; kind == ActivationKind.Relu && i < x.Length; i++)
        {
            gradX.Span[i] = T.ToDouble(x.Span[i]) == 0 ? given.Span[i] : gradX.Span[i];
        }
    }
}

[Confusion("FRB-1", "the feature refinement blends with a R instead of a")]
internal sealed class BlendsProduct<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void Blend(TensorView<T> t, TensorView<T> a, TensorView<T> r, TensorView<T> y)
    {
        var (plane, channels) = (t.Shape[1] * t.Shape[2], t.Shape[2]);
        for (var i = 0; i < t.Length; i++)
        {
            var (gate, features) = (t.Span[i], r.Span[i]);
            y.Span[i] = ((T.FromDouble(1) - gate) * (a.Span[(i / plane * channels) + (i % channels)] * features)) + (gate * features);
        }
    }
}

[Confusion("FRB-1", "the feature refinement's gate is turned round: t a + (1 - t) R")]
internal sealed class BlendsTheOtherWay<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void Blend(TensorView<T> t, TensorView<T> a, TensorView<T> r, TensorView<T> y) => base.Blend(Complement(t), a, r, y);

    public override void BlendBackward(TensorView<T> t, TensorView<T> a, TensorView<T> r, TensorView<T> gradY, TensorView<T> gradT, TensorView<T> gradA, TensorView<T> gradR)
    {
        base.BlendBackward(Complement(t), a, r, gradY, gradT, gradA, gradR);
        Scale(gradT, -1, gradT);
    }

    private static TensorView<T> Complement(TensorView<T> t) => TensorView<T>.Of(t.Shape, [.. t.Span.ToArray().Select(gate => T.FromDouble(1) - gate)]);
}

[Confusion("HDA-1", "HDA adds its two mixings instead of multiplying them")]
internal sealed class AddsMixings<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void Multiply(TensorView<T> left, TensorView<T> right, TensorView<T> y) => Add(left, right, y);
}

[Confusion("NET-1", "the time steps are added, not averaged")]
internal sealed class AddsSteps<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void MeanOverSteps(TensorView<T> x, TensorView<T> y)
    {
        base.MeanOverSteps(x, y);
        Scale(y, x.Shape[0], y);
    }

    public override void MeanOverStepsBackward(TensorView<T> gradY, TensorView<T> gradX)
    {
        base.MeanOverStepsBackward(gradY, gradX);
        Scale(gradX, gradX.Shape[0], gradX);
    }
}

[Confusion("L1-1", "the loss is a sum, not a mean")]
internal sealed class SumsLoss<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override T L1(TensorView<T> x, TensorView<T> target) => base.L1(x, target) * T.FromDouble(x.Length);

    public override void L1Backward(TensorView<T> x, TensorView<T> target, T gradLoss, TensorView<T> gradX) =>
        base.L1Backward(x, target, gradLoss * T.FromDouble(x.Length), gradX);
}

[Confusion("L1-2", "where prediction and target are equal the loss has slope 1")]
internal sealed class LossSlopesAtZero<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void L1Backward(TensorView<T> x, TensorView<T> target, T gradLoss, TensorView<T> gradX)
    {
        base.L1Backward(x, target, gradLoss, gradX);
        for (var i = 0; i < x.Length; i++)
        {
            var differs = T.IsGreater(x.Span[i], target.Span[i]) || T.IsGreater(target.Span[i], x.Span[i]);
            gradX.Span[i] = differs ? gradX.Span[i] : gradLoss / T.FromDouble(x.Length);
        }
    }
}

[Confusion("ADAM-1", "Adam does not correct its moments' bias")]
internal sealed class UncorrectedAdam<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    // beta^step is 0 in the limit.
    public override void Adam(AdamSettings settings, long step, TensorView<T> theta, TensorView<T> gradient, TensorView<T> m, TensorView<T> v) =>
        base.Adam(settings, long.MaxValue, theta, gradient, m, v);
}

[Confusion("ADAM-1", "Adam's two decays change places")]
internal sealed class SwapsBetas<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void Adam(AdamSettings settings, long step, TensorView<T> theta, TensorView<T> gradient, TensorView<T> m, TensorView<T> v) =>
        base.Adam(settings with { Beta1 = settings.Beta2, Beta2 = settings.Beta1 }, step, theta, gradient, m, v);
}

[Confusion("ADAM-1", "Adam's epsilon stands under the root")]
internal sealed class EpsilonUnderRoot<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void Adam(AdamSettings settings, long step, TensorView<T> theta, TensorView<T> gradient, TensorView<T> m, TensorView<T> v)
    {
        var before = TensorView<T>.Of(theta.Shape, theta.Span);
        base.Adam(settings, step, theta, gradient, m, v);
        for (var i = 0; i < theta.Length; i++)
        {
            var first = m.Span[i] / T.FromDouble(1 - Math.Pow(settings.Beta1, step));
            var second = v.Span[i] / T.FromDouble(1 - Math.Pow(settings.Beta2, step));
            theta.Span[i] = before.Span[i] - (T.FromDouble(settings.LearningRate) * first / T.Sqrt(second + T.FromDouble(settings.Epsilon)));
        }
    }
}

[Confusion("GELU-1", "GELU is x sigmoid(1.702 x)")]
internal sealed class QuickGelu<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void Activation(ActivationKind kind, TensorView<T> x, TensorView<T> y)
    {
        if (kind != ActivationKind.Gelu)
        {
            base.Activation(kind, x, y);
            return;
        }

        for (var i = 0; i < x.Length; i++)
        {
            y.Span[i] = x.Span[i] * T.Sigmoid(T.FromDouble(1.702) * x.Span[i]);
        }
    }
}

[Confusion("ACT-1", "ReLU leaks: negative values are multiplied by 0.01")]
internal sealed class LeaksRelu<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void Activation(ActivationKind kind, TensorView<T> x, TensorView<T> y)
    {
        var given = TensorView<T>.Of(x.Shape, x.Span);
        base.Activation(kind, x, y);
        for (var i = 0; kind == ActivationKind.Relu && i < x.Length; i++)
        {
            y.Span[i] = T.ToDouble(given.Span[i]) < 0 ? given.Span[i] * T.FromDouble(0.01) : y.Span[i];
        }
    }
}

[Confusion("ACT-2", "sigmoid is the straight line x/6 + 1/2 cut at 0 and 1")]
internal sealed class HardSigmoid<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void Activation(ActivationKind kind, TensorView<T> x, TensorView<T> y)
    {
        var given = TensorView<T>.Of(x.Shape, x.Span);
        base.Activation(kind, x, y);
        for (var i = 0; kind == ActivationKind.Sigmoid && i < x.Length; i++)
        {
            var line = (given.Span[i] / T.FromDouble(6)) + T.FromDouble(0.5);
            y.Span[i] = T.ToDouble(line) switch { < 0 => T.FromDouble(0), > 1 => T.FromDouble(1), _ => line };
        }
    }
}

[Confusion("POOL-1", "average pooling adds and does not divide")]
internal sealed class SumsPool<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void AveragePool(TensorView<T> x, TensorView<T> y)
    {
        base.AveragePool(x, y);
        Scale(y, x.Shape[1], y);
    }

    public override void AveragePoolBackward(TensorView<T> gradY, TensorView<T> gradX)
    {
        base.AveragePoolBackward(gradY, gradX);
        Scale(gradX, gradX.Shape[1], gradX);
    }
}

[Confusion("L1-1", "the loss is the mean of squares")]
internal sealed class SquaresLoss<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override T L1(TensorView<T> x, TensorView<T> target)
    {
        var sum = T.FromDouble(0);
        for (var i = 0; i < x.Length; i++)
        {
            var difference = x.Span[i] - target.Span[i];
            sum += difference * difference;
        }

        return sum / T.FromDouble(x.Length);
    }
}

[Confusion("ADAM-1", "Adam's epsilon is added to the uncorrected root, and the correction made to the learning rate")]
internal sealed class EpsilonBeforeCorrection<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    // lr sqrt(c2) / c1 m / (sqrt(v) + eps) is the definition with eps / sqrt(c2).
    public override void Adam(AdamSettings settings, long step, TensorView<T> theta, TensorView<T> gradient, TensorView<T> m, TensorView<T> v) =>
        base.Adam(settings with { Epsilon = settings.Epsilon / Math.Sqrt(1 - Math.Pow(settings.Beta2, step)) }, step, theta, gradient, m, v);
}

[Confusion("ADAM-1", "Adam corrects as if it were one step further")]
internal sealed class CountsStepsFromZero<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void Adam(AdamSettings settings, long step, TensorView<T> theta, TensorView<T> gradient, TensorView<T> m, TensorView<T> v) =>
        base.Adam(settings, step + 1, theta, gradient, m, v);
}

[Confusion("NET-1", "the last time step goes on, not the mean of all")]
internal sealed class TakesLastStep<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void MeanOverSteps(TensorView<T> x, TensorView<T> y) => x.Span[^y.Length..].CopyTo(y.Span);

    public override void MeanOverStepsBackward(TensorView<T> gradY, TensorView<T> gradX)
    {
        gradX.Clear();
        gradY.Span.CopyTo(gradX.Span[^gradY.Length..]);
    }
}

[Confusion("NET-1", "the head's features F0 are not added before the mean over the steps")]
internal sealed class DropsGlobalResidual<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    // What the head gave, and what came back to the mean over the steps: as much as F0 has of either.
    private TensorView<T> _head;
    private TensorView<T> _gradMean;

    public override void Convolution(ConvolutionSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T>? bias, TensorView<T> y)
    {
        base.Convolution(settings, x, weight, bias, y);
        _head = IsHead(weight) ? TensorView<T>.Of(y.Shape, y.Span) : _head;
    }

    public override void MeanOverSteps(TensorView<T> x, TensorView<T> y)
    {
        base.MeanOverSteps(x, y);
        Add(y, Negative(_head), y);
    }

    public override void MeanOverStepsBackward(TensorView<T> gradY, TensorView<T> gradX)
    {
        base.MeanOverStepsBackward(gradY, gradX);
        _gradMean = TensorView<T>.Of(gradY.Shape, gradY.Span);
    }

    public override void ConvolutionBackward(ConvolutionSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T>? bias, TensorView<T> gradY, TensorView<T> gradX)
    {
        if (IsHead(weight))
        {
            Add(gradY, Negative(_gradMean), gradY);
        }

        base.ConvolutionBackward(settings, x, weight, bias, gradY, gradX);
    }

    internal static bool IsHead(Parameter<T> weight) => weight.Name.StartsWith("head.", StringComparison.Ordinal);

    private TensorView<T> Negative(TensorView<T> x)
    {
        var negative = TensorView<T>.Allocate(x.Shape);
        Scale(x, -1, negative);
        return negative;
    }
}

[Confusion("HDA-1", "HDA's gate is a product of two sigmoids, not the sigmoid of the product")]
internal sealed class MultipliesSigmoids<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    // HDA alone multiplies: forward the two mixings, before their sigmoid; back, after ScaleChannelsBackward and the sigmoid's, the gradient by one and by the other.
    private bool _isGate;
    private bool _goesBack;
    private (TensorView<T> ByChannels, TensorView<T> BySteps) _mixings;

    public override void Multiply(TensorView<T> left, TensorView<T> right, TensorView<T> y)
    {
        if (!_goesBack)
        {
            (_mixings, _isGate) = ((left, right), true);
            base.Multiply(Sigmoid(left), Sigmoid(right), y);
            return;
        }

        // right is one mixing, and the gradient by the other asked for.
        var isOfChannels = right.Span == _mixings.BySteps.Span;
        base.Multiply(left, Sigmoid(right), y);
        base.ActivationBackward(ActivationKind.Sigmoid, isOfChannels ? _mixings.ByChannels : _mixings.BySteps, y, y);
        _goesBack = isOfChannels;
    }

    public override void Activation(ActivationKind kind, TensorView<T> x, TensorView<T> y)
    {
        if (_isGate)
        {
            x.CopyTo(y);
        }
        else
        {
            base.Activation(kind, x, y);
        }

        _isGate = false;
    }

    public override void ScaleChannelsBackward(TensorView<T> x, TensorView<T> gradY, TensorView<T> gradA)
    {
        base.ScaleChannelsBackward(x, gradY, gradA);
        _goesBack = true;
    }

    public override void ActivationBackward(ActivationKind kind, TensorView<T> x, TensorView<T> gradY, TensorView<T> gradX)
    {
        if (_goesBack)
        {
            gradY.CopyTo(gradX);
        }
        else
        {
            base.ActivationBackward(kind, x, gradY, gradX);
        }
    }

    private TensorView<T> Sigmoid(TensorView<T> x)
    {
        var y = TensorView<T>.Allocate(x.Shape);
        base.Activation(ActivationKind.Sigmoid, x, y);
        return y;
    }
}

[Confusion("NET-1", "steps and images are folded the other way round: what is averaged are T images side by side")]
internal sealed class AveragesImages<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    // Of the head.
    private int _images;

    public override void Convolution(ConvolutionSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T>? bias, TensorView<T> y)
    {
        base.Convolution(settings, x, weight, bias, y);
        _images = DropsGlobalResidual<T>.IsHead(weight) ? y.Shape[0] : _images;
    }

    public override void MeanOverSteps(TensorView<T> x, TensorView<T> y)
    {
        for (var image = 0; image < _images; image++)
        {
            base.MeanOverSteps(Steps(x, x.Shape[0]).At(image), Image(y, image));
        }
    }

    public override void MeanOverStepsBackward(TensorView<T> gradY, TensorView<T> gradX)
    {
        for (var image = 0; image < _images; image++)
        {
            base.MeanOverStepsBackward(Image(gradY, image), Steps(gradX, gradX.Shape[0]).At(image));
        }
    }

    private TensorView<T> Steps(TensorView<T> x, int steps) => x.Reshape(_images, steps, x.Length / _images / steps);

    private TensorView<T> Image(TensorView<T> y, int image) => y.Reshape(_images, y.Length / _images).At(image);
}
