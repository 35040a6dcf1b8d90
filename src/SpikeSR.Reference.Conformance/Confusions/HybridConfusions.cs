using SpikeSR.Reference.Network;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Confusions;

[Confusion("HDA-2", "the weight that mixes steps is read by columns")]
internal sealed class MixesByColumns<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void StepMixing(TensorView<T> x, Parameter<T> weight, TensorView<T> y) => Reference.Operators.StepMixing.BackwardInput(x, weight.Matrix, y);

    public override void StepMixingBackward(TensorView<T> x, Parameter<T> weight, TensorView<T> gradY, TensorView<T> gradX)
    {
        Reference.Operators.StepMixing.Forward(gradY, weight.Matrix, gradX);
        Reference.Operators.StepMixing.BackwardWeight(gradY, x, weight.MatrixGradient);
    }
}

[Confusion("HDA-2", "steps and images are folded the other way round: what is mixed are T images side by side")]
internal sealed class MixesImages<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    // Of the map that mixes channels, which HDA asks for just before.
    private int _channels;

    public override void Linear(TensorView<T> x, Parameter<T> weight, Parameter<T>? bias, TensorView<T> y)
    {
        base.Linear(x, weight, bias, y);
        _channels = y.Shape[1];
    }

    public override void StepMixing(TensorView<T> x, Parameter<T> weight, TensorView<T> y)
    {
        var (given, mixed) = (ByImages(x), ByImages(y));
        for (var image = 0; image < given.Shape[0]; image++)
        {
            base.StepMixing(given.At(image), weight, mixed.At(image));
        }
    }

    public override void StepMixingBackward(TensorView<T> x, Parameter<T> weight, TensorView<T> gradY, TensorView<T> gradX)
    {
        for (var image = 0; image < ByImages(x).Shape[0]; image++)
        {
            base.StepMixingBackward(ByImages(x).At(image), weight, ByImages(gradY).At(image), ByImages(gradX).At(image));
        }
    }

    private TensorView<T> ByImages(TensorView<T> x) => x.Reshape(x.Shape[1] / _channels, x.Shape[0], _channels);
}

[Confusion("HDA-1", "HDA mixes steps after channels: Wt (Wc m) for Wt m")]
internal sealed class ChainsMixings<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    // The map that mixes channels, which HDA asks for just before: m, Wc and Wc m.
    private (TensorView<T> Mean, Parameter<T> Weight, TensorView<T> Mixed) _channels;

    public override void Linear(TensorView<T> x, Parameter<T> weight, Parameter<T>? bias, TensorView<T> y)
    {
        base.Linear(x, weight, bias, y);
        _channels = (x, weight, y);
    }

    public override void StepMixing(TensorView<T> x, Parameter<T> weight, TensorView<T> y) => base.StepMixing(_channels.Mixed.Reshape(x.Shape[0], x.Shape[1]), weight, y);

    public override void StepMixingBackward(TensorView<T> x, Parameter<T> weight, TensorView<T> gradY, TensorView<T> gradX)
    {
        var (mean, channels, mixed) = _channels;
        var gradMixed = TensorView<T>.Allocate(mixed.Shape);
        base.StepMixingBackward(mixed.Reshape(x.Shape[0], x.Shape[1]), weight, gradY, gradMixed.Reshape(x.Shape[0], x.Shape[1]));
        base.LinearBackward(mean, channels, null, gradMixed, gradX.Reshape(mean.Shape[0], mean.Shape[1]));
    }
}

[Confusion("HDA-1", "HDA adds its two mixings instead of multiplying them")]
internal sealed class AddsMixings<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void Multiply(TensorView<T> left, TensorView<T> right, TensorView<T> y) => Add(left, right, y);
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
