using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Network;

/// <summary>The tail (SPEC UP): <c>y = PixelShuffle_s(conv3x3(x))</c>, 3 s^2 channels with bias.</summary>
/// <typeparam name="T">Scalar.</typeparam>
public sealed class Upsampler<T>
    where T : unmanaged, IScalar<T>
{
    private const int Colours = 3;
    private readonly int _scale;
    private readonly Parameter<T> _weight;
    private readonly Parameter<T> _bias;

    /// <summary>Declares 0.weight and 0.bias.</summary>
    /// <param name="names">Where.</param>
    /// <param name="channels">C.</param>
    /// <param name="scale">s.</param>
    public Upsampler(StateDictScope<T> names, int channels, int scale)
    {
        _scale = scale;
        _weight = names["0"].Weight(Colours * scale * scale, channels, 3, 3);
        _bias = names["0"].BiasOf(_weight);
    }

    /// <summary>y = tail(x).</summary>
    /// <param name="backend">What computes.</param>
    /// <param name="x">Features [B, H, W, C].</param>
    /// <param name="y">Image [B, s H, s W, 3].</param>
    public void Forward(Backend<T> backend, TensorView<T> x, TensorView<T> y)
    {
        using var scope = backend.Workspace.OpenScope();
        var packed = Packed(scope, x);
        backend.Convolution(ConvolutionSettings.Same3, x, _weight, _bias, packed);
        backend.PixelShuffle(_scale, packed, y);
    }

    /// <summary>Gradients to features, weight and bias. Overwrites gradX.</summary>
    /// <param name="backend">What computes.</param>
    /// <param name="x">Features [B, H, W, C].</param>
    /// <param name="gradY">Gradient by the image [B, s H, s W, 3].</param>
    /// <param name="gradX">Gradient by the features.</param>
    public void Backward(Backend<T> backend, TensorView<T> x, TensorView<T> gradY, TensorView<T> gradX)
    {
        using var scope = backend.Workspace.OpenScope();
        var packed = Packed(scope, x);
        backend.PixelShuffleBackward(_scale, gradY, packed);
        backend.ConvolutionBackward(ConvolutionSettings.Same3, x, _weight, _bias, packed, gradX);
    }

    private TensorView<T> Packed(Workspace.Scope scope, TensorView<T> x) =>
        scope.Rent<T>(x.Shape[0], x.Shape[1], x.Shape[2], Colours * _scale * _scale);
}
