using System.Numerics;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators.Kernels;

/// <summary>
/// The products of a convolution's weight gradient: left operand x with a row for every (ky, kx, i), right operand gradY, depth the output pixels. The gradient is kept as
/// [ky, kx, i, o], so that outputs lie side by side and the rows of a tile in the same cache line of x.
/// </summary>
/// <typeparam name="T">The number type.</typeparam>
internal readonly unsafe struct WeightProduct<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    // Pixels whose products are added at once: few, because the tiles of all (ky, kx, i) read the same gradients (16 KB of 64 channels) and nearly the same cache lines
    // of x, both of which then stay in a first-level cache of 32 KB.
    private const int DepthBlock = 64;

    private readonly ConvolutionWindow<T> _window;
    private readonly int _bandRows;
    private readonly TensorView<nint> _rows;
    private readonly TensorView<int> _pixels;

    private WeightProduct(int groups, ConvolutionWindow<T> window, int bandRows, TensorView<nint> rows, TensorView<int> pixels) =>
        (Groups, _window, _bandRows, _rows, _pixels) = (groups, window, bandRows, rows, pixels);

    /// <summary>Groups.</summary>
    public int Groups { get; }

    /// <summary>Rows m = (ky, kx, i) of a group.</summary>
    public int Rows => _rows.Length;

    /// <summary>Makes the tables, which inputs of one shape share.</summary>
    /// <param name="settings">Stride, padding, dilation, groups.</param>
    /// <param name="x">An input [N, H, W, Ci].</param>
    /// <param name="weight">Shape of the weight [Co, Ci / groups, kh, kw].</param>
    /// <param name="y">Shape of the output [N, Ho, Wo, Co].</param>
    /// <param name="scope">The owner of the tables.</param>
    public static WeightProduct<T> Create(ConvolutionSettings settings, TensorView<T> x, Shape weight, Shape y, Workspace.Scope scope)
    {
        var window = ConvolutionKernel.ForwardWindow(settings, x, weight, y);
        var (inputs, taps) = (weight[1], weight[2] * weight[3]);
        var bandRows = window.BandRows(1, ConvolutionKernel.BandPixels);
        var rows = scope.Rent<nint>(taps * inputs);
        for (var m = 0; m < rows.Length; m++)
        {
            var (tap, i) = (m / inputs, m % inputs);
            rows.Pointer[m] = window.TapOffset(tap / weight[3], tap % weight[3]) + i;
        }

        var pixels = scope.Rent<int>(bandRows * y[2]);
        window.FillPixelOffsets(pixels.Span, window.Channels);
        return new(settings.Groups, window, bandRows, rows, pixels);
    }

    /// <summary>Adds an image's products to the rows from <paramref name="first"/> on.</summary>
    /// <typeparam name="TLane">The lane type.</typeparam>
    /// <param name="x">Input [N, H, W, Ci].</param>
    /// <param name="gradY">Gradient by the output [N, Ho, Wo, Co].</param>
    /// <param name="n">The image.</param>
    /// <param name="first">The first row.</param>
    /// <param name="sums">The sums of some rows, group after group [groups, rows, Co / groups filled up to whole lanes].</param>
    /// <param name="workspace">The owner of temporary buffers.</param>
    public void Add<TLane>(TensorView<T> x, TensorView<T> gradY, int n, int first, TensorView<T> sums, Workspace workspace)
        where TLane : unmanaged, ILane<TLane, T>
    {
        var window = _window with { Image = x };
        var (height, columns, allOutputs) = (gradY.Shape[1], gradY.Shape[2], gradY.Shape[3]);
        var (count, padded, outputs, inputs) = (sums.Shape[1], sums.Shape[2], allOutputs / Groups, window.Channels / Groups);
        using var scope = workspace.OpenScope();
        var band = scope.Rent<T>(window.BandLength(_bandRows));
        var right = new RightRows<TLane, T>(outputs, allOutputs, _bandRows * columns, scope);
        for (var p = 0; p < height; p += _bandRows)
        {
            var depth = Math.Min(_bandRows, height - p) * columns;
            var image = window.Read(n, p, depth / columns, band);
            var gradient = gradY.Pointer + ((((nint)n * height) + p) * columns * allOutputs);
            for (var group = 0; group < Groups; group++)
            {
                var own = sums.At(group).Pointer;
                MatrixKernel.Multiply<TLane, T>(
                    count, depth, padded, image + (group * inputs), _rows.Pointer + first, _pixels.Pointer, right.Pack(gradient + (group * outputs), depth), own, padded, own, padded, DepthBlock);
            }
        }
    }
}
