using System.Numerics;
using System.Runtime.CompilerServices;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators.Kernels;

/// <summary>
/// Kernels of <see cref="Convolution"/>, byte for byte its definition: matrix products whose left operand is the image itself, read through the
/// offsets of pixels and taps (<see cref="ConvolutionWindow{T}"/>).
/// </summary>
internal static unsafe class ConvolutionKernel
{
    /// <summary>Output pixels in a band, at most: enough to hide what a band costs beside its products.</summary>
    public const int BandPixels = 4096;

    // Pixels whose products wait in the first-level cache for what follows the convolution: 16 tiles, with 64 channels 24 KB in float.
    private const int AffinePixels = 96;

    /// <summary>Packs a weight for <see cref="Forward"/>: b[(i, ky, kx), o], a group after the other.</summary>
    /// <typeparam name="TLane">The lane type.</typeparam>
    /// <typeparam name="T">The number type.</typeparam>
    /// <param name="weight">Weight [Co, Ci / groups, kh, kw].</param>
    /// <param name="groups">Groups.</param>
    /// <param name="former">A buffer packed before whose contents are no longer needed, or null.</param>
    public static PackedMatrix<T> Pack<TLane, T>(TensorView<T> weight, int groups = 1, PackedMatrix<T>? former = null)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        var outputs = weight.Shape[0] / groups;
        var depth = weight.Shape[1] * weight.Shape[2] * weight.Shape[3];
        var packed = PackedMatrix<T>.Reuse<TLane>(former, groups, depth, outputs);
        for (var group = 0; group < groups; group++)
        {
            MatrixKernel.PackTransposed<TLane, T>(weight.Pointer + ((nint)group * outputs * depth), depth, depth, outputs, packed.Group(group));
        }

        return packed;
    }

    /// <summary>Packs a weight for <see cref="BackwardInput"/>: b[(o, ky, kx), i], a group after the other.</summary>
    /// <typeparam name="TLane">The lane type.</typeparam>
    /// <typeparam name="T">The number type.</typeparam>
    /// <param name="weight">Weight [Co, Ci / groups, kh, kw].</param>
    /// <param name="groups">Groups.</param>
    /// <param name="former">A buffer packed before whose contents are no longer needed, or null.</param>
    public static PackedMatrix<T> PackBackward<TLane, T>(TensorView<T> weight, int groups = 1, PackedMatrix<T>? former = null)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        var (outputs, inputs, taps) = (weight.Shape[0] / groups, weight.Shape[1], weight.Shape[2] * weight.Shape[3]);
        var packed = PackedMatrix<T>.Reuse<TLane>(former, groups, outputs * taps, inputs);
        for (var group = 0; group < groups; group++)
        {
            MatrixKernel.PackTransposedBlocks<TLane, T>(weight.Pointer + ((nint)group * outputs * inputs * taps), outputs, taps, inputs, packed.Group(group));
        }

        return packed;
    }

    /// <summary><see cref="Convolution.Forward"/>.</summary>
    /// <typeparam name="TLane">The lane type.</typeparam>
    /// <typeparam name="T">The number type.</typeparam>
    /// <param name="settings">Stride, padding, dilation, groups.</param>
    /// <param name="x">Input [N, H, W, Ci].</param>
    /// <param name="weight">Weight [Co, Ci / groups, kh, kw]; only its shape is read.</param>
    /// <param name="packed">The weight from <see cref="Pack"/>.</param>
    /// <param name="bias">Bias [Co], or absent.</param>
    /// <param name="y">Output [N, Ho, Wo, Co].</param>
    /// <param name="workspace">The owner of temporary buffers.</param>
    /// <param name="threads">Threads over output rows.</param>
    public static void Forward<TLane, T>(
        ConvolutionSettings settings, TensorView<T> x, TensorView<T> weight, PackedMatrix<T> packed, TensorView<T> bias, TensorView<T> y, Workspace workspace, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        settings.Check(x, weight, y);
        Guard.AbsentOrShape(bias, nameof(bias), y.Shape[3]);
        ForwardUnchecked<TLane, T>(settings, x, weight.Shape, packed, bias, y, workspace, threads);
    }

    /// <summary>The same for shapes that are known to fit; a packed weight needs no other.</summary>
    public static void ForwardUnchecked<TLane, T>(
        ConvolutionSettings settings, TensorView<T> x, Shape weight, PackedMatrix<T> packed, TensorView<T> bias, TensorView<T> y, Workspace workspace, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var window = ForwardWindow(settings, x, weight, y.Shape);
        using var scope = workspace.OpenScope();
        var offsets = scope.Rent<int>(packed.Depth);
        FillOffsets(offsets.Span, window, weight, reversed: false);
        Slide<TLane, T>(window, packed, offsets, bias, y, workspace, threads);
    }

    /// <summary>y = addend + fma(conv(x), scale, shift): what follows a convolution is done to a few pixels at a time, while they are in the first-level cache.</summary>
    /// <typeparam name="TLane">The lane type.</typeparam>
    /// <typeparam name="T">The number type.</typeparam>
    /// <param name="settings">Stride, padding, dilation; no groups.</param>
    /// <param name="x">Input [N, H, W, Ci].</param>
    /// <param name="weight">Weight [Co, Ci, kh, kw]; only its shape is read.</param>
    /// <param name="packed">The weight from <see cref="Pack"/>.</param>
    /// <param name="bias">Bias [Co], or absent.</param>
    /// <param name="scale">Scale [Co], or absent.</param>
    /// <param name="shift">Shift [Co], absent where scale is.</param>
    /// <param name="addend">As y, or absent; may be y itself.</param>
    /// <param name="y">Output [N, Ho, Wo, Co].</param>
    /// <param name="workspace">The owner of temporary buffers.</param>
    /// <param name="threads">Threads over output rows.</param>
    public static void ForwardAffine<TLane, T>(
        ConvolutionSettings settings,
        TensorView<T> x,
        TensorView<T> weight,
        PackedMatrix<T> packed,
        TensorView<T> bias,
        TensorView<T> scale,
        TensorView<T> shift,
        TensorView<T> addend,
        TensorView<T> y,
        Workspace workspace,
        Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        settings.Check(x, weight, y);
        Guard.That(settings.Groups == 1, $"{settings.Groups} groups, expected 1", nameof(settings));
        Guard.AbsentOrShape(bias, nameof(bias), y.Shape[3]);
        Guard.AbsentOrShape(scale, nameof(scale), y.Shape[3]);
        Guard.AbsentOrShape(shift, nameof(shift), y.Shape[3]);
        if (!addend.IsAbsent)
        {
            Guard.SameLength(y, addend, nameof(addend));
        }

        if (y.Length == 0)
        {
            return;
        }

        var window = ForwardWindow(settings, x, weight.Shape, y.Shape);
        using var scope = workspace.OpenScope();
        var offsets = scope.Rent<int>(packed.Depth);
        FillOffsets(offsets.Span, window, weight.Shape, reversed: false);
        var (height, width, channels) = (y.Shape[1], y.Shape[2], y.Shape[3]);
        var bandRows = window.BandRows(threads.Threads == 1 ? 1 : threads.Threads * 4, BandPixels);
        var start = MatrixKernel.StartRow<TLane, T>(bias, 1, packed.Columns, scope);
        var rows = scope.Rent<nint>(bandRows * width);
        window.FillPixelOffsets(rows.Span, window.Channels);
        var product = BandProduct<T>.Create<TLane>(packed, window, rows, offsets, start, scope);
        var bands = (height + bandRows - 1) / bandRows;
        threads.For(y.Shape[0] * bands, unit =>
        {
            var (n, p) = (unit / bands, unit % bands * bandRows);
            var pixels = Math.Min(bandRows, height - p) * width;
            using var own = workspace.OpenScope();
            var (band, products) = (own.Rent<T>(window.BandLength(bandRows)), own.Rent<T>(AffinePixels, channels));
            var image = window.Read(n, p, pixels / width, band);
            var spikes = product.ReadSpikes(image, window.ReadLength(pixels / width), own);
            for (var first = 0; first < pixels; first += AffinePixels)
            {
                var count = Math.Min(AffinePixels, pixels - first);
                product.Multiply<TLane>(0, first, count, image, spikes, own, products.Pointer, channels);
                var at = ((((nint)n * height) + p) * width + first) * channels;
                var end = new AffineSum<T>(products.Pointer, scale.Pointer, shift.Pointer, addend.IsAbsent ? null : addend.Pointer + at, y.Pointer + at, channels);
                LaneLoop.ChannelRange<TLane, T, AffineSum<T>>(end, 0, 0, count, 0, channels);
            }

        });
    }

    /// <summary><see cref="Convolution.BackwardInput"/>: the window slides over gradY, its taps in reverse.</summary>
    /// <typeparam name="TLane">The lane type.</typeparam>
    /// <typeparam name="T">The number type.</typeparam>
    /// <param name="settings">Stride, padding, dilation, groups.</param>
    /// <param name="gradY">Gradient by the output [N, Ho, Wo, Co].</param>
    /// <param name="weight">Weight [Co, Ci / groups, kh, kw]; only its shape is read.</param>
    /// <param name="packed">The weight from <see cref="PackBackward"/>.</param>
    /// <param name="gradX">Gradient by the input [N, H, W, Ci].</param>
    /// <param name="workspace">The owner of temporary buffers.</param>
    /// <param name="threads">Threads over input rows.</param>
    public static void BackwardInput<TLane, T>(
        ConvolutionSettings settings, TensorView<T> gradY, TensorView<T> weight, PackedMatrix<T> packed, TensorView<T> gradX, Workspace workspace, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        settings.Check(gradX, weight, gradY);
        var (rows, columns) = (weight.Shape[2], weight.Shape[3]);
        var window = new ConvolutionWindow<T>
        {
            Image = gradY,
            Kernel = (rows, columns),
            Output = (gradX.Shape[1], gradX.Shape[2]),
            Before = (((rows - 1) * settings.Dilation) - settings.Padding, ((columns - 1) * settings.Dilation) - settings.Padding),
            Spacing = settings.Stride,
            Step = 1,
            Dilation = settings.Dilation,
        };
        using var scope = workspace.OpenScope();
        var offsets = scope.Rent<int>(packed.Depth);
        FillOffsets(offsets.Span, window, weight.Shape, reversed: true);

        Slide<TLane, T>(window, packed, offsets, default, gradX, workspace, threads);
    }

    /// <summary>
    /// <see cref="Convolution.BackwardWeight"/>: left operand x with a row for every (ky, kx, i), right operand gradY, depth the output pixels. The
    /// gradient is kept as [ky, kx, i, o] meanwhile, so that outputs lie side by side and the rows of a tile in the same cache line of x.
    /// </summary>
    /// <typeparam name="TLane">The lane type.</typeparam>
    /// <typeparam name="T">The number type.</typeparam>
    /// <param name="settings">Stride, padding, dilation, groups.</param>
    /// <param name="x">Input [N, H, W, Ci].</param>
    /// <param name="gradY">Gradient by the output [N, Ho, Wo, Co].</param>
    /// <param name="gradWeight">Gradient by the weight [Co, Ci / groups, kh, kw], added to.</param>
    /// <param name="workspace">The owner of temporary buffers.</param>
    /// <param name="threads">Threads over weights.</param>
    public static void BackwardWeight<TLane, T>(
        ConvolutionSettings settings, TensorView<T> x, TensorView<T> gradY, TensorView<T> gradWeight, Workspace workspace, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        settings.Check(x, gradWeight, gradY);
        if (gradY.Length == 0 || gradWeight.Length == 0)
        {
            return;
        }

        using var scope = workspace.OpenScope();
        var product = WeightProduct<T>.Create(settings, x, gradWeight.Shape, gradY.Shape, scope);
        var spikes = SpikeGradient<T>.Read<TLane>(settings, gradWeight.Shape[3], x, gradY, scope, threads);

        // Every thread reads all pixels for itself, so there are no more ranges than threads.
        var tiles = (product.Rows + MicroKernel.Rows - 1) / MicroKernel.Rows;
        var grain = MicroKernel.Rows * ((tiles + threads.Threads - 1) / threads.Threads);
        threads.For((product.Rows + grain - 1) / grain, range =>
            AddToWeight<TLane, T>(product, spikes, x, gradY, gradWeight, range * grain, Math.Min(product.Rows, (range + 1) * grain), workspace));
    }

    // The rows m = (ky, kx, i) from first to last of a weight's gradient.
    private static void AddToWeight<TLane, T>(
        WeightProduct<T> product, SpikeGradient<T> spikes, TensorView<T> x, TensorView<T> gradY, TensorView<T> gradWeight, int first, int last, Workspace workspace)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (outputs, inputs, taps) = (gradWeight.Shape[0] / product.Groups, gradWeight.Shape[1], gradWeight.Shape[2] * gradWeight.Shape[3]);
        var groupLength = (nint)outputs * inputs * taps;
        var padded = new PanelSplit<TLane, T>(outputs).PaddedColumns;
        using var scope = workspace.OpenScope();
        var sums = scope.RentCleared<T>(new Shape(product.Groups, last - first, padded));
        for (var group = 0; group < product.Groups; group++)
        {
            MoveWeight(gradWeight.Pointer + (group * groupLength), outputs, inputs, taps, first, last, sums.At(group).Pointer, padded, intoSums: true);
        }

        for (var n = 0; n < x.Shape[0]; n++)
        {
            if (!spikes.TryAdd<TLane>(n, first, last, sums, scope))
            {
                product.Add<TLane>(x, gradY, n, first, sums, workspace);
            }
        }

        for (var group = 0; group < product.Groups; group++)
        {
            MoveWeight(gradWeight.Pointer + (group * groupLength), outputs, inputs, taps, first, last, sums.At(group).Pointer, padded, intoSums: false);
        }
    }

    /// <summary>Copies the rows first &lt;= m &lt; last, m = (tap, i), between weight[o, i, tap] and sums[m - first, o].</summary>
    public static void MoveWeight<T>(T* weight, int outputs, int inputs, int taps, int first, int last, T* sums, int stride, bool intoSums)
        where T : unmanaged
    {
        for (var m = first; m < last; m++, sums += stride)
        {
            var outer = weight + ((nint)(m % inputs) * taps) + (m / inputs);
            for (var o = 0; o < outputs; o++, outer += (nint)inputs * taps)
            {
                if (intoSums)
                {
                    sums[o] = *outer;
                }
                else
                {
                    *outer = sums[o];
                }
            }
        }
    }

    // y[n, p, q, :] = start + the products of the window at (p, q) with the packed weight, band by band.
    private static void Slide<TLane, T>(
        ConvolutionWindow<T> window, PackedMatrix<T> packed, TensorView<int> offsets, TensorView<T> bias, TensorView<T> y, Workspace workspace, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (height, width, channels, images) = (y.Shape[1], y.Shape[2], y.Shape[3], y.Shape[0]);
        if (y.Length == 0)
        {
            return;
        }

        var bandRows = window.BandRows(threads.Threads == 1 ? 1 : threads.Threads * 4, BandPixels);
        using var scope = workspace.OpenScope();
        var start = MatrixKernel.StartRow<TLane, T>(bias, packed.Groups, packed.Columns, scope);
        var rows = scope.Rent<nint>(bandRows * width);
        window.FillPixelOffsets(rows.Span, window.Channels);

        var product = BandProduct<T>.Create<TLane>(packed, window, rows, offsets, start, scope);
        var bands = (height + bandRows - 1) / bandRows;
        threads.For(images * bands, unit =>
        {
            var (n, p) = (unit / bands, unit % bands * bandRows);
            var count = Math.Min(bandRows, height - p);
            using var own = workspace.OpenScope();
            var band = own.Rent<T>(window.BandLength(bandRows));
            var image = window.Read(n, p, count, band);
            var spikes = product.ReadSpikes(image, window.ReadLength(count), own);
            var output = y.Pointer + ((((nint)n * height) + p) * width * channels);
            for (var group = 0; group < packed.Groups; group++)
            {
                product.Multiply<TLane>(group, 0, count * width, image, spikes, own, output + (group * packed.Columns), channels);
            }
        });
    }

    /// <summary>The window of the forward pass.</summary>
    public static ConvolutionWindow<T> ForwardWindow<T>(ConvolutionSettings settings, TensorView<T> x, Shape weight, Shape y)
        where T : unmanaged => new()
        {
            Image = x,
            Kernel = (weight[2], weight[3]),
            Output = (y[1], y[2]),
            Before = (settings.Padding, settings.Padding),
            Spacing = 1,
            Step = settings.Stride,
            Dilation = settings.Dilation,
        };

    // k = (channel, kernel row, kernel column); reversed, the taps run backwards through the window.
    private static void FillOffsets<T>(Span<int> offsets, ConvolutionWindow<T> window, Shape weight, bool reversed)
        where T : unmanaged
    {
        var (rows, columns) = (weight[2], weight[3]);
        var taps = rows * columns;
        for (var tap = 0; tap < taps; tap++)
        {
            var place = reversed ? taps - 1 - tap : tap;
            var offset = window.TapOffset(place / columns, place % columns);
            for (int k = tap, channel = 0; k < offsets.Length; k += taps, channel++)
            {
                offsets[k] = offset + channel;
            }
        }
    }

    // y = addend + fma(x, scale, shift), scale and addend where there are any.
    private readonly struct AffineSum<T>(T* x, T* scale, T* shift, T* addend, T* y, int channels) : LaneLoop.IChannelKernel<T>
        where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int plane, int row, int channel)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var at = ((nint)row * channels) + channel;
            var value = TLane.Load(x + at);
            if (scale is not null)
            {
                value = TLane.FusedMultiplyAdd(value, TLane.Load(scale + channel), TLane.Load(shift + channel));
            }

            TLane.Store(y + at, addend is null ? value : TLane.Load(addend + at) + value);
        }
    }
}
