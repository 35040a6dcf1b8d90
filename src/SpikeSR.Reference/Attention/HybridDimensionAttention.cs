using SpikeSR.Reference.Network;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Attention;

/// <summary>
/// HDA, joint attention over time and channel (SPEC HDA): <c>m = mean over (H, W)</c>; <c>a = sigmoid((Wc m) (Wt m))</c>, Wc mixing channels at each step,
/// Wt steps at each channel; <c>HDA(U)[t, b, pixel, c] = a[t, b, c] U[t, b, pixel, c]</c>.
/// </summary>
/// <typeparam name="T">Scalar.</typeparam>
public sealed class HybridDimensionAttention<T>
    where T : unmanaged, IScalar<T>
{
    private readonly Parameter<T> _wt;
    private readonly Parameter<T> _wc;

    /// <summary>Declares conv.0 (Wt) and conv_c (Wc).</summary>
    /// <param name="names">Where.</param>
    /// <param name="steps">T.</param>
    /// <param name="channels">C.</param>
    public HybridDimensionAttention(StateDictScope<T> names, int steps, int channels)
    {
        _wt = names["conv.0"].Weight(steps, steps, 1);
        _wc = names["conv_c"].Weight(channels, channels, 1);
    }

    /// <summary>y = a u.</summary>
    /// <param name="backend">What computes.</param>
    /// <param name="u">Input [T, B, H, W, C].</param>
    /// <param name="y">Output, as u; may be u itself where no backward pass follows.</param>
    public void Forward(Backend<T> backend, TensorView<T> u, TensorView<T> y)
    {
        using var scope = backend.Workspace.OpenScope();
        var gate = new Gate(backend, scope, this, u);
        backend.ScaleChannels(gate.Planes, gate.A, gate.PlanesOf(y));
    }

    /// <summary>The gate a alone.</summary>
    /// <param name="backend">What computes.</param>
    /// <param name="scope">Owner of the gate.</param>
    /// <param name="u">Input [T, B, H, W, C].</param>
    /// <returns>a [T B, C].</returns>
    internal TensorView<T> GateOf(Backend<T> backend, Workspace.Scope scope, TensorView<T> u) => new Gate(backend, scope, this, u).A;

    /// <summary>gradU = a g + the mean's path (channels' + steps'). The gate is computed again from u. Overwrites gradU.</summary>
    /// <param name="backend">What computes.</param>
    /// <param name="u">Input [T, B, H, W, C].</param>
    /// <param name="gradY">Gradient by the output.</param>
    /// <param name="gradU">Gradient by the input.</param>
    public void Backward(Backend<T> backend, TensorView<T> u, TensorView<T> gradY, TensorView<T> gradU)
    {
        using var scope = backend.Workspace.OpenScope();
        var gate = new Gate(backend, scope, this, u);
        var shape = gate.A.Shape;
        var (gradLogit, gradByChannels, gradMean, path) = (scope.Rent<T>(shape), scope.Rent<T>(shape), scope.Rent<T>(shape), scope.Rent<T>(shape));

        // Gradients that are not wanted at once share a place.
        var (gradA, gradBySteps) = (gradLogit, gradByChannels);
        backend.ScaleChannelsBackward(gate.Planes, gate.PlanesOf(gradY), gradA);
        backend.ActivationBackward(ActivationKind.Sigmoid, gate.Logit, gradA, gradLogit);
        backend.Multiply(gradLogit, gate.BySteps, gradByChannels);
        backend.LinearBackward(gate.Mean, _wc, null, gradByChannels, gradMean);
        backend.Multiply(gradLogit, gate.ByChannels, gradBySteps);
        backend.StepMixingBackward(gate.Steps(gate.Mean), _wt, gate.Steps(gradBySteps), gate.Steps(path));
        backend.Add(gradMean, path, gradMean);
        var gradPlanes = scope.Rent<T>(gate.Planes.Shape);
        backend.AveragePoolBackward(gradMean, gradPlanes);
        backend.ScaleChannels(gate.PlanesOf(gradY), gate.A, gate.PlanesOf(gradU));
        backend.Add(gate.PlanesOf(gradU), gradPlanes, gate.PlanesOf(gradU));
    }

    /// <summary>The gate and what leads to it, [T B, C] each but U itself.</summary>
    private readonly struct Gate
    {
        public Gate(Backend<T> backend, Workspace.Scope scope, HybridDimensionAttention<T> module, TensorView<T> u)
        {
            var (images, channels) = (u.Shape[0] * u.Shape[1], u.Shape[4]);
            Planes = u.Reshape(images, u.Shape[2] * u.Shape[3], channels);
            StepCount = u.Shape[0];
            Mean = scope.Rent<T>(images, channels);
            ByChannels = scope.Rent<T>(images, channels);
            BySteps = scope.Rent<T>(images, channels);
            Logit = scope.Rent<T>(images, channels);
            A = scope.Rent<T>(images, channels);
            backend.AveragePool(Planes, Mean);
            backend.Linear(Mean, module._wc, null, ByChannels);
            backend.StepMixing(Steps(Mean), module._wt, Steps(BySteps));
            backend.Multiply(ByChannels, BySteps, Logit);
            backend.Activation(ActivationKind.Sigmoid, Logit, A);
        }

        /// <summary>U as [T B, H W, C].</summary>
        public TensorView<T> Planes { get; }

        /// <summary>m.</summary>
        public TensorView<T> Mean { get; }

        /// <summary>Wc m.</summary>
        public TensorView<T> ByChannels { get; }

        /// <summary>Wt m.</summary>
        public TensorView<T> BySteps { get; }

        /// <summary>(Wc m) (Wt m).</summary>
        public TensorView<T> Logit { get; }

        /// <summary>a.</summary>
        public TensorView<T> A { get; }

        private int StepCount { get; }

        // [T B, C] as [T, B C].
        public TensorView<T> Steps(TensorView<T> x) => x.Reshape(StepCount, x.Length / StepCount);

        // [T, B, H, W, C] as [T B, H W, C].
        public TensorView<T> PlanesOf(TensorView<T> x) => x.Reshape(Planes.Shape[0], Planes.Shape[1], Planes.Shape[2]);
    }
}
