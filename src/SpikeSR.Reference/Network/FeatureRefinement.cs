using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Network;

/// <summary>
/// FRB (SPEC FRB): <c>a = sigmoid(W2 relu(W1 avgpool(R)))</c>; <c>t = sigmoid(conv(relu(conv(conv(R)))))</c>, channels C, C, C/8, C and no activation between
/// the first two; <c>FRB(R) = (1 - t) a + t R</c>.
/// </summary>
/// <typeparam name="T">Scalar.</typeparam>
public sealed class FeatureRefinement<T>
    where T : unmanaged, IScalar<T>
{
    private readonly Parameter<T>[] _ca;
    private readonly Parameter<T>[] _sa;

    /// <summary>Declares ca.{1,3} and sa.{0,1,3}.</summary>
    /// <param name="names">Where.</param>
    /// <param name="channels">C.</param>
    /// <param name="reduction">Factor of the channel path's hidden width; the spatial path's is C / 8 whatever it is. Both widths are rounded down, and neither may be 0.</param>
    public FeatureRefinement(StateDictScope<T> names, int channels, int reduction = 16)
    {
        Guard.That(reduction >= 1 && channels / reduction >= 1 && channels / 8 >= 1, $"{channels} channels cannot be reduced by {reduction} and by 8", nameof(channels));
        _ca = [.. WeightAndBias(names["ca.1"], channels / reduction, channels, 1), .. WeightAndBias(names["ca.3"], channels, channels / reduction, 1)];
        _sa =
        [
            .. WeightAndBias(names["sa.0"], channels, channels, 3),
            .. WeightAndBias(names["sa.1"], channels / 8, channels, 3),
            .. WeightAndBias(names["sa.3"], channels, channels / 8, 3),
        ];
    }

    /// <summary>y = FRB(r).</summary>
    /// <param name="backend">What computes.</param>
    /// <param name="r">Features [B, H, W, C].</param>
    /// <param name="y">Output, as r.</param>
    public void Forward(Backend<T> backend, TensorView<T> r, TensorView<T> y)
    {
        using var scope = backend.Workspace.OpenScope();
        var path = new Paths(backend, scope, this, r);
        backend.Activation(ActivationKind.Sigmoid, path.Descriptor, path.Descriptor);
        backend.Activation(ActivationKind.Sigmoid, path.Gate, path.Gate);
        backend.Blend(Planes(path.Gate), path.Descriptor, Planes(r), Planes(y));
    }

    /// <summary>gradR = (t g + the spatial path) + the channel path; both paths are computed again from r. Overwrites gradR.</summary>
    /// <param name="backend">What computes.</param>
    /// <param name="r">Features [B, H, W, C].</param>
    /// <param name="gradY">Gradient by the output.</param>
    /// <param name="gradR">Gradient by the features.</param>
    public void Backward(Backend<T> backend, TensorView<T> r, TensorView<T> gradY, TensorView<T> gradR)
    {
        using var scope = backend.Workspace.OpenScope();
        var path = new Paths(backend, scope, this, r);
        var (t, a) = (scope.Rent<T>(path.Gate.Shape), scope.Rent<T>(path.Descriptor.Shape));
        backend.Activation(ActivationKind.Sigmoid, path.Descriptor, a);
        backend.Activation(ActivationKind.Sigmoid, path.Gate, t);
        var (gradT, gradA) = (scope.Rent<T>(t.Shape), scope.Rent<T>(a.Shape));
        backend.BlendBackward(Planes(t), a, Planes(r), Planes(gradY), Planes(gradT), gradA, Planes(gradR));

        backend.ActivationBackward(ActivationKind.Sigmoid, path.Gate, gradT, gradT);
        var (narrow, wide) = (scope.Rent<T>(path.Narrow.Shape), scope.Rent<T>(r.Shape));
        var active = scope.Rent<T>(path.Narrow.Shape);
        backend.Activation(ActivationKind.Relu, path.Narrow, active);
        backend.ConvolutionBackward(ConvolutionSettings.Same3, active, _sa[4], _sa[5], gradT, narrow);
        backend.ActivationBackward(ActivationKind.Relu, path.Narrow, narrow, narrow);
        backend.ConvolutionBackward(ConvolutionSettings.Same3, path.Wide, _sa[2], _sa[3], narrow, wide);
        backend.ConvolutionBackward(ConvolutionSettings.Same3, r, _sa[0], _sa[1], wide, gradT);
        backend.Add(gradR, gradT, gradR);

        backend.ActivationBackward(ActivationKind.Sigmoid, path.Descriptor, gradA, gradA);
        var (squeezed, gradSqueezed) = (scope.Rent<T>(path.Squeezed.Shape), scope.Rent<T>(path.Squeezed.Shape));
        backend.Activation(ActivationKind.Relu, path.Squeezed, squeezed);
        backend.LinearBackward(squeezed, _ca[2], _ca[3], gradA, gradSqueezed);
        backend.ActivationBackward(ActivationKind.Relu, path.Squeezed, gradSqueezed, gradSqueezed);
        backend.LinearBackward(path.Mean, _ca[0], _ca[1], gradSqueezed, gradA);
        backend.AveragePoolBackward(gradA, Planes(gradT));
        backend.Add(gradR, gradT, gradR);
    }

    private static TensorView<T> Planes(TensorView<T> x) => x.Reshape(x.Shape[0], x.Shape[1] * x.Shape[2], x.Shape[3]);

    private static Parameter<T>[] WeightAndBias(StateDictScope<T> names, int outputs, int inputs, int kernel)
    {
        var weight = names.Weight(outputs, inputs, kernel, kernel);
        return [weight, names.BiasOf(weight)];
    }

    /// <summary>Both paths up to their sigmoids, every stage before its activation.</summary>
    private readonly struct Paths
    {
        public Paths(Backend<T> backend, Workspace.Scope scope, FeatureRefinement<T> module, TensorView<T> r)
        {
            var (batch, channels) = (r.Shape[0], r.Shape[3]);
            Mean = scope.Rent<T>(batch, channels);
            Squeezed = scope.Rent<T>(batch, module._ca[1].Shape.Length);
            Descriptor = scope.Rent<T>(batch, channels);
            Wide = scope.Rent<T>(r.Shape);
            Narrow = scope.Rent<T>(batch, r.Shape[1], r.Shape[2], module._sa[3].Shape.Length);
            Gate = scope.Rent<T>(r.Shape);
            backend.AveragePool(Planes(r), Mean);
            backend.Linear(Mean, module._ca[0], module._ca[1], Squeezed);
            using var inner = backend.Workspace.OpenScope();
            var squeezed = inner.Rent<T>(Squeezed.Shape);
            backend.Activation(ActivationKind.Relu, Squeezed, squeezed);
            backend.Linear(squeezed, module._ca[2], module._ca[3], Descriptor);
            backend.Convolution(ConvolutionSettings.Same3, r, module._sa[0], module._sa[1], Wide);
            backend.Convolution(ConvolutionSettings.Same3, Wide, module._sa[2], module._sa[3], Narrow);
            var narrow = inner.Rent<T>(Narrow.Shape);
            backend.Activation(ActivationKind.Relu, Narrow, narrow);
            backend.Convolution(ConvolutionSettings.Same3, narrow, module._sa[4], module._sa[5], Gate);
        }

        public TensorView<T> Mean { get; }

        public TensorView<T> Squeezed { get; }

        public TensorView<T> Descriptor { get; }

        public TensorView<T> Wide { get; }

        public TensorView<T> Narrow { get; }

        public TensorView<T> Gate { get; }
    }
}
