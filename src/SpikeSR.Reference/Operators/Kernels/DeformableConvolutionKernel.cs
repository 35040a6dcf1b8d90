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
        using var scope = workspace.OpenScope();
        var gradients = ImageGradients<T>.Begin<TLane>(settings, offsetGroups, weight, gradWeight, scope);
        threads.ForInTurn(x.Shape[0], gradients.Stages, (image, turn) => gradients.Add<TLane>(
            x.Slice(image, 1),
            offset.Slice(image, 1),
            mask.IsAbsent ? default : mask.Slice(image, 1),
            gradY.Slice(image, 1),
            gradX.Slice(image, 1),
            gradOffset.Slice(image, 1),
            gradMask.IsAbsent ? default : gradMask.Slice(image, 1),
            turn,
            firstStage: 0,
            workspace));
        gradients.End();
    }
}
