using System.Numerics;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators.Kernels;

/// <content>The backward pass of one image.</content>
internal static unsafe partial class DeformableConvolutionKernel
{
    // Rows (group, tap, channel) of the weight's gradient that are one stage: 16 tiles.
    private const int RowBlock = 96;

    // Pixels whose products are added to the weight's gradient at once.
    private const int DepthBlock = 512;

    /// <summary>
    /// Back through images one after the other: gradients by input, offset and mask are an image's own; to the weight's, a sum over all images, an image adds its columns,
    /// still in the second-level cache, when it is its turn.
    /// </summary>
    /// <typeparam name="T">The number type.</typeparam>
    internal readonly struct ImageGradients<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        private readonly ConvolutionSettings _settings;
        private readonly int _offsetGroups;
        private readonly TensorView<T> _gradWeight;

        // The weight as right operand [outputs of a group, (tap, channel)], group after group.
        private readonly TensorView<T> _tapwise;
        private readonly TensorView<T> _zeros;

        // The weight's gradient as [(group, tap, channel), outputs of a group], so that outputs lie side by side.
        private readonly TensorView<T> _sums;

        private ImageGradients(
            ConvolutionSettings settings, int offsetGroups, TensorView<T> gradWeight, TensorView<T> tapwise, TensorView<T> zeros, TensorView<T> sums)
        {
            (_settings, _offsetGroups, _gradWeight) = (settings, offsetGroups, gradWeight);
            (_tapwise, _zeros, _sums) = (tapwise, zeros, sums);
        }

        /// <summary>Stages of <see cref="Add"/>.</summary>
        public int Stages => (_sums.Shape[0] + RowBlock - 1) / RowBlock;

        private int OutputsInGroup => _sums.Shape[1];

        private int Depth => _sums.Shape[0] / _settings.Groups;

        /// <summary>Begins with no image.</summary>
        /// <typeparam name="TLane">The lane type.</typeparam>
        /// <param name="settings">Stride, padding, dilation, groups.</param>
        /// <param name="offsetGroups">Offset groups.</param>
        /// <param name="weight">Weight [Co, Ci / groups, kh, kw].</param>
        /// <param name="gradWeight">Gradient by the weight, which <see cref="End"/> adds to.</param>
        /// <param name="scope">The owner of what all images share.</param>
        public static ImageGradients<T> Begin<TLane>(ConvolutionSettings settings, int offsetGroups, TensorView<T> weight, TensorView<T> gradWeight, Workspace.Scope scope)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var (outputs, depth) = (weight.Shape[0] / settings.Groups, weight.Shape[1] * weight.Shape[2] * weight.Shape[3]);
            var sums = scope.Rent<T>(settings.Groups * depth, outputs);
            var gradients = new ImageGradients<T>(
                settings, offsetGroups, gradWeight, PackTapwise<TLane>(settings, weight, scope), MatrixKernel.StartRow<TLane, T>(default, 1, depth, scope), sums);
            gradients.MoveWeight(intoSums: true);
            return gradients;
        }

        /// <summary>Writes the gradients of one image, all tensors [1, ...], and adds to the weight's.</summary>
        /// <typeparam name="TLane">The lane type.</typeparam>
        /// <param name="x">Input.</param>
        /// <param name="offset">Offsets.</param>
        /// <param name="mask">Mask, or absent.</param>
        /// <param name="gradY">Gradient by the output.</param>
        /// <param name="gradX">Gradient by the input.</param>
        /// <param name="gradOffset">Gradient by the offsets.</param>
        /// <param name="gradMask">Gradient by the mask, absent where it is.</param>
        /// <param name="turn">The image's turn.</param>
        /// <param name="firstStage">The number of the first of its stages.</param>
        /// <param name="workspace">The owner of temporary buffers.</param>
        public void Add<TLane>(
            TensorView<T> x,
            TensorView<T> offset,
            TensorView<T> mask,
            TensorView<T> gradY,
            TensorView<T> gradX,
            TensorView<T> gradOffset,
            TensorView<T> gradMask,
            Parallelism.Turn turn,
            int firstStage,
            Workspace workspace)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var (pixels, outputs) = (gradY.Shape[1] * gradY.Shape[2], gradY.Shape[3]);
            using var scope = workspace.OpenScope();
            var sampler = new Sampler<T>(_settings, _offsetGroups, x, offset, mask, _gradWeight.Shape, gradY.Shape, scope);
            var (columns, gradColumns) = (scope.Rent<T>(pixels, sampler.Width), scope.Rent<T>(PixelBlock, sampler.Width));
            var (cells, terms) = (scope.Rent<T>(sampler.CellsLength), scope.Rent<T>(3, x.Shape[3]));
            gradX.Clear();
            for (var first = 0; first < pixels; first += PixelBlock)
            {
                var count = Math.Min(PixelBlock, pixels - first);
                for (var group = 0; group < _settings.Groups; group++)
                {
                    MatrixKernel.Multiply<TLane, T>(
                        count,
                        OutputsInGroup,
                        Depth,
                        gradY.Pointer + ((nint)first * outputs) + (group * OutputsInGroup),
                        outputs,
                        1,
                        _tapwise.Pointer + ((nint)group * _tapwise.Shape[1]),
                        _zeros.Pointer,
                        0,
                        gradColumns.Pointer + ((nint)group * Depth),
                        sampler.Width);
                }

                sampler.Backward<TLane>(
                    first, count, gradColumns.Pointer, cells.Pointer, columns.Pointer + ((nint)first * sampler.Width), terms.Pointer, gradX.Pointer, gradOffset.Pointer, gradMask.Pointer);
            }

            for (var stage = 0; stage < Stages; stage++)
            {
                turn.Begin(firstStage + stage);
                AddToWeight<TLane>(stage * RowBlock, Math.Min(sampler.Width, (stage + 1) * RowBlock), columns, gradY, scope);
                turn.End(firstStage + stage);
            }
        }

        /// <summary>The weight's gradient is that of all images.</summary>
        public void End() => MoveWeight(intoSums: false);

        private static TensorView<T> PackTapwise<TLane>(ConvolutionSettings settings, TensorView<T> weight, Workspace.Scope scope)
            where TLane : unmanaged, ILane<TLane, T>
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

        // sums[row, o] += sum over the image's pixels, ascending, of gradY[o] column[row], for rows [first, last): left operand the columns transposed, right operand gradY.
        private void AddToWeight<TLane>(int first, int last, TensorView<T> columns, TensorView<T> gradY, Workspace.Scope scope)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var (pixels, width, outputs) = (columns.Shape[0], columns.Shape[1], gradY.Shape[3]);
            var right = new RightRows<TLane, T>(OutputsInGroup, outputs, Math.Min(DepthBlock, pixels), scope);
            for (int row = first, next; row < last; row = next)
            {
                var group = row / Depth;
                next = Math.Min(last, (group + 1) * Depth);
                var own = _sums.Pointer + ((nint)row * OutputsInGroup);
                for (var pixel = 0; pixel < pixels; pixel += DepthBlock)
                {
                    var run = Math.Min(DepthBlock, pixels - pixel);
                    var packed = right.Pack(gradY.Pointer + ((nint)pixel * outputs) + (group * OutputsInGroup), run);
                    MatrixKernel.Multiply<TLane, T>(
                        next - row, run, OutputsInGroup, columns.Pointer + ((nint)pixel * width) + row, 1, width, packed, own, OutputsInGroup, own, OutputsInGroup);
                }
            }
        }

        private void MoveWeight(bool intoSums)
        {
            var (inputs, taps) = (_gradWeight.Shape[1], _gradWeight.Shape[2] * _gradWeight.Shape[3]);
            for (nint group = 0; group < _settings.Groups; group++)
            {
                var before = group * OutputsInGroup * Depth;
                ConvolutionKernel.MoveWeight(_gradWeight.Pointer + before, OutputsInGroup, inputs, taps, 0, Depth, _sums.Pointer + before, OutputsInGroup, intoSums);
            }
        }
    }
}
