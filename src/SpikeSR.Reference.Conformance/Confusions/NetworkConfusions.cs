using SpikeSR.Reference.Network;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Confusions;

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
