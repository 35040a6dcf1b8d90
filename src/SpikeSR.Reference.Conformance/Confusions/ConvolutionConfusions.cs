using SpikeSR.Reference.Network;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Confusions;

[Confusion("CONV-1", "a convolution instead of a cross-correlation: the kernel is turned round")]
internal sealed class TurnsKernel<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void Convolution(ConvolutionSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T>? bias, TensorView<T> y) =>
        base.Convolution(settings, x, new(weight.Name, Turned(weight.Value)), bias, y);

    public override void ConvolutionBackward(ConvolutionSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T>? bias, TensorView<T> gradY, TensorView<T> gradX)
    {
        var turned = new Parameter<T>(weight.Name, Turned(weight.Value));
        base.ConvolutionBackward(settings, x, turned, bias, gradY, gradX);
        base.Add(weight.Gradient, Turned(turned.Gradient), weight.Gradient);
    }

    private static TensorView<T> Turned(TensorView<T> weight)
    {
        var turned = TensorView<T>.Of(weight.Shape, weight.Span);
        var taps = weight.Shape[2] * weight.Shape[3];
        for (var start = 0; start < turned.Length; start += taps)
        {
            turned.Span.Slice(start, taps).Reverse();
        }

        return turned;
    }
}

[Confusion("CONV-4", "the bias's gradient counts the first image only")]
internal sealed class OneImageBias<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void ConvolutionBackward(ConvolutionSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T>? bias, TensorView<T> gradY, TensorView<T> gradX)
    {
        base.ConvolutionBackward(settings, x, weight, null, gradY, gradX);
        if (bias is not null)
        {
            ChannelSum.AddTo(gradY.Slice(0, 1).Reshape(1, gradY.Shape[1] * gradY.Shape[2], gradY.Shape[3]), bias.Gradient, Threads);
        }
    }
}

[Confusion("CONV-2", "a convolution reads the nearest border pixel outside the image")]
internal sealed class PadsWithBorder<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void Convolution(ConvolutionSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T>? bias, TensorView<T> y)
    {
        var (height, width, inputs, outputs, padding) = (x.Shape[1], x.Shape[2], x.Shape[3], y.Shape[3], settings.Padding);
        var padded = TensorView<T>.Allocate(new Shape(x.Shape[0], height + (2 * padding), width + (2 * padding), inputs));
        for (var at = 0; at < padded.Length; at++)
        {
            var (pixel, c) = (at / inputs, at % inputs);
            var column = Math.Clamp((pixel % padded.Shape[2]) - padding, 0, width - 1);
            var row = Math.Clamp((pixel / padded.Shape[2] % padded.Shape[1]) - padding, 0, height - 1);
            padded.Span[at] = x.Span[(((((pixel / padded.Shape[2] / padded.Shape[1]) * height) + row) * width) + column) * inputs + c];
        }

        base.Convolution(settings with { Padding = 0 }, padded, weight, bias, y);
    }
}

[Confusion("CONV-3", "a group of a convolution reads every G-th channel instead of a block of them")]
internal sealed class InterleavesGroups<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void Convolution(ConvolutionSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T>? bias, TensorView<T> y) =>
        base.Convolution(settings, Reordered(x, settings.Groups, back: false), weight, bias, y);

    public override void ConvolutionBackward(ConvolutionSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T>? bias, TensorView<T> gradY, TensorView<T> gradX)
    {
        base.ConvolutionBackward(settings, Reordered(x, settings.Groups, back: false), weight, bias, gradY, gradX);
        if (!gradX.IsAbsent)
        {
            Reordered(gradX, settings.Groups, back: true).CopyTo(gradX);
        }
    }

    private static TensorView<T> Reordered(TensorView<T> x, int groups, bool back)
    {
        var (channels, reordered) = (x.Shape[3], TensorView<T>.Allocate(x.Shape));
        var width = channels / groups;
        for (var at = 0; at < x.Length; at++)
        {
            var (pixel, group, c) = (at / channels * channels, at % channels / width, at % width);
            var other = pixel + (c * groups) + group;
            reordered.Span[back ? other : at] = x.Span[back ? at : other];
        }

        return reordered;
    }
}
