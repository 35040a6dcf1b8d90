using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Network;

/// <summary>
/// FRB (SPEC FRB): <c>a = sigmoid(W2 relu(W1 avgpool(R)))</c>; <c>t = sigmoid(S3 relu(S2 S1 R))</c>, S1 to S3 being 3x3 convolutions of widths C, C/8, C,
/// without activation between the first two; all with bias; <c>FRB(R) = (1 - t) a + t R</c>.
/// </summary>
/// <typeparam name="T">Scalar.</typeparam>
public sealed class FeatureRefinement<T>
    where T : unmanaged, IScalar<T>
{
    private readonly (Parameter<T> Weight, Parameter<T> Bias) _w1;
    private readonly (Parameter<T> Weight, Parameter<T> Bias) _w2;
    private readonly (Parameter<T> Weight, Parameter<T> Bias) _s1;
    private readonly (Parameter<T> Weight, Parameter<T> Bias) _s2;
    private readonly (Parameter<T> Weight, Parameter<T> Bias) _s3;

    /// <summary>Declares ca.{1,3}, which are W1 and W2, and sa.{0,1,3}, which are S1, S2 and S3.</summary>
    /// <param name="names">Where.</param>
    /// <param name="channels">C.</param>
    /// <param name="reduction">Factor of the channel path's hidden width; the spatial path's is C / 8 whatever it is. Both widths are rounded down, and neither may be 0.</param>
    public FeatureRefinement(StateDictScope<T> names, int channels, int reduction = 16)
    {
        Guard.That(reduction >= 1 && channels / reduction >= 1 && channels / 8 >= 1, $"{channels} channels cannot be reduced by {reduction} and by 8", nameof(channels));
        _w1 = WeightAndBias(names["ca.1"], channels / reduction, channels, 1);
        _w2 = WeightAndBias(names["ca.3"], channels, channels / reduction, 1);
        _s1 = WeightAndBias(names["sa.0"], channels, channels, 3);
        _s2 = WeightAndBias(names["sa.1"], channels / 8, channels, 3);
        _s3 = WeightAndBias(names["sa.3"], channels, channels / 8, 3);
    }

    /// <summary>y = FRB(r).</summary>
    /// <param name="backend">What computes.</param>
    /// <param name="r">Features [B, H, W, C].</param>
    /// <param name="y">Output, as r.</param>
    public void Forward(Backend<T> backend, TensorView<T> r, TensorView<T> y)
    {
        using var scope = backend.Workspace.OpenScope();
        var paths = new Paths(backend, scope, this, r);

        // In the places of their logits.
        var (t, a) = (paths.LogitT, paths.LogitA);
        backend.Activation(ActivationKind.Sigmoid, paths.LogitA, a);
        backend.Activation(ActivationKind.Sigmoid, paths.LogitT, t);
        backend.Blend(Planes(t), a, Planes(r), Planes(y));
    }

    /// <summary>gradR = (t g + the spatial path) + the channel path; both paths are computed again from r. Overwrites gradR.</summary>
    /// <param name="backend">What computes.</param>
    /// <param name="r">Features [B, H, W, C].</param>
    /// <param name="gradY">Gradient by the output.</param>
    /// <param name="gradR">Gradient by the features.</param>
    public void Backward(Backend<T> backend, TensorView<T> r, TensorView<T> gradY, TensorView<T> gradR)
    {
        using var scope = backend.Workspace.OpenScope();
        var paths = new Paths(backend, scope, this, r);
        var (t, a) = (scope.Rent<T>(paths.LogitT.Shape), scope.Rent<T>(paths.LogitA.Shape));
        backend.Activation(ActivationKind.Sigmoid, paths.LogitA, a);
        backend.Activation(ActivationKind.Sigmoid, paths.LogitT, t);
        var (gradT, gradA) = (scope.Rent<T>(t.Shape), scope.Rent<T>(a.Shape));
        backend.BlendBackward(Planes(t), a, Planes(r), Planes(gradY), Planes(gradT), gradA, Planes(gradR));

        // Later gradients take the places of earlier ones of their shape.
        var (gradLogitT, gradLogitA, path, gradMean) = (gradT, gradA, gradT, gradA);
        backend.ActivationBackward(ActivationKind.Sigmoid, paths.LogitT, gradT, gradLogitT);
        var (gradNarrow, gradWide) = (scope.Rent<T>(paths.Narrow.Shape), scope.Rent<T>(r.Shape));
        var active = scope.Rent<T>(paths.Narrow.Shape);
        backend.Activation(ActivationKind.Relu, paths.Narrow, active);
        backend.ConvolutionBackward(ConvolutionSettings.Same3, active, _s3.Weight, _s3.Bias, gradLogitT, gradNarrow);
        backend.ActivationBackward(ActivationKind.Relu, paths.Narrow, gradNarrow, gradNarrow);
        backend.ConvolutionBackward(ConvolutionSettings.Same3, paths.Wide, _s2.Weight, _s2.Bias, gradNarrow, gradWide);
        backend.ConvolutionBackward(ConvolutionSettings.Same3, r, _s1.Weight, _s1.Bias, gradWide, path);
        backend.Add(gradR, path, gradR);

        backend.ActivationBackward(ActivationKind.Sigmoid, paths.LogitA, gradA, gradLogitA);
        var (squeezed, gradSqueezed) = (scope.Rent<T>(paths.Squeezed.Shape), scope.Rent<T>(paths.Squeezed.Shape));
        backend.Activation(ActivationKind.Relu, paths.Squeezed, squeezed);
        backend.LinearBackward(squeezed, _w2.Weight, _w2.Bias, gradLogitA, gradSqueezed);
        backend.ActivationBackward(ActivationKind.Relu, paths.Squeezed, gradSqueezed, gradSqueezed);
        backend.LinearBackward(paths.Mean, _w1.Weight, _w1.Bias, gradSqueezed, gradMean);
        backend.AveragePoolBackward(gradMean, Planes(path));
        backend.Add(gradR, path, gradR);
    }

    private static TensorView<T> Planes(TensorView<T> x) => x.Reshape(x.Shape[0], x.Shape[1] * x.Shape[2], x.Shape[3]);

    private static (Parameter<T> Weight, Parameter<T> Bias) WeightAndBias(StateDictScope<T> names, int outputs, int inputs, int kernel)
    {
        var weight = names.Weight(outputs, inputs, kernel, kernel);
        return (weight, names.BiasOf(weight));
    }

    /// <summary>Both paths up to their sigmoids, every stage before its activation.</summary>
    private readonly struct Paths
    {
        public Paths(Backend<T> backend, Workspace.Scope scope, FeatureRefinement<T> module, TensorView<T> r)
        {
            var (batch, channels) = (r.Shape[0], r.Shape[3]);
            Mean = scope.Rent<T>(batch, channels);
            Squeezed = scope.Rent<T>(batch, module._w1.Bias.Shape.Length);
            LogitA = scope.Rent<T>(batch, channels);
            Wide = scope.Rent<T>(r.Shape);
            Narrow = scope.Rent<T>(batch, r.Shape[1], r.Shape[2], module._s2.Bias.Shape.Length);
            LogitT = scope.Rent<T>(r.Shape);
            backend.AveragePool(Planes(r), Mean);
            backend.Linear(Mean, module._w1.Weight, module._w1.Bias, Squeezed);
            using var inner = backend.Workspace.OpenScope();
            var squeezed = inner.Rent<T>(Squeezed.Shape);
            backend.Activation(ActivationKind.Relu, Squeezed, squeezed);
            backend.Linear(squeezed, module._w2.Weight, module._w2.Bias, LogitA);
            backend.Convolution(ConvolutionSettings.Same3, r, module._s1.Weight, module._s1.Bias, Wide);
            backend.Convolution(ConvolutionSettings.Same3, Wide, module._s2.Weight, module._s2.Bias, Narrow);
            var narrow = inner.Rent<T>(Narrow.Shape);
            backend.Activation(ActivationKind.Relu, Narrow, narrow);
            backend.Convolution(ConvolutionSettings.Same3, narrow, module._s3.Weight, module._s3.Bias, LogitT);
        }

        /// <summary>avgpool(R) [B, C].</summary>
        public TensorView<T> Mean { get; }

        /// <summary>W1 avgpool(R) [B, C / reduction].</summary>
        public TensorView<T> Squeezed { get; }

        /// <summary>W2 relu(W1 avgpool(R)), a being its sigmoid [B, C].</summary>
        public TensorView<T> LogitA { get; }

        /// <summary>S1 R [B, H, W, C].</summary>
        public TensorView<T> Wide { get; }

        /// <summary>S2 S1 R [B, H, W, C / 8].</summary>
        public TensorView<T> Narrow { get; }

        /// <summary>S3 relu(S2 S1 R), t being its sigmoid [B, H, W, C].</summary>
        public TensorView<T> LogitT { get; }
    }
}
