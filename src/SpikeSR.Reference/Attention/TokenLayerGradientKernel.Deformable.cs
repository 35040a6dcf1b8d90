using System.Numerics;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Operators.Kernels;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Attention;

/// <content>The DCN between LN(x) and the queries.</content>
internal static unsafe partial class TokenLayerGradientKernel
{
    /// <summary>One of the convolutions that a DCN's offsets and mask come from.</summary>
    /// <typeparam name="T">The number type.</typeparam>
    /// <param name="Weight">Weight; only its shape is read.</param>
    /// <param name="Backward">The weight as the products of the gradient by the input want it.</param>
    /// <param name="WeightGradient">Gradient by the weight.</param>
    /// <param name="BiasGradient">Gradient by the bias.</param>
    internal readonly record struct Modulation<T>(TensorView<T> Weight, PackedMatrix<T> Backward, TensorView<T> WeightGradient, TensorView<T> BiasGradient)
        where T : unmanaged;

    /// <summary>A DCN's weights, and where their gradients are.</summary>
    /// <typeparam name="T">The number type.</typeparam>
    internal sealed record DeformableMap<T>
        where T : unmanaged
    {
        public required TensorView<T> Weight { get; init; }

        public required TensorView<T> WeightGradient { get; init; }

        public required TensorView<T> BiasGradient { get; init; }

        public required Modulation<T> Offset { get; init; }

        public required Modulation<T> Mask { get; init; }
    }

    // Back through the DCN of one patch after the other. The gradients by mask and offset stand beside each other as in the forward pass, filled up with zeros, so that
    // those by their weights are one product.
    private readonly struct DeformableSums<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        private const int Taps = TokenLayerKernel.Taps;
        private const int ModulationWidth = TokenLayerKernel.ModulationWidth;

        private readonly DeformableMap<T> _map;
        private readonly DeformableConvolutionKernel.ImageGradients<T> _gradients;
        private readonly TensorView<T> _bias;
        private readonly WeightProduct<T> _products;

        // [1, (ky, kx, channel), mask and offset], and their sums over pixels.
        private readonly TensorView<T> _modulation;
        private readonly TensorView<T> _modulationBias;

        private DeformableSums(DeformableMap<T> map, DeformableConvolutionKernel.ImageGradients<T> gradients, TensorView<T> x, Workspace.Scope scope)
        {
            var weight = map.Weight.Shape;
            (_map, _gradients, _bias) = (map, gradients, scope.RentCleared<T>(new Shape(weight[0])));
            _products = WeightProduct<T>.Create(ConvolutionSettings.Same3, x, new Shape(ModulationWidth, weight[1], 3, 3), new Shape(1, x.Shape[1], x.Shape[2], ModulationWidth), scope);
            _modulation = scope.RentCleared<T>(new Shape(1, weight[1] * Taps, ModulationWidth));
            _modulationBias = scope.RentCleared<T>(new Shape(ModulationWidth));
            MoveModulation(intoSums: true);
        }

        // Stages of Add: the DCN's weight in several, and offset and mask.
        public int Stages => _gradients.Stages + 1;

        public static DeformableSums<T> Begin<TLane>(DeformableMap<T> map, TensorView<T> x, Workspace.Scope scope)
            where TLane : unmanaged, ILane<TLane, T> =>
            new(map, DeformableConvolutionKernel.ImageGradients<T>.Begin<TLane>(ConvolutionSettings.Same3, 1, map.Weight, map.WeightGradient, scope), TokenLayerKernel.AsMap(x), scope);

        // gradX = the sampled path + the offsets' path + the mask's path (SPEC DCM-3) of one patch; tokens are [n, C].
        public void Add<TLane>(
            TensorView<T> x, TokenLayerKernel.Saved<T> saved, TensorView<T> gradY, TensorView<T> gradX, Parallelism.Turn turn, int firstStage, Workspace workspace)
            where TLane : unmanaged, ILane<TLane, T>
        {
            using var scope = workspace.OpenScope();
            var (mask, gradOffset, gradMask, path) = (scope.Rent<T>(saved.Logits.Shape), scope.Rent<T>(saved.Offset.Shape), scope.Rent<T>(saved.Logits.Shape), scope.Rent<T>(x.Shape));
            ActivationKernel.Forward<TLane, T>(ActivationKind.Sigmoid, saved.Logits, mask, Parallelism.Single);
            ElementwiseKernel.Scale<TLane, T>(mask, 2, mask, Parallelism.Single);
            _gradients.Add<TLane>(TokenLayerKernel.AsMap(x), TokenLayerKernel.AsMap(saved.Offset), TokenLayerKernel.AsMap(mask), TokenLayerKernel.AsMap(gradY), TokenLayerKernel.AsMap(gradX), TokenLayerKernel.AsMap(gradOffset), TokenLayerKernel.AsMap(gradMask), turn, firstStage, workspace);
            ConvolutionKernel.BackwardInput<TLane, T>(ConvolutionSettings.Same3, TokenLayerKernel.AsMap(gradOffset), _map.Offset.Weight, _map.Offset.Backward, TokenLayerKernel.AsMap(path), workspace, Parallelism.Single);
            TokenLayerGradientKernel.Add<TLane, T>(gradX, path, gradX);
            ElementwiseKernel.Scale<TLane, T>(gradMask, 2, gradMask, Parallelism.Single);
            ActivationKernel.Backward<TLane, T>(ActivationKind.Sigmoid, saved.Logits, gradMask, gradMask, Parallelism.Single);
            ConvolutionKernel.BackwardInput<TLane, T>(ConvolutionSettings.Same3, TokenLayerKernel.AsMap(gradMask), _map.Mask.Weight, _map.Mask.Backward, TokenLayerKernel.AsMap(path), workspace, Parallelism.Single);
            TokenLayerGradientKernel.Add<TLane, T>(gradX, path, gradX);

            var gradient = scope.RentCleared<T>(new Shape(x.Shape[0], ModulationWidth));
            for (var token = 0; token < x.Shape[0]; token++)
            {
                var both = gradient.Span.Slice(token * ModulationWidth, 3 * Taps);
                gradMask.Span.Slice(token * Taps, Taps).CopyTo(both);
                gradOffset.Span.Slice(token * 2 * Taps, 2 * Taps).CopyTo(both[Taps..]);
            }

            turn.Begin(firstStage + _gradients.Stages);
            _products.Add<TLane>(TokenLayerKernel.AsMap(x), TokenLayerKernel.AsMap(gradient), 0, 0, _modulation, workspace);
            ChannelSumKernel.AddTo<TLane, T>(gradY.Reshape(1, gradY.Shape[0], gradY.Shape[1]), _bias, workspace, Parallelism.Single);
            ChannelSumKernel.AddTo<TLane, T>(gradient.Reshape(1, gradient.Shape[0], ModulationWidth), _modulationBias, workspace, Parallelism.Single);
            turn.End(firstStage + _gradients.Stages);
        }

        public void End()
        {
            _gradients.End();
            MoveModulation(intoSums: false);
            ChannelSumKernel.AddRow(_bias.Span, _map.BiasGradient.Span);
            ChannelSumKernel.AddRow(_modulationBias.Span[..Taps], _map.Mask.BiasGradient.Span);
            ChannelSumKernel.AddRow(_modulationBias.Span.Slice(Taps, 2 * Taps), _map.Offset.BiasGradient.Span);
        }

        private void MoveModulation(bool intoSums)
        {
            var (inputs, rows) = (_map.Weight.Shape[1], _modulation.Shape[1]);
            ConvolutionKernel.MoveWeight(_map.Mask.WeightGradient.Pointer, Taps, inputs, Taps, 0, rows, _modulation.Pointer, ModulationWidth, intoSums);
            ConvolutionKernel.MoveWeight(_map.Offset.WeightGradient.Pointer, 2 * Taps, inputs, Taps, 0, rows, _modulation.Pointer + Taps, ModulationWidth, intoSums);
        }
    }
}
