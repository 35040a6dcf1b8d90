using SpikeSR.Reference.Attention;
using SpikeSR.Reference.Neurons;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Network;

/// <summary>
/// SAB (SPEC SAB):
/// <code>
/// S1 = LIF(F)     N1 = TDBN(conv(S1))
/// S2 = LIF(N1)    N2 = TDBN(conv(S2))
/// U  = N2 + TDBN(conv(F))
/// SAB(F) = GELU(HDA(U) + DSA(U)) + F
/// </code>
/// </summary>
/// <typeparam name="T">Scalar.</typeparam>
public sealed class SpikingAttentionBlock<T>
    where T : unmanaged, IScalar<T>
{
    private readonly NeuronSettings _neuron;
    private readonly Parameter<T> _weight1;
    private readonly NormParameters<T> _norm1;
    private readonly Parameter<T> _weight2;
    private readonly NormParameters<T> _norm2;
    private readonly Parameter<T> _shortcutWeight;
    private readonly NormParameters<T> _shortcutNorm;
    private readonly HybridDimensionAttention<T> _hybrid;
    private readonly DeformableSimilarityAttention<T> _similarity;

    /// <summary>Declares residual, shortcut and attn.</summary>
    /// <param name="names">Where.</param>
    /// <param name="configuration">Sizes.</param>
    /// <param name="patchSize">P of this block.</param>
    public SpikingAttentionBlock(StateDictScope<T> names, SpikeSrConfiguration configuration, int patchSize)
    {
        var (channels, threshold) = (configuration.Channels, configuration.Neuron.Threshold);
        _neuron = configuration.Neuron;
        _weight1 = names["residual.1"].Weight(channels, channels, 3, 3);
        _norm1 = names["residual.2"].Norm(channels, threshold);
        _weight2 = names["residual.4"].Weight(channels, channels, 3, 3);
        _norm2 = names["residual.5"].Norm(channels, threshold, share: 0.2);
        _shortcutWeight = names["shortcut.0"].Weight(channels, channels, 3, 3);
        _shortcutNorm = names["shortcut.1"].Norm(channels, threshold);
        _hybrid = new HybridDimensionAttention<T>(names["attn"], configuration.Steps, channels);
        _similarity = new DeformableSimilarityAttention<T>(names["attn.gpa"], channels, patchSize, configuration.QueryDepth, configuration.Hidden, configuration.Published);
    }

    /// <summary>Inference: y = SAB(x).</summary>
    /// <param name="backend">What computes.</param>
    /// <param name="x">Input [T, B, H, W, C].</param>
    /// <param name="y">Output, as x; may be x itself.</param>
    public void Evaluate(Backend<T> backend, TensorView<T> x, TensorView<T> y)
    {
        using var scope = backend.Workspace.OpenScope();

        // Room for one step more than U has: a convolution finds step t of S1 or S2 in one place and leaves that of N1 or N2 in the one beside, so that no second
        // tensor of this size is needed.
        var steps = x.Shape[0];
        var room = scope.Rent<T>(steps + 1, x.Shape[1], x.Shape[2], x.Shape[3], x.Shape[4]);
        var (lower, upper) = (room.Slice(0, steps), room.Slice(1, steps));
        var (s1, n1, s2, n2, u) = (upper, lower, lower, upper, upper);
        backend.Neuron(_neuron, null, Steps(x), default, Steps(s1), default);
        for (var t = 0; t < steps; t++)
        {
            backend.ConvolutionNorm(ConvolutionSettings.Same3, s1.At(t), _weight1, null, _norm1, default, n1.At(t));
        }

        backend.Neuron(_neuron, null, Steps(n1), default, Steps(s2), default);
        for (var t = steps - 1; t >= 0; t--)
        {
            backend.ConvolutionNorm(ConvolutionSettings.Same3, s2.At(t), _weight2, null, _norm2, default, n2.At(t));
        }

        backend.ConvolutionNorm(ConvolutionSettings.Same3, Images(x), _shortcutWeight, null, _shortcutNorm, Images(n2), Images(u));

        // DSA's output is wanted only as far as the end of the block has come: as many images as DSA takes at once.
        var gate = _hybrid.GateOf(backend, scope, u);
        var (images, together) = (Images(u), _similarity.ImagesAtOnce(backend, x.Shape[1], Images(u)));
        for (var first = 0; first < images.Shape[0]; first += together)
        {
            using var part = backend.Workspace.OpenScope();
            var count = Math.Min(together, images.Shape[0] - first);
            var similarity = part.Rent<T>(images.Slice(first, count).Shape);
            _similarity.Evaluate(backend, x.Shape[1], images.Slice(first, count), similarity);
            backend.GatedGelu(
                Planes(u).Slice(first, count), gate.Slice(first, count), similarity.Reshape(count, u.Shape[2] * u.Shape[3], u.Shape[4]), Planes(x).Slice(first, count), Planes(y).Slice(first, count));
        }
    }

    /// <summary>The same with everything kept that the backward pass needs.</summary>
    /// <param name="pass">Mode, noise and what keeps.</param>
    /// <param name="x">Input [T, B, H, W, C]; must live until the backward pass.</param>
    /// <param name="y">Output, as x.</param>
    public Saved Forward(ForwardPass<T> pass, TensorView<T> x, TensorView<T> y)
    {
        var (backend, keep) = (pass.Backend, pass.Keep);
        var n1 = ConvolveSpikes(pass, x, _weight1, _norm1);
        var n2 = ConvolveSpikes(pass, n1.Normalised, _weight2, _norm2);
        var shortcut = Convolve(pass, x, _shortcutWeight, _shortcutNorm);

        // U takes the place of N2, which nobody asks for again.
        var u = n2.Normalised;
        backend.Add(n2.Normalised, shortcut.Normalised, u);
        keep.Return(shortcut.Normalised);
        var sum = keep.Rent<T>(x.Shape);
        using var scope = backend.Workspace.OpenScope();
        var branch = scope.Rent<T>(x.Shape);
        _hybrid.Forward(backend, u, sum);
        var similarity = _similarity.Forward(pass, x.Shape[1], Images(u), Images(branch));
        backend.Add(sum, branch, sum);
        backend.Activation(ActivationKind.Gelu, sum, branch);
        backend.Add(branch, x, y);
        return new Saved(pass.Train, x, n1, n2, shortcut, u, sum, similarity);
    }

    /// <summary>gradX = (the path through S1 + the shortcut's) + gradY. Overwrites gradX.</summary>
    /// <param name="backend">What computes.</param>
    /// <param name="saved">From the forward pass.</param>
    /// <param name="gradY">Gradient by the output [T, B, H, W, C].</param>
    /// <param name="gradX">Gradient by the input; may be gradY itself.</param>
    public void Backward(Backend<T> backend, Saved saved, TensorView<T> gradY, TensorView<T> gradX)
    {
        using var scope = backend.Workspace.OpenScope();
        var (gradU, path) = (scope.Rent<T>(gradY.Shape), scope.Rent<T>(gradY.Shape));
        var gradSum = scope.Rent<T>(gradY.Shape);
        backend.ActivationBackward(ActivationKind.Gelu, saved.Sum, gradY, gradSum);
        _hybrid.Backward(backend, saved.U, gradSum, gradU);
        _similarity.Backward(backend, saved.Similarity, Images(gradSum), Images(path));
        backend.Add(gradU, path, gradU);
        scope.Return(gradSum);

        var settings = new BatchNormSettings(Train: saved.Train);
        var gradN1 = path;
        BackwardSpikes(backend, settings, saved.N1.Normalised, saved.N2, _weight2, _norm2, gradU, gradN1);
        BackwardSpikes(backend, settings, saved.X, saved.N1, _weight1, _norm1, gradN1, path);
        backend.BatchNormBackward(settings, Planes(saved.Shortcut.Convolved), _shortcutNorm, saved.Shortcut.Statistics, Planes(gradU), Planes(gradU));
        var shortcutPath = scope.Rent<T>(gradY.Shape);
        backend.ConvolutionBackward(ConvolutionSettings.Same3, Images(saved.X), _shortcutWeight, null, Images(gradU), Images(shortcutPath));
        backend.Add(path, shortcutPath, path);
        backend.Add(path, gradY, gradX);
    }

    private static TensorView<T> Images(TensorView<T> x) => x.Reshape(x.Shape[0] * x.Shape[1], x.Shape[2], x.Shape[3], x.Shape[4]);

    private static TensorView<T> Planes(TensorView<T> x) => x.Reshape(x.Shape[0] * x.Shape[1], x.Shape[2] * x.Shape[3], x.Shape[4]);

    private static TensorView<T> Steps(TensorView<T> x) => x.Reshape(x.Shape[0], x.Length / x.Shape[0]);

    private static SavedNorm Convolve(ForwardPass<T> pass, TensorView<T> x, Parameter<T> weight, NormParameters<T> norm)
    {
        var saved = new SavedNorm(pass.Keep.Rent<T>(x.Shape), pass.Keep.Rent<T>(2, x.Shape[4]), pass.Keep.Rent<T>(x.Shape));
        pass.Backend.Convolution(ConvolutionSettings.Same3, Images(x), weight, null, Images(saved.Convolved));
        pass.Backend.BatchNorm(new(Train: pass.Train), Planes(saved.Convolved), norm, Planes(saved.Normalised), saved.Statistics);
        return saved;
    }

    // TDBN(conv(LIF(x))): N1 or N2, the spikes S1 or S2 not kept.
    private SavedNorm ConvolveSpikes(ForwardPass<T> pass, TensorView<T> x, Parameter<T> weight, NormParameters<T> norm)
    {
        using var scope = pass.Backend.Workspace.OpenScope();
        var spikes = scope.Rent<T>(x.Shape);
        pass.Backend.Neuron(_neuron, null, Steps(x), default, Steps(spikes), default);
        return Convolve(pass, spikes, weight, norm);
    }

    // Back through TDBN(conv(LIF(x))); the spikes are computed again from x. gradX may be gradY itself.
    private void BackwardSpikes(
        Backend<T> backend, BatchNormSettings settings, TensorView<T> x, SavedNorm saved, Parameter<T> weight, NormParameters<T> norm, TensorView<T> gradY, TensorView<T> gradX)
    {
        using var scope = backend.Workspace.OpenScope();
        var (spikes, gradConvolved) = (scope.Rent<T>(x.Shape), scope.Rent<T>(x.Shape));
        backend.Neuron(_neuron, null, Steps(x), default, Steps(spikes), default);
        backend.BatchNormBackward(settings, Planes(saved.Convolved), norm, saved.Statistics, Planes(gradY), Planes(gradConvolved));
        backend.ConvolutionBackward(ConvolutionSettings.Same3, Images(spikes), weight, null, Images(gradConvolved), Images(gradX));
        backend.NeuronBackward(_neuron, null, Steps(x), Steps(gradX), default, Steps(gradX));
    }

    /// <summary>A convolution's output, its batch statistics, and the normalised output.</summary>
    /// <param name="Convolved">conv(x) [T, B, H, W, C].</param>
    /// <param name="Statistics">Mean and rstd [2, C].</param>
    /// <param name="Normalised">TDBN(conv(x)).</param>
    public sealed record SavedNorm(TensorView<T> Convolved, TensorView<T> Statistics, TensorView<T> Normalised);

    /// <summary>What the backward pass needs.</summary>
    /// <param name="Train">Mode of the forward pass.</param>
    /// <param name="X">The block's input.</param>
    /// <param name="N1">N1, and conv(S1) before it.</param>
    /// <param name="N2">conv(S2), and in the place of N2 itself U.</param>
    /// <param name="Shortcut">The shortcut; its normalised part has been given back.</param>
    /// <param name="U">What attention sees.</param>
    /// <param name="Sum">HDA(U) + DSA(U), before GELU.</param>
    /// <param name="Similarity">DSA's own.</param>
    public sealed record Saved(
        bool Train,
        TensorView<T> X,
        SavedNorm N1,
        SavedNorm N2,
        SavedNorm Shortcut,
        TensorView<T> U,
        TensorView<T> Sum,
        DeformableSimilarityAttention<T>.Saved Similarity);
}
