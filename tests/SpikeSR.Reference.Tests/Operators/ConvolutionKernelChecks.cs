using System.Numerics;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Operators.Kernels;
using SpikeSR.Reference.Tensors;
using static SpikeSR.Reference.Tests.Operators.KernelTestData;

namespace SpikeSR.Reference.Tests.Operators;

/// <summary>The checks of <see cref="ConvolutionKernelChecks{TLane, T}"/>, whatever the lane type.</summary>
internal interface IConvolutionKernelChecks
{
    void Forward(ConvolutionCase shapes, int seed);

    void ForwardSpikes(ConvolutionCase shapes, int seed);

    void BackwardInput(ConvolutionCase shapes, int seed);

    void BackwardWeight(ConvolutionCase shapes, int seed);

    void BackwardWeightOfSpikes(ConvolutionCase shapes, int seed);
}

/// <summary>Sizes of a convolution.</summary>
internal readonly record struct ConvolutionCase(
    int Images, int Height, int Width, int Inputs, int Outputs, int KernelRows, int KernelColumns, int Stride = 1, int Padding = 0, int Dilation = 1, int Groups = 1)
{
    public ConvolutionSettings Settings => new(Stride, Padding, Dilation, Groups);

    public int Rows => Settings.OutputExtent(Height, KernelRows);

    public int Columns => Settings.OutputExtent(Width, KernelColumns);
}

/// <summary>What must hold of the convolution kernels on one lane type: the plain loops below, byte for byte, on any number of threads.</summary>
internal sealed class ConvolutionKernelChecks<TLane, T> : IConvolutionKernelChecks
    where TLane : unmanaged, ILane<TLane, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private static readonly int[] _threads = [1, 2, 7];
    private PackedMatrix<T>? _packed;

    public void Forward(ConvolutionCase c, int seed)
    {
        var (x, weight, _, bias) = Operands(c, seed);
        Forward(c, x, weight, bias);
    }

    // Spikes, whose convolution leaves products out where neither weight nor bias forbids it: none, and everywhere, and few with zeros of both signs between them.
    public void ForwardSpikes(ConvolutionCase c, int seed)
    {
        var (x, weight, _, bias) = Operands(c, seed);
        x.Span.Clear();
        Forward(c, x, weight, bias);
        x.Span.Fill(T.One);
        Forward(c, x, weight, bias);
        var random = new Random(seed);
        FewSpikes(x, random);
        Forward(c, x, weight, bias);
        for (var o = 0; o < bias.Length; o++)
        {
            bias.Span[o] = bias.Span[o] == T.Zero ? T.Zero : bias.Span[o];
        }

        Forward(c, x, weight, bias);
        if (seed % 4 == 0)
        {
            x.Span[random.Next(x.Length)] = T.CreateChecked(0.5);
            Forward(c, x, weight, bias);
        }
        else
        {
            weight.Span[random.Next(weight.Length)] = T.PositiveInfinity;
            Forward(c, x, weight, bias);
        }
    }

    // A weight is packed where the one before lay, as a network's is after each step.
    private void Forward(ConvolutionCase c, TensorView<T> x, TensorView<T> weight, TensorView<T> bias)
    {
        _packed = ConvolutionKernel.Pack<TLane, T>(weight, c.Groups, _packed);
        foreach (var start in new[] { bias, default })
        {
            var expected = Unwritten<T>(c.Images, c.Rows, c.Columns, c.Outputs);
            for (var at = 0; at < expected.Length; at++)
            {
                var (pixel, o) = (at / c.Outputs, at % c.Outputs);
                var sum = start.IsAbsent ? T.Zero : start.Span[o];
                for (var k = 0; k < weight.Shape[1] * c.KernelRows * c.KernelColumns; k++)
                {
                    var (i, ky, kx) = Unravel(c, k);
                    var channel = (o / (c.Outputs / c.Groups) * weight.Shape[1]) + i;
                    sum = T.FusedMultiplyAdd(Input(c, x, pixel, ky, kx, channel), Weight(c, weight, o, i, ky, kx), sum);
                }

                expected.Span[at] = sum;
            }

            foreach (var threads in _threads)
            {
                var y = Unwritten<T>(c.Images, c.Rows, c.Columns, c.Outputs);
                ConvolutionKernel.Forward<TLane, T>(
                    c.Settings, x, weight, _packed, start, y, new Workspace(), new Parallelism(threads));
                AssertSameBytes<T>(expected.Span, y.Span, $"{c}, {threads} threads, y");
            }
        }
    }

    public void BackwardInput(ConvolutionCase c, int seed)
    {
        var (_, weight, g, _) = Operands(c, seed);
        BackwardInput(c, weight, g);
        FewSpikes(g, new Random(seed));
        BackwardInput(c, weight, g);
    }

    public void BackwardWeight(ConvolutionCase c, int seed)
    {
        var (x, former, g, _) = Operands(c, seed);
        BackwardWeight(c, x, former, g);
    }

    // Spikes, whose gradients alone are added where neither infinite ones nor a sum of -0 forbid it: few, none, everywhere, and one that is none.
    public void BackwardWeightOfSpikes(ConvolutionCase c, int seed)
    {
        var (x, former, g, _) = Operands(c, seed);
        FewSpikes(x, new Random(seed));
        BackwardWeight(c, x, former, g);
        foreach (ref var element in former.Span)
        {
            element = element == T.Zero ? T.Zero : element;
        }

        BackwardWeight(c, x, former, g);
        x.Span[^1] = T.CreateChecked(0.5);
        BackwardWeight(c, x, former, g);
        x.Span.Clear();
        BackwardWeight(c, x, former, g);
        x.Span.Fill(T.One);
        BackwardWeight(c, x, former, g);
    }

    private static void BackwardWeight(ConvolutionCase c, TensorView<T> x, TensorView<T> former, TensorView<T> g)
    {
        var expected = TensorView<T>.Of(former.Shape, former.Span);
        var length = former.Shape[1] * c.KernelRows * c.KernelColumns;
        for (var at = 0; at < expected.Length; at++)
        {
            var o = at / length;
            var (i, ky, kx) = Unravel(c, at % length);
            var channel = (o / (c.Outputs / c.Groups) * former.Shape[1]) + i;
            for (var pixel = 0; pixel < c.Images * c.Rows * c.Columns; pixel++)
            {
                expected.Span[at] = T.FusedMultiplyAdd(g.Span[(pixel * c.Outputs) + o], Input(c, x, pixel, ky, kx, channel), expected.Span[at]);
            }
        }

        foreach (var threads in _threads)
        {
            var gradWeight = TensorView<T>.Of(former.Shape, former.Span);
            ConvolutionKernel.BackwardWeight<TLane, T>(c.Settings, x, g, gradWeight, new Workspace(), new Parallelism(threads));
            AssertSameBytes<T>(expected.Span, gradWeight.Span, $"{c}, {threads} threads, gradWeight");
        }
    }

    private static void BackwardInput(ConvolutionCase c, TensorView<T> weight, TensorView<T> g)
    {
        var (inputs, outputs) = (weight.Shape[1], c.Outputs / c.Groups);
        var expected = Unwritten<T>(c.Images, c.Height, c.Width, c.Inputs);
        for (var at = 0; at < expected.Length; at++)
        {
            var (n, y, x, channel) = (at / c.Inputs / c.Width / c.Height, at / c.Inputs / c.Width % c.Height, at / c.Inputs % c.Width, at % c.Inputs);
            var sum = T.Zero;
            for (var k = 0; k < outputs * c.KernelRows * c.KernelColumns; k++)
            {
                var (inGroup, ky, kx) = Unravel(c, k);
                var o = (channel / inputs * outputs) + inGroup;
                var (down, right) = (y + c.Padding - (ky * c.Dilation), x + c.Padding - (kx * c.Dilation));
                var meets = down >= 0 && right >= 0 && down % c.Stride == 0 && right % c.Stride == 0 && down / c.Stride < c.Rows && right / c.Stride < c.Columns;
                var gradient = meets ? g.Span[(((((n * c.Rows) + (down / c.Stride)) * c.Columns) + (right / c.Stride)) * c.Outputs) + o] : T.Zero;
                sum = T.FusedMultiplyAdd(gradient, Weight(c, weight, o, channel % inputs, ky, kx), sum);
            }

            expected.Span[at] = sum;
        }

        foreach (var threads in _threads)
        {
            var gradX = Unwritten<T>(c.Images, c.Height, c.Width, c.Inputs);
            ConvolutionKernel.BackwardInput<TLane, T>(
                c.Settings, g, weight, ConvolutionKernel.PackBackward<TLane, T>(weight, c.Groups), gradX, new Workspace(), new Parallelism(threads));
            AssertSameBytes<T>(expected.Span, gradX.Span, $"{c}, {threads} threads, gradX");
        }
    }

    private static void FewSpikes(TensorView<T> x, Random random)
    {
        foreach (ref var element in x.Span)
        {
            element = random.Next(25) switch { 0 => T.One, 1 => T.NegativeZero, _ => T.Zero };
        }
    }

    private static (TensorView<T> X, TensorView<T> Weight, TensorView<T> GradY, TensorView<T> Bias) Operands(ConvolutionCase c, int seed)
    {
        var random = new Random(seed);
        var special = seed % 2 == 1;
        return (
            Numbers<T>(random, special, c.Images, c.Height, c.Width, c.Inputs),
            Numbers<T>(random, special, c.Outputs, c.Inputs / c.Groups, c.KernelRows, c.KernelColumns),
            Numbers<T>(random, special, c.Images, c.Rows, c.Columns, c.Outputs),
            Numbers<T>(random, special, c.Outputs));
    }

    private static T Input(ConvolutionCase c, TensorView<T> x, int pixel, int ky, int kx, int channel)
    {
        var (n, p, q) = (pixel / c.Columns / c.Rows, pixel / c.Columns % c.Rows, pixel % c.Columns);
        var (row, column) = ((p * c.Stride) - c.Padding + (ky * c.Dilation), (q * c.Stride) - c.Padding + (kx * c.Dilation));
        return row >= 0 && row < c.Height && column >= 0 && column < c.Width ? x.Span[(((((n * c.Height) + row) * c.Width) + column) * c.Inputs) + channel] : T.Zero;
    }

    private static T Weight(ConvolutionCase c, TensorView<T> weight, int o, int i, int ky, int kx) =>
        weight.Span[(((((o * weight.Shape[1]) + i) * c.KernelRows) + ky) * c.KernelColumns) + kx];

    private static (int Channel, int Ky, int Kx) Unravel(ConvolutionCase c, int k) =>
        (k / c.KernelColumns / c.KernelRows, k / c.KernelColumns % c.KernelRows, k % c.KernelColumns);
}
