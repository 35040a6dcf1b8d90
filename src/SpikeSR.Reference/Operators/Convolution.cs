using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators;

/// <summary>
/// Definition of conv2d (SPEC CONV). With k = (input channel, kernel row, kernel column) ascending,
/// <c>y[n, p, q, o] = bias[o] + sum_k x[n, p s - pad + ky d, q s - pad + kx d, i] weight[o, i, ky, kx]</c>,
/// each term added by a fused multiply-add; what lies outside the image is read as +0 and multiplied.
/// </summary>
public static class Convolution
{
    /// <summary>y = conv(x).</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="settings">Stride, padding, dilation, groups.</param>
    /// <param name="x">Input [N, H, W, Ci].</param>
    /// <param name="weight">Weight [Co, Ci / groups, kh, kw].</param>
    /// <param name="bias">Bias [Co], or absent.</param>
    /// <param name="y">Output [N, Ho, Wo, Co].</param>
    /// <param name="threads">Threads over output rows.</param>
    public static void Forward<T>(ConvolutionSettings settings, TensorView<T> x, TensorView<T> weight, TensorView<T> bias, TensorView<T> y, Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        settings.Check(x, weight, y);
        Guard.AbsentOrShape(bias, nameof(bias), y.Shape[3]);
        var (rows, columns, outputs) = (y.Shape[1], y.Shape[2], y.Shape[3]);
        var (groups, k) = (settings.Groups, weight.Shape.Length / Math.Max(1, outputs));
        threads.For(x.Shape[0] * rows, row =>
        {
            var (n, p) = (row / rows, row % rows);
            var window = new T[k];
            var w = weight.Span;
            for (var q = 0; q < columns; q++)
            {
                var pixel = y.Span.Slice(((row * columns) + q) * outputs, outputs);
                for (var group = 0; group < groups; group++)
                {
                    ReadWindow(settings, x, weight.Shape, n, p, q, group, window);
                    for (var o = group * (outputs / groups); o < (group + 1) * (outputs / groups); o++)
                    {
                        pixel[o] = ProductSum(bias.IsAbsent ? T.FromDouble(0) : bias.Span[o], window, w.Slice(o * k, k));
                    }
                }
            }
        });
    }

    /// <summary>
    /// gradX[n, y, x, i] = sum over k = (o, ky, kx) ascending of gradY[n, p, q, o] weight[o, i, ky, kx], p s - pad + ky d = y (likewise q);
    /// a tap that meets no output pixel reads +0 and is multiplied. Overwrites gradX.
    /// </summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="settings">Stride, padding, dilation, groups.</param>
    /// <param name="gradY">Gradient by the output [N, Ho, Wo, Co].</param>
    /// <param name="weight">Weight [Co, Ci / groups, kh, kw].</param>
    /// <param name="gradX">Gradient by the input [N, H, W, Ci].</param>
    /// <param name="threads">Threads over input rows.</param>
    public static void BackwardInput<T>(ConvolutionSettings settings, TensorView<T> gradY, TensorView<T> weight, TensorView<T> gradX, Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        settings.Check(gradX, weight, gradY);
        var (height, width, inputs) = (gradX.Shape[1], gradX.Shape[2], gradX.Shape[3]);
        var (kernelRows, kernelColumns) = (weight.Shape[2], weight.Shape[3]);
        var (inputsInGroup, outputsInGroup) = (inputs / settings.Groups, weight.Shape[0] / settings.Groups);
        var taps = kernelRows * kernelColumns;
        threads.For(gradX.Shape[0] * height, row =>
        {
            var (n, y) = (row / height, row % height);
            var window = new T[outputsInGroup * taps];
            var w = weight.Span;
            for (var x = 0; x < width; x++)
            {
                for (var group = 0; group < settings.Groups; group++)
                {
                    ReadGradientWindow(settings, gradY, kernelRows, kernelColumns, n, y, x, group, window);
                    for (var i = 0; i < inputsInGroup; i++)
                    {
                        var sum = T.FromDouble(0);
                        for (var k = 0; k < window.Length; k++)
                        {
                            var o = (group * outputsInGroup) + (k / taps);
                            sum = T.FusedMultiplyAdd(window[k], w[(((o * inputsInGroup) + i) * taps) + (k % taps)], sum);
                        }

                        gradX.Span[(((row * width) + x) * inputs) + (group * inputsInGroup) + i] = sum;
                    }
                }
            }
        });
    }

    /// <summary>
    /// gradWeight[o, i, ky, kx] += sum over output pixels (n, p, q) ascending of gradY[n, p, q, o] x[...]: the sum starts at the gradient's present value.
    /// </summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="settings">Stride, padding, dilation, groups.</param>
    /// <param name="x">Input [N, H, W, Ci].</param>
    /// <param name="gradY">Gradient by the output [N, Ho, Wo, Co].</param>
    /// <param name="gradWeight">Gradient by the weight [Co, Ci / groups, kh, kw].</param>
    /// <param name="threads">Threads over output channels.</param>
    public static void BackwardWeight<T>(ConvolutionSettings settings, TensorView<T> x, TensorView<T> gradY, TensorView<T> gradWeight, Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        settings.Check(x, gradWeight, gradY);
        var outputs = gradWeight.Shape[0];
        var outputsInGroup = outputs / settings.Groups;
        var k = gradWeight.Shape.Length / Math.Max(1, outputs);
        threads.ForRange(outputs, 1, (first, last) =>
        {
            var window = new T[k];
            var g = gradY.Span;
            var gw = gradWeight.Span;
            for (var pixel = 0; pixel < gradY.Length / outputs; pixel++)
            {
                var (n, p, q) = Unravel(pixel, gradY.Shape[1], gradY.Shape[2]);
                for (var o = first; o < last; o++)
                {
                    if (o == first || o % outputsInGroup == 0)
                    {
                        ReadWindow(settings, x, gradWeight.Shape, n, p, q, o / outputsInGroup, window);
                    }

                    for (var i = 0; i < k; i++)
                    {
                        gw[(o * k) + i] = T.FusedMultiplyAdd(g[(pixel * outputs) + o], window[i], gw[(o * k) + i]);
                    }
                }
            }
        });
    }

    /// <summary>start + sum_k left[k] right[k], k ascending, each term added by a fused multiply-add: the project's one product sum (SPEC REP-2).</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="start">Where the sum starts: a bias, or 0.</param>
    /// <param name="left">Left factors.</param>
    /// <param name="right">Right factors, as many.</param>
    internal static T ProductSum<T>(T start, ReadOnlySpan<T> left, ReadOnlySpan<T> right)
        where T : unmanaged, IScalar<T>
    {
        var sum = start;
        for (var k = 0; k < left.Length; k++)
        {
            sum = T.FusedMultiplyAdd(left[k], right[k], sum);
        }

        return sum;
    }

    internal static (int N, int P, int Q) Unravel(int pixel, int rows, int columns) => (pixel / columns / rows, pixel / columns % rows, pixel % columns);

    // The inputs under the kernel at output pixel (p, q), in the order of k; +0 outside the image.
    private static void ReadWindow<T>(ConvolutionSettings settings, TensorView<T> x, Shape weight, int n, int p, int q, int group, Span<T> window)
        where T : unmanaged, IScalar<T>
    {
        var (height, width, inputs) = (x.Shape[1], x.Shape[2], x.Shape[3]);
        var (inputsInGroup, kernelRows, kernelColumns) = (weight[1], weight[2], weight[3]);
        var image = x.Span.Slice(n * height * width * inputs, height * width * inputs);
        for (var ky = 0; ky < kernelRows; ky++)
        {
            var row = (p * settings.Stride) - settings.Padding + (ky * settings.Dilation);
            for (var kx = 0; kx < kernelColumns; kx++)
            {
                var column = (q * settings.Stride) - settings.Padding + (kx * settings.Dilation);
                var inside = row >= 0 && row < height && column >= 0 && column < width;
                for (var i = 0; i < inputsInGroup; i++)
                {
                    window[(((i * kernelRows) + ky) * kernelColumns) + kx] =
                        inside ? image[(((row * width) + column) * inputs) + (group * inputsInGroup) + i] : T.FromDouble(0);
                }
            }
        }
    }

    // The output gradients that input pixel (y, x) reaches, in the order of k = (o, ky, kx); +0 where a tap meets no output pixel.
    private static void ReadGradientWindow<T>(ConvolutionSettings settings, TensorView<T> gradY, int kernelRows, int kernelColumns, int n, int y, int x, int group, Span<T> window)
        where T : unmanaged, IScalar<T>
    {
        var (rows, columns, outputs) = (gradY.Shape[1], gradY.Shape[2], gradY.Shape[3]);
        var outputsInGroup = outputs / settings.Groups;
        for (var ky = 0; ky < kernelRows; ky++)
        {
            var down = y + settings.Padding - (ky * settings.Dilation);
            for (var kx = 0; kx < kernelColumns; kx++)
            {
                var right = x + settings.Padding - (kx * settings.Dilation);
                var (p, q) = (down / settings.Stride, right / settings.Stride);
                var meets = down >= 0 && right >= 0 && down % settings.Stride == 0 && right % settings.Stride == 0 && p < rows && q < columns;
                for (var o = 0; o < outputsInGroup; o++)
                {
                    window[(((o * kernelRows) + ky) * kernelColumns) + kx] =
                        meets ? gradY.Span[(((((n * rows) + p) * columns) + q) * outputs) + (group * outputsInGroup) + o] : T.FromDouble(0);
                }
            }
        }
    }
}
