using SpikeSR.Reference.Network;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Confusions;

/// <summary>Deformable convolution of offsets and masks in another order than they were given in; gradients go back the same way.</summary>
internal abstract class ReorderedDeformation<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void DeformableConvolution(
        ConvolutionSettings settings, int offsetGroups, TensorView<T> x, TensorView<T> offset, TensorView<T> mask, Parameter<T> weight, Parameter<T>? bias, TensorView<T> y) =>
        base.DeformableConvolution(settings, offsetGroups, x, Read(offset, offsetGroups, 2), mask.IsAbsent ? mask : Read(mask, offsetGroups, 1), weight, bias, y);

    public override void DeformableConvolutionBackward(
        ConvolutionSettings settings,
        int offsetGroups,
        TensorView<T> x,
        TensorView<T> offset,
        TensorView<T> mask,
        Parameter<T> weight,
        Parameter<T>? bias,
        TensorView<T> gradY,
        TensorView<T> gradX,
        TensorView<T> gradOffset,
        TensorView<T> gradMask)
    {
        var (offsets, masks) = (TensorView<T>.Allocate(offset.Shape), mask.IsAbsent ? mask : TensorView<T>.Allocate(mask.Shape));
        base.DeformableConvolutionBackward(
            settings, offsetGroups, x, Read(offset, offsetGroups, 2), mask.IsAbsent ? mask : Read(mask, offsetGroups, 1), weight, bias, gradY, gradX, offsets, masks);
        WriteBack(offsets, gradOffset, offsetGroups, 2);
        if (!mask.IsAbsent)
        {
            WriteBack(masks, gradMask, offsetGroups, 1);
        }
    }

    /// <summary>Where the mutant finds channel (group, tap, part) of a pixel that has groups x taps x parts.</summary>
    protected abstract int Place(int group, int tap, int part, int groups, int taps, int parts);

    private TensorView<T> Read(TensorView<T> given, int groups, int parts)
    {
        var read = TensorView<T>.Allocate(given.Shape);
        ForEach(given.Shape, groups, parts, (own, place) => read.Span[own] = given.Span[place]);
        return read;
    }

    private void WriteBack(TensorView<T> gradient, TensorView<T> target, int groups, int parts) =>
        ForEach(gradient.Shape, groups, parts, (own, place) => target.Span[place] = gradient.Span[own]);

    private void ForEach(Shape shape, int groups, int parts, Action<int, int> body)
    {
        var channels = shape[3];
        var taps = channels / groups / parts;
        for (var own = 0; own < shape.Length; own++)
        {
            var (pixel, channel) = (own / channels, own % channels);
            body(own, (pixel * channels) + Place(channel / parts / taps, channel / parts % taps, channel % parts, groups, taps, parts));
        }
    }
}

[Confusion("DCN-1", "offsets are read as (x, y)")]
internal sealed class SwapsOffsets<T>(Workspace workspace, Parallelism threads) : ReorderedDeformation<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override int Place(int group, int tap, int part, int groups, int taps, int parts) => (((group * taps) + tap) * parts) + (parts - 1 - part);
}

[Confusion("DCN-1", "all y offsets come before all x offsets")]
internal sealed class SplitsOffsets<T>(Workspace workspace, Parallelism threads) : ReorderedDeformation<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override int Place(int group, int tap, int part, int groups, int taps, int parts) => (((group * parts) + part) * taps) + tap;
}

[Confusion("DCN-4", "offset groups are interleaved: tap by tap instead of group by group")]
internal sealed class InterleavesOffsetGroups<T>(Workspace workspace, Parallelism threads) : ReorderedDeformation<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override int Place(int group, int tap, int part, int groups, int taps, int parts) => (((tap * groups) + group) * parts) + part;
}

[Confusion("DCN-3", "the mask is ignored")]
internal sealed class IgnoresMask<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void DeformableConvolution(
        ConvolutionSettings settings, int offsetGroups, TensorView<T> x, TensorView<T> offset, TensorView<T> mask, Parameter<T> weight, Parameter<T>? bias, TensorView<T> y) =>
        base.DeformableConvolution(settings, offsetGroups, x, offset, default, weight, bias, y);

    public override void DeformableConvolutionBackward(
        ConvolutionSettings settings,
        int offsetGroups,
        TensorView<T> x,
        TensorView<T> offset,
        TensorView<T> mask,
        Parameter<T> weight,
        Parameter<T>? bias,
        TensorView<T> gradY,
        TensorView<T> gradX,
        TensorView<T> gradOffset,
        TensorView<T> gradMask)
    {
        base.DeformableConvolutionBackward(settings, offsetGroups, x, offset, default, weight, bias, gradY, gradX, gradOffset, default);
        gradMask.Clear();
    }
}

[Confusion("DCM-1", "the mask of the deformable module is sigmoid, not 2 sigmoid")]
internal sealed class DoublesNothing<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void Scale(TensorView<T> x, double factor, TensorView<T> y) => base.Scale(x, factor == 2 ? 1 : factor, y);
}

/// <summary>A backward pass of deformable convolution that forgets the gradient of some offsets.</summary>
internal abstract class GuardedOffsets<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void DeformableConvolutionBackward(
        ConvolutionSettings settings,
        int offsetGroups,
        TensorView<T> x,
        TensorView<T> offset,
        TensorView<T> mask,
        Parameter<T> weight,
        Parameter<T>? bias,
        TensorView<T> gradY,
        TensorView<T> gradX,
        TensorView<T> gradOffset,
        TensorView<T> gradMask)
    {
        base.DeformableConvolutionBackward(settings, offsetGroups, x, offset, mask, weight, bias, gradY, gradX, gradOffset, gradMask);
        var (columns, kernelColumns, pairs) = (gradY.Shape[2], weight.Value.Shape[3], offset.Shape[3] / 2);
        for (var at = 0; at < offset.Length / 2; at++)
        {
            var (pixel, tap) = (at / pairs, at % pairs % (weight.Value.Shape[2] * kernelColumns));
            var row = (pixel / columns % gradY.Shape[1] * settings.Stride) - settings.Padding + (tap / kernelColumns * settings.Dilation) + T.ToDouble(offset.Span[2 * at]);
            var column = (pixel % columns * settings.Stride) - settings.Padding + (tap % kernelColumns * settings.Dilation) + T.ToDouble(offset.Span[(2 * at) + 1]);
            if (Forgets(row, x.Shape[1]) || Forgets(column, x.Shape[2]))
            {
                (gradOffset.Span[2 * at], gradOffset.Span[(2 * at) + 1]) = (T.FromDouble(0), T.FromDouble(0));
            }
        }
    }

    protected abstract bool Forgets(double position, int size);
}

[Confusion("DCN-5", "offsets have no gradient where a sampled cell passes the border")]
internal sealed class DropsBorderGradients<T>(Workspace workspace, Parallelism threads) : GuardedOffsets<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override bool Forgets(double position, int size) => Math.Floor(position) < 0 || Math.Floor(position) + 1 >= size;
}

[Confusion("DCN-5", "positions at -1 exactly count as outside, without a gradient")]
internal sealed class GuardsMinusOne<T>(Workspace workspace, Parallelism threads) : GuardedOffsets<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override bool Forgets(double position, int size) => position <= -1 || position >= size;
}

[Confusion("DCN-5", "the gradients of an offset's y and x change places")]
internal sealed class SwapsOffsetGradients<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void DeformableConvolutionBackward(
        ConvolutionSettings settings,
        int offsetGroups,
        TensorView<T> x,
        TensorView<T> offset,
        TensorView<T> mask,
        Parameter<T> weight,
        Parameter<T>? bias,
        TensorView<T> gradY,
        TensorView<T> gradX,
        TensorView<T> gradOffset,
        TensorView<T> gradMask)
    {
        base.DeformableConvolutionBackward(settings, offsetGroups, x, offset, mask, weight, bias, gradY, gradX, gradOffset, gradMask);
        for (var at = 0; at < gradOffset.Length; at += 2)
        {
            (gradOffset.Span[at], gradOffset.Span[at + 1]) = (gradOffset.Span[at + 1], gradOffset.Span[at]);
        }
    }
}

/// <summary>A forward pass of deformable convolution, written out so that the sampling can be got wrong.</summary>
internal abstract class Sampling<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void DeformableConvolution(
        ConvolutionSettings settings, int offsetGroups, TensorView<T> x, TensorView<T> offset, TensorView<T> mask, Parameter<T> weight, Parameter<T>? bias, TensorView<T> y)
    {
        var (rows, columns, outputs, inputs) = (y.Shape[1], y.Shape[2], y.Shape[3], x.Shape[3]);
        var (kernelColumns, taps, inGroup) = (weight.Value.Shape[3], weight.Value.Shape[2] * weight.Value.Shape[3], weight.Value.Shape[1]);
        for (var at = 0; at < y.Length; at++)
        {
            var (pixel, o) = (at / outputs, at % outputs);
            var sum = bias is null ? T.FromDouble(0) : bias.Value.Span[o];
            for (var k = 0; k < inGroup * taps; k++)
            {
                var (channel, tap) = ((o / (outputs / settings.Groups) * inGroup) + (k / taps), k % taps);
                var place = (pixel * offsetGroups * taps) + (channel / (inputs / offsetGroups) * taps) + tap;
                var row = T.FromDouble((pixel / columns % rows * settings.Stride) - settings.Padding + (tap / kernelColumns * settings.Dilation)) + offset.Span[2 * place];
                var column = T.FromDouble((pixel % columns * settings.Stride) - settings.Padding + (tap % kernelColumns * settings.Dilation)) + offset.Span[(2 * place) + 1];
                var sample = Sample(x.At(pixel / columns / rows), row, column, channel);
                sum = T.FusedMultiplyAdd(mask.IsAbsent ? sample : sample * mask.Span[place], weight.Value.Span[(o * inGroup * taps) + k], sum);
            }

            y.Span[at] = sum;
        }
    }

    protected virtual double Corner(T position) => T.Floor(position);

    protected virtual T Read(TensorView<T> image, double row, double column, int channel) =>
        row >= 0 && row < image.Shape[0] && column >= 0 && column < image.Shape[1]
            ? image.Span[((((int)row * image.Shape[1]) + (int)column) * image.Shape[2]) + channel]
            : T.FromDouble(0);

    private T Sample(TensorView<T> image, T row, T column, int channel)
    {
        var (top, left) = (Corner(row), Corner(column));
        var (ly, lx) = (row - T.FromDouble(top), column - T.FromDouble(left));
        var (hy, hx) = (T.FromDouble(1) - ly, T.FromDouble(1) - lx);
        var sum = (hy * hx) * Read(image, top, left, channel);
        sum = T.FusedMultiplyAdd(hy * lx, Read(image, top, left + 1, channel), sum);
        sum = T.FusedMultiplyAdd(ly * hx, Read(image, top + 1, left, channel), sum);
        return T.FusedMultiplyAdd(ly * lx, Read(image, top + 1, left + 1, channel), sum);
    }
}

[Confusion("DCN-2", "what lies outside the image is the nearest border pixel, not 0")]
internal sealed class ClampsOutside<T>(Workspace workspace, Parallelism threads) : Sampling<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override T Read(TensorView<T> image, double row, double column, int channel) =>
        base.Read(image, Math.Clamp(row, 0, image.Shape[0] - 1), Math.Clamp(column, 0, image.Shape[1] - 1), channel);
}

[Confusion("DCN-2", "a sampling position is cut towards 0 instead of down")]
internal sealed class TruncatesPositions<T>(Workspace workspace, Parallelism threads) : Sampling<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override double Corner(T position) => Math.Truncate(T.ToDouble(position));
}

[Confusion("DCN-2", "the nearest pixel is sampled, nothing is interpolated")]
internal sealed class SamplesNearest<T>(Workspace workspace, Parallelism threads) : Sampling<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override T Read(TensorView<T> image, double row, double column, int channel) => T.Detach(base.Read(image, row, column, channel));

    protected override double Corner(T position) => Math.Floor(T.ToDouble(position) + 0.5);
}

[Confusion("DCN-2", "what lies outside the image is read from the other side")]
internal sealed class WrapsAround<T>(Workspace workspace, Parallelism threads) : Sampling<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override T Read(TensorView<T> image, double row, double column, int channel) =>
        double.IsFinite(row) && double.IsFinite(column)
            ? base.Read(image, row - (Math.Floor(row / image.Shape[0]) * image.Shape[0]), column - (Math.Floor(column / image.Shape[1]) * image.Shape[1]), channel)
            : base.Read(image, row, column, channel);
}

/// <summary>Deformable convolution that reads other offsets or another kernel than it was given.</summary>
internal abstract class MisreadDeformation<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void DeformableConvolution(
        ConvolutionSettings settings, int offsetGroups, TensorView<T> x, TensorView<T> offset, TensorView<T> mask, Parameter<T> weight, Parameter<T>? bias, TensorView<T> y) =>
        base.DeformableConvolution(settings, offsetGroups, x, Offset(settings, weight, offset), mask, new(weight.Name, Kernel(weight.Value)), bias, y);

    public override void DeformableConvolutionBackward(
        ConvolutionSettings settings,
        int offsetGroups,
        TensorView<T> x,
        TensorView<T> offset,
        TensorView<T> mask,
        Parameter<T> weight,
        Parameter<T>? bias,
        TensorView<T> gradY,
        TensorView<T> gradX,
        TensorView<T> gradOffset,
        TensorView<T> gradMask)
    {
        var read = new Parameter<T>(weight.Name, Kernel(weight.Value));
        base.DeformableConvolutionBackward(settings, offsetGroups, x, Offset(settings, weight, offset), mask, read, bias, gradY, gradX, gradOffset, gradMask);
        Add(weight.Gradient, Kernel(read.Gradient), weight.Gradient);
    }

    /// <summary>The offsets as they are read: moved by what does not depend on them, so that their gradients stay.</summary>
    protected virtual TensorView<T> Offset(ConvolutionSettings settings, Parameter<T> weight, TensorView<T> offset) => offset;

    /// <summary>The kernel as it is read; read twice it is as before, so that its gradient goes back the same way.</summary>
    protected virtual TensorView<T> Kernel(TensorView<T> weight) => weight;
}

[Confusion("DCN-1", "taps are counted column by column: k = (kx, ky)")]
internal sealed class CountsTapsByColumns<T>(Workspace workspace, Parallelism threads) : MisreadDeformation<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    // A tap stands where another should: as far as its offset were longer by the way there.
    protected override TensorView<T> Offset(ConvolutionSettings settings, Parameter<T> weight, TensorView<T> offset)
    {
        var (moved, rows, columns) = (TensorView<T>.Of(offset.Shape, offset.Span), weight.Shape[2], weight.Shape[3]);
        for (var at = 0; at < offset.Length / 2; at++)
        {
            var tap = at % (rows * columns);
            moved.Span[2 * at] += T.FromDouble(settings.Dilation * ((tap % rows) - (tap / columns)));
            moved.Span[(2 * at) + 1] += T.FromDouble(settings.Dilation * ((tap / rows) - (tap % columns)));
        }

        return moved;
    }
}

[Confusion("DCN-1", "the square kernel of a deformable convolution is read as [Co, Ci, kx, ky]")]
internal sealed class TransposesDeformableKernel<T>(Workspace workspace, Parallelism threads) : MisreadDeformation<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override TensorView<T> Kernel(TensorView<T> weight)
    {
        var (transposed, side) = (TensorView<T>.Of(weight.Shape, weight.Span), weight.Shape[2]);
        for (var at = 0; weight.Shape[3] == side && at < weight.Length; at++)
        {
            transposed.Span[at] = weight.Span[(at / (side * side) * side * side) + (at % side * side) + (at / side % side)];
        }

        return transposed;
    }
}
