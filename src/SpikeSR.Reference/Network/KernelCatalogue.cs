using SpikeSR.Reference.Attention;
using SpikeSR.Reference.Neurons;
using SpikeSR.Reference.Operators.Kernels;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Network;

/// <summary>The code behind every primitive of the SIMD engine, for reports. A test reads the engine's instructions and fails where this list differs.</summary>
public static class KernelCatalogue
{
    private static readonly (string Primitive, string Operator, string Direction, string Class, string Method)[] _kernels =
    [
        (nameof(Backend<F32>.Surrogate), "surrogate", Forward, nameof(SurrogateKernel), nameof(SurrogateKernel.Forward)),
        (nameof(Backend<F32>.SurrogateBackward), "surrogate", Backward, nameof(SurrogateKernel), nameof(SurrogateKernel.Backward)),
        (nameof(Backend<F32>.Neuron), "neuron", Forward, nameof(NeuronKernel), nameof(NeuronKernel.Forward)),
        (nameof(Backend<F32>.NeuronBackward), "neuron", Backward, nameof(NeuronKernel), nameof(NeuronKernel.Backward)),
        (nameof(Backend<F32>.Convolution), "convolution", Forward, nameof(ConvolutionKernel), nameof(ConvolutionKernel.Forward)),
        (nameof(Backend<F32>.ConvolutionBackward), "convolution", Input, nameof(ConvolutionKernel), nameof(ConvolutionKernel.BackwardInput)),
        (nameof(Backend<F32>.ConvolutionBackward), "convolution", Weight, nameof(ConvolutionKernel), nameof(ConvolutionKernel.BackwardWeight)),
        (nameof(Backend<F32>.ConvolutionBackward), "convolution", Bias, nameof(ChannelSumKernel), nameof(ChannelSumKernel.AddTo)),
        (nameof(Backend<F32>.DeformableConvolution), "deformable convolution", Forward, nameof(DeformableConvolutionKernel), nameof(DeformableConvolutionKernel.Forward)),
        (nameof(Backend<F32>.DeformableConvolutionBackward), "deformable convolution", Backward, nameof(DeformableConvolutionKernel), nameof(DeformableConvolutionKernel.Backward)),
        (nameof(Backend<F32>.DeformableConvolutionBackward), "deformable convolution", Bias, nameof(ChannelSumKernel), nameof(ChannelSumKernel.AddTo)),
        (nameof(Backend<F32>.Linear), "linear", Forward, nameof(LinearKernel), nameof(LinearKernel.Forward)),
        (nameof(Backend<F32>.LinearBackward), "linear", Input, nameof(LinearKernel), nameof(LinearKernel.BackwardInput)),
        (nameof(Backend<F32>.LinearBackward), "linear", Weight, nameof(LinearKernel), nameof(LinearKernel.BackwardWeight)),
        (nameof(Backend<F32>.LinearBackward), "linear", Bias, nameof(ChannelSumKernel), nameof(ChannelSumKernel.AddTo)),
        (nameof(Backend<F32>.StepMixing), "step mixing", Forward, nameof(StepMixingKernel), nameof(StepMixingKernel.Forward)),
        (nameof(Backend<F32>.StepMixingBackward), "step mixing", Input, nameof(StepMixingKernel), nameof(StepMixingKernel.BackwardInput)),
        (nameof(Backend<F32>.StepMixingBackward), "step mixing", Weight, nameof(StepMixingKernel), nameof(StepMixingKernel.BackwardWeight)),
        (nameof(Backend<F32>.BatchNorm), "batch norm", Forward, nameof(BatchNormKernel), nameof(BatchNormKernel.Forward)),
        (nameof(Backend<F32>.BatchNormBackward), "batch norm", Backward, nameof(BatchNormKernel), nameof(BatchNormKernel.Backward)),
        (nameof(Backend<F32>.LayerNorm), "layer norm", Forward, nameof(LayerNormKernel), nameof(LayerNormKernel.Forward)),
        (nameof(Backend<F32>.LayerNormBackward), "layer norm", Backward, nameof(LayerNormKernel), nameof(LayerNormKernel.Backward)),
        (nameof(Backend<F32>.Activation), "activation", Forward, nameof(ActivationKernel), nameof(ActivationKernel.Forward)),
        (nameof(Backend<F32>.ActivationBackward), "activation", Backward, nameof(ActivationKernel), nameof(ActivationKernel.Backward)),
        (nameof(Backend<F32>.Softmax), "softmax", Forward, nameof(SoftmaxKernel), nameof(SoftmaxKernel.Forward)),
        (nameof(Backend<F32>.SoftmaxBackward), "softmax", Backward, nameof(SoftmaxKernel), nameof(SoftmaxKernel.Backward)),
        (nameof(Backend<F32>.Attention), "attention", Forward, nameof(AttentionKernel), nameof(AttentionKernel.Forward)),
        (nameof(Backend<F32>.AttentionBackward), "attention", Backward, nameof(AttentionKernel), nameof(AttentionKernel.Backward)),
        (nameof(Backend<F32>.AveragePool), "average pool", Forward, nameof(PoolingKernel), nameof(PoolingKernel.Forward)),
        (nameof(Backend<F32>.AveragePoolBackward), "average pool", Backward, nameof(PoolingKernel), nameof(PoolingKernel.Backward)),
        (nameof(Backend<F32>.PixelShuffle), "pixel shuffle", Forward, nameof(PixelShuffleKernel), nameof(PixelShuffleKernel.Forward)),
        (nameof(Backend<F32>.PixelShuffleBackward), "pixel shuffle", Backward, nameof(PixelShuffleKernel), nameof(PixelShuffleKernel.Backward)),
        (nameof(Backend<F32>.PatchDivide), "patch divide", Forward, nameof(PatchKernel), nameof(PatchKernel.Divide)),
        (nameof(Backend<F32>.PatchDivideBackward), "patch divide", Backward, nameof(PatchKernel), nameof(PatchKernel.DivideBackward)),
        (nameof(Backend<F32>.PatchReverse), "patch reverse", Forward, nameof(PatchKernel), nameof(PatchKernel.Reverse)),
        (nameof(Backend<F32>.PatchReverseBackward), "patch reverse", Backward, nameof(PatchKernel), nameof(PatchKernel.ReverseBackward)),
        (nameof(Backend<F32>.Match), "match", Forward, nameof(MatchKernel), nameof(MatchKernel.Forward)),
        (nameof(Backend<F32>.MatchBackward), "match", Backward, nameof(MatchKernel), nameof(MatchKernel.Backward)),
        (nameof(Backend<F32>.Add), "add", Forward, nameof(ElementwiseKernel), nameof(ElementwiseKernel.Add)),
        (nameof(Backend<F32>.Multiply), "multiply", Forward, nameof(ElementwiseKernel), nameof(ElementwiseKernel.Multiply)),
        (nameof(Backend<F32>.Scale), "scale", Forward, nameof(ElementwiseKernel), nameof(ElementwiseKernel.Scale)),
        (nameof(Backend<F32>.ScaleChannels), "scale channels", Forward, nameof(ElementwiseKernel), nameof(ElementwiseKernel.ScaleChannels)),
        (nameof(Backend<F32>.ScaleChannelsBackward), "scale channels", Backward, nameof(ElementwiseKernel), nameof(ElementwiseKernel.ScaleChannelsBackward)),
        (nameof(Backend<F32>.Blend), "blend", Forward, nameof(ElementwiseKernel), nameof(ElementwiseKernel.Blend)),
        (nameof(Backend<F32>.BlendBackward), "blend", Backward, nameof(ElementwiseKernel), nameof(ElementwiseKernel.BlendBackward)),
        (nameof(Backend<F32>.MeanOverSteps), "mean over steps", Forward, nameof(ElementwiseKernel), nameof(ElementwiseKernel.MeanOverSteps)),
        (nameof(Backend<F32>.MeanOverStepsBackward), "mean over steps", Backward, nameof(ElementwiseKernel), nameof(ElementwiseKernel.MeanOverStepsBackward)),
        (nameof(Backend<F32>.L1), "L1 loss", Forward, nameof(LossKernel), nameof(LossKernel.L1)),
        (nameof(Backend<F32>.L1Backward), "L1 loss", Backward, nameof(LossKernel), nameof(LossKernel.L1Backward)),
        (nameof(Backend<F32>.Adam), "Adam", "step", nameof(AdamKernel), nameof(AdamKernel.Step)),
    ];

    private const string Forward = "forward";
    private const string Backward = "backward";
    private const string Input = "backward, input";
    private const string Weight = "backward, weight";
    private const string Bias = "backward, bias";

    /// <summary>Every kernel, in float and double, on this machine's lane.</summary>
    public static IReadOnlyList<KernelEntry> Entries { get; } =
    [
        .. from kernel in _kernels
           from scalar in new[] { "float", "double" }
           select new KernelEntry(kernel.Primitive, kernel.Operator, kernel.Direction, scalar, $"{kernel.Class}.{kernel.Method}", SimdDispatch.LaneName),
    ];
}
