using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators;

/// <summary>
/// Definition of modulated deformable convolution (SPEC DCN). Tap k = (ky, kx) of K at output (p, q), offset group g:
/// <code>
/// y = p stride - padding + ky dilation + offset[2 (g K + k)]
/// x = q stride - padding + kx dilation + offset[2 (g K + k) + 1]
/// sample = the bilinear form on the cell (y0, y0 + 1) x (x0, x0 + 1), y0 = floor(y), x0 = floor(x); corners outside the image read +0
///        = fma(ly lx, v11, fma(ly hx, v10, fma(hy lx, v01, (hy hx) v00))), ly = y - y0, hy = 1 - ly, x likewise
/// column = sample mask[g K + k]                     (version 1: no mask)
/// out[o] = bias[o] + sum over (channel, ky, kx) ascending of column weight[o]
/// </code>
/// Group g owns the g-th contiguous block of C / offset groups channels.
/// </summary>
public static class DeformableConvolution
{
    /// <summary>y = deformable convolution of x.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="settings">Stride, padding, dilation, groups.</param>
    /// <param name="offsetGroups">Contiguous channel blocks with offsets of their own.</param>
    /// <param name="x">Input [N, H, W, Ci].</param>
    /// <param name="offset">Offsets in pixels [N, Ho, Wo, 2 offsetGroups K].</param>
    /// <param name="mask">Modulation [N, Ho, Wo, offsetGroups K]; absent: version 1.</param>
    /// <param name="weight">Weight [Co, Ci / groups, kh, kw].</param>
    /// <param name="bias">Bias [Co], or absent.</param>
    /// <param name="y">Output [N, Ho, Wo, Co].</param>
    /// <param name="threads">Threads over output rows.</param>
    public static void Forward<T>(
        ConvolutionSettings settings, int offsetGroups, TensorView<T> x, TensorView<T> offset, TensorView<T> mask, TensorView<T> weight, TensorView<T> bias, TensorView<T> y, Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        Check(settings, offsetGroups, x, offset, mask, weight, y);
        Guard.AbsentOrShape(bias, nameof(bias), y.Shape[3]);
        var (columns, outputs, taps) = (y.Shape[2], y.Shape[3], weight.Shape[2] * weight.Shape[3]);
        var (inputs, outputsInGroup, k) = (x.Shape[3], outputs / settings.Groups, weight.Shape[1] * taps);
        threads.For(y.Shape[0] * y.Shape[1], row =>
        {
            var column = new T[inputs * taps];
            for (var pixel = row * columns; pixel < (row + 1) * columns; pixel++)
            {
                for (var tap = 0; tap < taps; tap++)
                {
                    for (var i = 0; i < inputs; i++)
                    {
                        var cell = Locate(settings, offsetGroups, x, offset, weight.Shape, y.Shape, pixel, tap, i);
                        column[(i * taps) + tap] = Modulate(cell.Sample(x, i), mask, offsetGroups, pixel, tap, taps, inputs, i);
                    }
                }

                for (var o = 0; o < outputs; o++)
                {
                    y.Span[(pixel * outputs) + o] = Convolution.ProductSum(
                        bias.IsAbsent ? T.FromDouble(0) : bias.Span[o], column.AsSpan(o / outputsInGroup * k, k), weight.Span.Slice(o * k, k));
                }
            }
        });
    }

    /// <summary>
    /// Gradients to input, offset, mask and weight. With gc = sum over the group's outputs ascending of gradY weight (the column's gradient) and gs = gc mask (the sample's):
    /// gradMask = sum over the offset group's channels of gc sample; gradOffset = sum over them of gs d(sample)/dy and gs d(sample)/dx, both in
    /// <see cref="FixedOrder"/>; gradX gathers gs times the corner weights by fused multiply-add, ascending by pixel, then tap, then corner 00, 01, 10, 11;
    /// gradWeight[o] += sum over pixels ascending of gradY[o] column. Overwrites gradX, gradOffset and gradMask; adds to gradWeight.
    /// </summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="settings">Stride, padding, dilation, groups.</param>
    /// <param name="offsetGroups">Contiguous channel blocks with offsets of their own.</param>
    /// <param name="x">Input [N, H, W, Ci].</param>
    /// <param name="offset">Offsets [N, Ho, Wo, 2 offsetGroups K].</param>
    /// <param name="mask">Modulation [N, Ho, Wo, offsetGroups K]; absent: version 1.</param>
    /// <param name="weight">Weight [Co, Ci / groups, kh, kw].</param>
    /// <param name="gradY">Gradient by the output [N, Ho, Wo, Co].</param>
    /// <param name="gradX">Gradient by the input, as x.</param>
    /// <param name="gradOffset">Gradient by the offsets, as offset.</param>
    /// <param name="gradMask">Gradient by the mask, as mask; absent where mask is.</param>
    /// <param name="gradWeight">Gradient by the weight, as weight.</param>
    /// <param name="workspace">Where columns are kept meanwhile.</param>
    /// <param name="threads">Threads over images and outputs.</param>
    public static void Backward<T>(
        ConvolutionSettings settings,
        int offsetGroups,
        TensorView<T> x,
        TensorView<T> offset,
        TensorView<T> mask,
        TensorView<T> weight,
        TensorView<T> gradY,
        TensorView<T> gradX,
        TensorView<T> gradOffset,
        TensorView<T> gradMask,
        TensorView<T> gradWeight,
        Workspace workspace,
        Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        CheckBackward(settings, offsetGroups, x, offset, mask, weight, gradY, gradX, gradOffset, gradMask, gradWeight);
        var (pixels, outputs, taps, inputs) = (gradY.Shape[1] * gradY.Shape[2], gradY.Shape[3], weight.Shape[2] * weight.Shape[3], x.Shape[3]);
        using var scope = workspace.OpenScope();
        var columns = scope.Rent<T>(gradY.Shape[0] * pixels, inputs * taps);
        gradX.Clear();
        threads.For(x.Shape[0], n =>
        {
            var (gradColumn, maskTerms, offsetTermsY, offsetTermsX) = (new T[inputs * taps], new T[inputs], new T[inputs], new T[inputs]);
            for (var pixel = n * pixels; pixel < (n + 1) * pixels; pixel++)
            {
                GradColumn(settings, weight, gradY.Span.Slice(pixel * outputs, outputs), gradColumn, taps);
                for (var tap = 0; tap < taps; tap++)
                {
                    for (var i = 0; i < inputs; i++)
                    {
                        var cell = Locate(settings, offsetGroups, x, offset, weight.Shape, gradY.Shape, pixel, tap, i);
                        var sample = cell.Sample(x, i);
                        columns.Span[(pixel * inputs * taps) + (i * taps) + tap] = Modulate(sample, mask, offsetGroups, pixel, tap, taps, inputs, i);
                        var gradSample = Modulate(gradColumn[(i * taps) + tap], mask, offsetGroups, pixel, tap, taps, inputs, i);
                        maskTerms[i] = gradColumn[(i * taps) + tap] * sample;
                        offsetTermsY[i] = gradSample * cell.SlopeY(x, i);
                        offsetTermsX[i] = gradSample * cell.SlopeX(x, i);
                        cell.Scatter(gradX, i, gradSample);
                    }

                    var block = inputs / offsetGroups;
                    for (var group = 0; group < offsetGroups; group++)
                    {
                        var at = (pixel * offsetGroups * taps) + (group * taps) + tap;
                        gradOffset.Span[2 * at] = FixedOrder.Sum<T>(offsetTermsY.AsSpan(group * block, block));
                        gradOffset.Span[(2 * at) + 1] = FixedOrder.Sum<T>(offsetTermsX.AsSpan(group * block, block));
                        if (!gradMask.IsAbsent)
                        {
                            gradMask.Span[at] = FixedOrder.Sum<T>(maskTerms.AsSpan(group * block, block));
                        }
                    }
                }
            }
        });
        BackwardWeight(settings, columns, gradY, gradWeight, taps, threads);
    }

    // gc[(i, tap)] = sum over the outputs of i's group, ascending from 0, of g[o] weight[o, i, tap].
    private static void GradColumn<T>(ConvolutionSettings settings, TensorView<T> weight, ReadOnlySpan<T> g, Span<T> gradColumn, int taps)
        where T : unmanaged, IScalar<T>
    {
        var (outputsInGroup, k) = (g.Length / settings.Groups, weight.Shape[1] * taps);
        for (var at = 0; at < gradColumn.Length; at++)
        {
            var group = at / k;
            var sum = T.FromDouble(0);
            for (var o = group * outputsInGroup; o < (group + 1) * outputsInGroup; o++)
            {
                sum = T.FusedMultiplyAdd(g[o], weight.Span[(o * k) + (at % k)], sum);
            }

            gradColumn[at] = sum;
        }
    }

    private static void BackwardWeight<T>(ConvolutionSettings settings, TensorView<T> columns, TensorView<T> gradY, TensorView<T> gradWeight, int taps, Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        var (outputs, k, width) = (gradWeight.Shape[0], gradWeight.Shape[1] * taps, columns.Shape[1]);
        threads.For(outputs, o =>
        {
            var group = o / (outputs / settings.Groups);
            var sums = gradWeight.Span.Slice(o * k, k);
            for (var pixel = 0; pixel < columns.Shape[0]; pixel++)
            {
                var g = gradY.Span[(pixel * outputs) + o];
                for (var i = 0; i < k; i++)
                {
                    sums[i] = T.FusedMultiplyAdd(g, columns.Span[(pixel * width) + (group * k) + i], sums[i]);
                }
            }
        });
    }

    private static T Modulate<T>(T value, TensorView<T> mask, int offsetGroups, int pixel, int tap, int taps, int inputs, int channel)
        where T : unmanaged, IScalar<T> =>
        mask.IsAbsent ? value : value * mask.Span[(pixel * offsetGroups * taps) + (channel / (inputs / offsetGroups) * taps) + tap];

    // The cell that tap `tap` of output pixel `pixel` samples for a channel.
    private static Cell<T> Locate<T>(ConvolutionSettings settings, int offsetGroups, TensorView<T> x, TensorView<T> offset, Shape weight, Shape y, int pixel, int tap, int channel)
        where T : unmanaged, IScalar<T>
    {
        var (n, p, q) = Convolution.Unravel(pixel, y[1], y[2]);
        var taps = weight[2] * weight[3];
        var at = 2 * ((pixel * offsetGroups * taps) + (channel / (x.Shape[3] / offsetGroups) * taps) + tap);
        var row = (p * settings.Stride) - settings.Padding + (tap / weight[3] * settings.Dilation);
        var column = (q * settings.Stride) - settings.Padding + (tap % weight[3] * settings.Dilation);
        return new Cell<T>(x.Shape, n, T.FromDouble(row) + offset.Span[at], T.FromDouble(column) + offset.Span[at + 1]);
    }

    /// <summary>Throws unless the backward pass's attributes and tensors fit together.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="settings">Stride, padding, dilation, groups.</param>
    /// <param name="offsetGroups">Offset groups.</param>
    /// <param name="x">[N, H, W, Ci].</param>
    /// <param name="offset">[N, Ho, Wo, 2 offsetGroups K].</param>
    /// <param name="mask">[N, Ho, Wo, offsetGroups K] or absent.</param>
    /// <param name="weight">[Co, Ci / groups, kh, kw].</param>
    /// <param name="gradY">[N, Ho, Wo, Co].</param>
    /// <param name="gradX">As x.</param>
    /// <param name="gradOffset">As offset.</param>
    /// <param name="gradMask">As mask.</param>
    /// <param name="gradWeight">As weight.</param>
    internal static void CheckBackward<T>(
        ConvolutionSettings settings,
        int offsetGroups,
        TensorView<T> x,
        TensorView<T> offset,
        TensorView<T> mask,
        TensorView<T> weight,
        TensorView<T> gradY,
        TensorView<T> gradX,
        TensorView<T> gradOffset,
        TensorView<T> gradMask,
        TensorView<T> gradWeight)
        where T : unmanaged
    {
        Check(settings, offsetGroups, x, offset, mask, weight, gradY);
        Guard.SameShape(x, gradX, nameof(gradX));
        Guard.SameShape(offset, gradOffset, nameof(gradOffset));
        Guard.SameShape(weight, gradWeight, nameof(gradWeight));
        Guard.SameShape(mask, gradMask, nameof(gradMask));
    }

    /// <summary>Throws unless the attributes and tensors fit together.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="settings">Stride, padding, dilation, groups.</param>
    /// <param name="offsetGroups">Offset groups.</param>
    /// <param name="x">[N, H, W, Ci].</param>
    /// <param name="offset">[N, Ho, Wo, 2 offsetGroups K].</param>
    /// <param name="mask">[N, Ho, Wo, offsetGroups K] or absent.</param>
    /// <param name="weight">[Co, Ci / groups, kh, kw].</param>
    /// <param name="y">[N, Ho, Wo, Co].</param>
    internal static void Check<T>(ConvolutionSettings settings, int offsetGroups, TensorView<T> x, TensorView<T> offset, TensorView<T> mask, TensorView<T> weight, TensorView<T> y)
        where T : unmanaged
    {
        settings.Check(x, weight, y);
        Guard.That(offsetGroups >= 1 && x.Shape[3] >= offsetGroups && x.Shape[3] % offsetGroups == 0, $"{offsetGroups} offset groups do not divide {x.Shape[3]} channels", nameof(offsetGroups));
        var taps = weight.Shape[2] * weight.Shape[3];
        Guard.HasShape(offset, nameof(offset), y.Shape[0], y.Shape[1], y.Shape[2], 2 * offsetGroups * taps);
        Guard.AbsentOrShape(mask, nameof(mask), y.Shape[0], y.Shape[1], y.Shape[2], offsetGroups * taps);
    }

    /// <summary>
    /// A cell of four pixels and a position within it. There is no separate test for outside: corners outside read +0, and values and slopes follow
    /// from the bilinear form (at y = -1 exactly the value is 0 and d/dy comes from row 0). Positions are compared as numbers before they become
    /// integers; a position that is not finite has NaN weights, samples NaN and reads no pixel.
    /// </summary>
    private readonly struct Cell<T>
        where T : unmanaged, IScalar<T>
    {
        // How far the position lies from the low (upper, left) side of the cell, ly = y - y0, and what is left to the high side, hy = 1 - ly.
        private readonly T _ly;
        private readonly T _lx;
        private readonly T _hy;
        private readonly T _hx;

        // Where the corners stand, 01 being (y0, x0 + 1); -1 outside the image.
        private readonly int _at00;
        private readonly int _at01;
        private readonly int _at10;
        private readonly int _at11;

        public Cell(Shape image, int n, T y, T x)
        {
            var (y0, x0) = (T.Floor(y), T.Floor(x));
            (_ly, _lx) = (y - T.FromDouble(y0), x - T.FromDouble(x0));
            (_hy, _hx) = (T.FromDouble(1) - _ly, T.FromDouble(1) - _lx);
            (_at00, _at01) = (Index(image, n, y0, x0), Index(image, n, y0, x0 + 1));
            (_at10, _at11) = (Index(image, n, y0 + 1, x0), Index(image, n, y0 + 1, x0 + 1));
        }

        public T Sample(TensorView<T> x, int channel)
        {
            var (v00, v01, v10, v11) = Corners(x, channel);
            var sum = (_hy * _hx) * v00;
            sum = T.FusedMultiplyAdd(_hy * _lx, v01, sum);
            sum = T.FusedMultiplyAdd(_ly * _hx, v10, sum);
            return T.FusedMultiplyAdd(_ly * _lx, v11, sum);
        }

        // d sample / dy.
        public T SlopeY(TensorView<T> x, int channel)
        {
            var (v00, v01, v10, v11) = Corners(x, channel);
            return T.FusedMultiplyAdd(_lx, v11 - v01, _hx * (v10 - v00));
        }

        // d sample / dx.
        public T SlopeX(TensorView<T> x, int channel)
        {
            var (v00, v01, v10, v11) = Corners(x, channel);
            return T.FusedMultiplyAdd(_ly, v11 - v10, _hy * (v01 - v00));
        }

        public void Scatter(TensorView<T> gradX, int channel, T g)
        {
            Add(gradX, _at00, channel, _hy * _hx, g);
            Add(gradX, _at01, channel, _hy * _lx, g);
            Add(gradX, _at10, channel, _ly * _hx, g);
            Add(gradX, _at11, channel, _ly * _lx, g);
        }

        private static void Add(TensorView<T> gradX, int at, int channel, T weight, T g)
        {
            if (at >= 0)
            {
                gradX.Span[at + channel] = T.FusedMultiplyAdd(weight, g, gradX.Span[at + channel]);
            }
        }

        private (T V00, T V01, T V10, T V11) Corners(TensorView<T> x, int channel) =>
            (Read(x, _at00, channel), Read(x, _at01, channel), Read(x, _at10, channel), Read(x, _at11, channel));

        private static T Read(TensorView<T> x, int at, int channel) => at >= 0 ? x.Span[at + channel] : T.FromDouble(0);

        // Offset of a pixel's first channel, or -1 outside the image (NaN compares false, so it is outside too).
        private static int Index(Shape image, int n, double row, double column) =>
            row >= 0 && row < image[1] && column >= 0 && column < image[2]
                ? ((((n * image[1]) + (int)row) * image[2]) + (int)column) * image[3]
                : -1;
    }
}
