using System.Numerics;
using System.Runtime.CompilerServices;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators.Kernels;

/// <summary>
/// Kernels of <see cref="DeformableConvolution"/>. A thread samples the columns of a block of pixels, the channels of a tap side by side, so that lanes run across
/// channels and a tap's position and weights are computed once for all of them; the block's columns, still in the second-level cache, are the left
/// operand of a product whose table of offsets restores the order (channel, tap) of its sums.
/// </summary>
internal static unsafe partial class DeformableConvolutionKernel
{
    // Pixels in a block: 8 tiles of the product, and whole lanes. With 9 taps of 64 channels their columns take 110 KB in float, their cells 21 KB.
    private const int PixelBlock = 48;

    // Rows (tap, channel) in a piece of the weight's gradient: 16 tiles.
    private const int RowBlock = 96;

    // Pixels whose products are added to the weight's gradient at once.
    private const int DepthBlock = 512;

    /// <summary>y = deformable convolution of x, as <see cref="DeformableConvolution.Forward"/>; packed is the weight from <see cref="ConvolutionKernel.Pack"/>.</summary>
    public static void Forward<TLane, T>(
        ConvolutionSettings settings,
        int offsetGroups,
        TensorView<T> x,
        TensorView<T> offset,
        TensorView<T> mask,
        TensorView<T> weight,
        PackedMatrix<T> packed,
        TensorView<T> bias,
        TensorView<T> y,
        Workspace workspace,
        Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        DeformableConvolution.Check(settings, offsetGroups, x, offset, mask, weight, y);
        Guard.AbsentOrShape(bias, nameof(bias), y.Shape[3]);
        using var scope = workspace.OpenScope();
        var sampler = new Sampler<T>(settings, offsetGroups, x, offset, mask, weight.Shape, y.Shape, scope);
        var start = MatrixKernel.StartRow<TLane, T>(bias, settings.Groups, packed.Columns, scope);
        var (pixels, outputs) = (y.Length / Math.Max(1, y.Shape[3]), y.Shape[3]);
        threads.For((pixels + PixelBlock - 1) / PixelBlock, block =>
        {
            var first = block * PixelBlock;
            using var own = workspace.OpenScope();
            var (cells, columns) = (own.Rent<T>(sampler.CellsLength), own.Rent<T>(PixelBlock, sampler.Width));
            Block<TLane, T>(
                settings.Groups, sampler, packed, start, first, Math.Min(PixelBlock, pixels - first), cells.Pointer, columns.Pointer, y.Pointer + ((nint)first * outputs), outputs);
        });
    }

    /// <summary>y = deformable 3x3 convolution of one image x with one offset group, on one thread; offsets and mask lie any distance apart.</summary>
    public static void Image<TLane, T>(
        TensorView<T> x, T* offset, int offsetStride, T* mask, int maskStride, Shape weight, PackedMatrix<T> packed, TensorView<T> bias, TensorView<T> y, Workspace.Scope scope)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var sampler = new Sampler<T>(ConvolutionSettings.Same3, 1, x, offset, offsetStride, mask, maskStride, weight, y.Shape, scope);
        var start = MatrixKernel.StartRow<TLane, T>(bias, 1, packed.Columns, scope);
        var (cells, columns) = (scope.Rent<T>(sampler.CellsLength), scope.Rent<T>(PixelBlock, sampler.Width));
        var (pixels, outputs) = (y.Shape[1] * y.Shape[2], y.Shape[3]);
        for (var first = 0; first < pixels; first += PixelBlock)
        {
            Block<TLane, T>(1, sampler, packed, start, first, Math.Min(PixelBlock, pixels - first), cells.Pointer, columns.Pointer, y.Pointer + ((nint)first * outputs), outputs);
        }
    }

    // The outputs of pixels [first, first + count): their columns, then the products of each group.
    private static void Block<TLane, T>(
        int groups, Sampler<T> sampler, PackedMatrix<T> packed, TensorView<T> start, int first, int count, T* cells, T* columns, T* y, int outputs)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        sampler.Sample<TLane>(first, count, cells, columns);
        var rows = stackalloc nint[PixelBlock];
        for (var m = 0; m < count; m++)
        {
            rows[m] = (nint)m * sampler.Width;
        }

        for (var group = 0; group < groups; group++)
        {
            MatrixKernel.Multiply<TLane, T>(
                count,
                packed.Depth,
                packed.Columns,
                columns + ((nint)group * packed.Depth),
                rows,
                sampler.Offsets,
                packed.Group(group),
                start.Pointer + ((nint)group * start.Shape[1]),
                0,
                y + (group * packed.Columns),
                outputs);
        }
    }

    /// <summary>Gradients by input, offset, mask and weight, as <see cref="DeformableConvolution.Backward"/>.</summary>
    public static void Backward<TLane, T>(
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
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        DeformableConvolution.CheckBackward(settings, offsetGroups, x, offset, mask, weight, gradY, gradX, gradOffset, gradMask, gradWeight);
        var (pixels, outputs) = (gradY.Shape[1] * gradY.Shape[2], gradY.Shape[3]);
        using var scope = workspace.OpenScope();
        var sampler = new Sampler<T>(settings, offsetGroups, x, offset, mask, weight.Shape, gradY.Shape, scope);
        var columns = scope.Rent<T>(gradY.Shape[0] * pixels, sampler.Width);
        var (outputsInGroup, depth) = (outputs / settings.Groups, sampler.Width / settings.Groups);
        var packed = PackTapwise<TLane, T>(settings, weight, scope);
        var zeros = MatrixKernel.StartRow<TLane, T>(default, 1, depth, scope);
        threads.For(x.Shape[0], image =>
        {
            gradX.At(image).Clear();
            var gradColumns = workspace.Rent<T>(new Shape(PixelBlock, sampler.Width));
            var cells = workspace.Rent<T>(new Shape(sampler.CellsLength));
            var terms = workspace.Rent<T>(new Shape(3, x.Shape[3]));
            for (var first = image * pixels; first < (image + 1) * pixels; first += PixelBlock)
            {
                var count = Math.Min(PixelBlock, ((image + 1) * pixels) - first);
                for (var group = 0; group < settings.Groups; group++)
                {
                    MatrixKernel.Multiply<TLane, T>(
                        count,
                        outputsInGroup,
                        depth,
                        gradY.Pointer + ((nint)first * outputs) + (group * outputsInGroup),
                        outputs,
                        1,
                        packed.Pointer + ((nint)group * packed.Shape[1]),
                        zeros.Pointer,
                        0,
                        gradColumns.Pointer + ((nint)group * depth),
                        sampler.Width);
                }

                sampler.Backward<TLane>(
                    first,
                    count,
                    gradColumns.Pointer,
                    cells.Pointer,
                    columns.Pointer + ((nint)first * sampler.Width),
                    terms.Pointer,
                    gradX.Pointer,
                    gradOffset.Pointer,
                    gradMask.Pointer);
            }

            workspace.Return(terms);
            workspace.Return(cells);
            workspace.Return(gradColumns);
        });
        BackwardWeight<TLane, T>(settings, columns, gradY, gradWeight, workspace, threads);
    }

    // The weight as right operand [outputs of a group, (tap, channel)], group after group: what a block of output gradients is multiplied with.
    private static TensorView<T> PackTapwise<TLane, T>(ConvolutionSettings settings, TensorView<T> weight, Workspace.Scope scope)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        var (outputs, inputs, taps) = (weight.Shape[0], weight.Shape[1], weight.Shape[2] * weight.Shape[3]);
        var outputsInGroup = outputs / settings.Groups;
        var tapwise = scope.Rent<T>(outputs, taps * inputs);
        for (nint o = 0; o < outputs; o++)
        {
            MatrixKernel.Transpose(weight.Pointer + (o * inputs * taps), taps, inputs, taps, tapwise.Pointer + (o * inputs * taps), inputs);
        }

        var packed = scope.Rent<T>(settings.Groups, MatrixKernel.PackedLength<TLane, T>(outputsInGroup, taps * inputs));
        for (nint group = 0; group < settings.Groups; group++)
        {
            MatrixKernel.PackRows<TLane, T>(
                tapwise.Pointer + (group * outputsInGroup * taps * inputs), taps * inputs, outputsInGroup, taps * inputs, packed.Pointer + (group * packed.Shape[1]));
        }

        return packed;
    }

    // gradWeight[o, i, tap] += sum over pixels ascending of gradY[o] column[tap, i]: left operand the columns transposed, right operand gradY. A thread's piece
    // is some rows (tap, i) of a group; their sums wait in a tile of their own, because outputs do not lie side by side in the weight.
    private static void BackwardWeight<TLane, T>(
        ConvolutionSettings settings, TensorView<T> columns, TensorView<T> gradY, TensorView<T> gradWeight, Workspace workspace, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        var (allOutputs, inputs, taps) = (gradWeight.Shape[0], gradWeight.Shape[1], gradWeight.Shape[2] * gradWeight.Shape[3]);
        var (pixels, width, outputs, depth) = (columns.Shape[0], columns.Shape[1], allOutputs / settings.Groups, taps * inputs);
        var blocks = (depth + RowBlock - 1) / RowBlock;
        threads.For(settings.Groups * blocks, piece =>
        {
            var (group, first) = (piece / blocks, piece % blocks * RowBlock);
            var count = Math.Min(RowBlock, depth - first);
            var own = gradWeight.Pointer + ((nint)group * outputs * depth);
            using var scope = workspace.OpenScope();
            var sums = scope.Rent<T>(count, outputs);
            var right = new RightRows<TLane, T>(outputs, allOutputs, DepthBlock, scope);
            for (var at = 0; at < sums.Length; at++)
            {
                sums.Pointer[at] = own[Place(first + (at / outputs), at % outputs, inputs, taps)];
            }

            for (var pixel = 0; pixel < pixels; pixel += DepthBlock)
            {
                var run = Math.Min(DepthBlock, pixels - pixel);
                var packed = right.Pack(gradY.Pointer + ((nint)pixel * allOutputs) + (group * outputs), run);
                MatrixKernel.Multiply<TLane, T>(
                    count, run, outputs, columns.Pointer + ((nint)pixel * width) + (group * depth) + first, 1, width, packed, sums.Pointer, outputs, sums.Pointer, outputs);
            }

            for (var at = 0; at < sums.Length; at++)
            {
                own[Place(first + (at / outputs), at % outputs, inputs, taps)] = sums.Pointer[at];
            }
        });
    }

    // Where weight (o, i, tap) stands, row = (tap, i).
    private static nint Place(int row, int o, int inputs, int taps) => ((((nint)o * inputs) + (row % inputs)) * taps) + (row / inputs);
}
