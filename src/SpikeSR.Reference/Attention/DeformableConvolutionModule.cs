using SpikeSR.Reference.Network;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Attention;

/// <summary>
/// The DCN of DSA (SPEC DCM): <c>offset = conv3x3(x)</c> (18 channels), <c>mask = 2 sigmoid(conv3x3(x))</c> (9 channels), then the modulated deformable
/// 3x3 convolution of x, all with bias.
/// </summary>
/// <typeparam name="T">Scalar.</typeparam>
public sealed class DeformableConvolutionModule<T>
    where T : unmanaged, IScalar<T>
{
    /// <summary>Taps: channels of the mask, and half as many as of the offsets.</summary>
    internal const int Taps = 9;

    /// <summary>Declares offset_conv, modulator_conv and regular_conv.</summary>
    /// <param name="names">Where.</param>
    /// <param name="inputs">Input channels.</param>
    /// <param name="outputs">Output channels.</param>
    public DeformableConvolutionModule(StateDictScope<T> names, int inputs, int outputs)
    {
        OffsetWeight = names["offset_conv"].Declare("weight", Initialisation.Zero, 2 * Taps, inputs, 3, 3);
        OffsetBias = names["offset_conv"].Declare("bias", Initialisation.Zero, 2 * Taps);
        MaskWeight = names["modulator_conv"].Declare("weight", Initialisation.Zero, Taps, inputs, 3, 3);
        MaskBias = names["modulator_conv"].Declare("bias", Initialisation.Zero, Taps);
        Weight = names["regular_conv"].Weight(outputs, inputs, 3, 3);
        Bias = names["regular_conv"].BiasOf(Weight);
    }

    /// <summary>offset_conv [18, Ci, 3, 3].</summary>
    internal Parameter<T> OffsetWeight { get; }

    /// <summary>Its bias.</summary>
    internal Parameter<T> OffsetBias { get; }

    /// <summary>modulator_conv [9, Ci, 3, 3].</summary>
    internal Parameter<T> MaskWeight { get; }

    /// <summary>Its bias.</summary>
    internal Parameter<T> MaskBias { get; }

    /// <summary>regular_conv [Co, Ci, 3, 3].</summary>
    internal Parameter<T> Weight { get; }

    /// <summary>Its bias.</summary>
    internal Parameter<T> Bias { get; }

    /// <summary>y = DCN(x).</summary>
    /// <param name="backend">What computes.</param>
    /// <param name="x">Input [N, H, W, Ci].</param>
    /// <param name="y">Output [N, H, W, Co].</param>
    public void Forward(Backend<T> backend, TensorView<T> x, TensorView<T> y)
    {
        using var scope = backend.Workspace.OpenScope();
        var (offset, mask) = (Map(scope, x, 2 * Taps), Map(scope, x, Taps));
        Modulation(backend, x, offset, mask, mask);
        backend.DeformableConvolution(ConvolutionSettings.Same3, 1, x, offset, mask, Weight, Bias, y);
    }

    /// <summary>gradX = the sampled path + the offsets' path + the mask's path, added in this order. Overwrites gradX.</summary>
    /// <param name="backend">What computes.</param>
    /// <param name="x">Input [N, H, W, Ci].</param>
    /// <param name="gradY">Gradient by the output [N, H, W, Co].</param>
    /// <param name="gradX">Gradient by the input.</param>
    public void Backward(Backend<T> backend, TensorView<T> x, TensorView<T> gradY, TensorView<T> gradX)
    {
        using var scope = backend.Workspace.OpenScope();
        var (offset, logits, mask) = (Map(scope, x, 2 * Taps), Map(scope, x, Taps), Map(scope, x, Taps));
        Modulation(backend, x, offset, logits, mask);
        var (gradOffset, gradMask, path) = (Map(scope, x, 2 * Taps), Map(scope, x, Taps), scope.Rent<T>(x.Shape));
        backend.DeformableConvolutionBackward(ConvolutionSettings.Same3, 1, x, offset, mask, Weight, Bias, gradY, gradX, gradOffset, gradMask);
        backend.ConvolutionBackward(ConvolutionSettings.Same3, x, OffsetWeight, OffsetBias, gradOffset, path);
        backend.Add(gradX, path, gradX);
        backend.Scale(gradMask, 2, gradMask);
        backend.ActivationBackward(ActivationKind.Sigmoid, logits, gradMask, gradMask);
        backend.ConvolutionBackward(ConvolutionSettings.Same3, x, MaskWeight, MaskBias, gradMask, path);
        backend.Add(gradX, path, gradX);
    }

    private static TensorView<T> Map(Workspace.Scope scope, TensorView<T> x, int channels) =>
        scope.Rent<T>(x.Shape[0], x.Shape[1], x.Shape[2], channels);

    // Offsets, the mask's logits, and mask = 2 sigmoid(logits); logits and mask may be one tensor.
    private void Modulation(Backend<T> backend, TensorView<T> x, TensorView<T> offset, TensorView<T> logits, TensorView<T> mask)
    {
        backend.Convolution(ConvolutionSettings.Same3, x, OffsetWeight, OffsetBias, offset);
        backend.Convolution(ConvolutionSettings.Same3, x, MaskWeight, MaskBias, logits);
        backend.Activation(ActivationKind.Sigmoid, logits, mask);
        backend.Scale(mask, 2, mask);
    }
}
