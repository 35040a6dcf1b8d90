using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Network;

/// <summary>
/// The network (SPEC NET):
/// <code>
/// F0 = conv3x3(X) at every step, no bias      head
/// Fg = SAG_g(F(g-1)), g = 1 .. G              body
/// R  = mean over T of (F_G + F0)
/// Y  = PixelShuffle_s(conv3x3(FRB(R)))        refinement, tail
/// </code>
/// </summary>
/// <typeparam name="T">Scalar.</typeparam>
public sealed class SpikeSr<T>
    where T : unmanaged, IScalar<T>
{
    private readonly Parameter<T> _head;
    private readonly SpikingAttentionGroup<T>[] _groups;
    private readonly FeatureRefinement<T> _refinement;
    private readonly Upsampler<T> _tail;

    /// <summary>Declares every parameter under its published name, all zero; initialise or load them next.</summary>
    /// <param name="configuration">Sizes.</param>
    /// <exception cref="ArgumentException">A size is out of range.</exception>
    public SpikeSr(SpikeSrConfiguration configuration)
    {
        configuration.Check();
        Configuration = configuration;
        StateDict = new StateDict<T>();
        var names = StateDict.Root;
        _head = names["head.0.proj"].Weight(configuration.Channels, 3, 3, 3);
        _groups = new SpikingAttentionGroup<T>[configuration.Groups];
        for (var g = 0; g < _groups.Length; g++)
        {
            _groups[g] = new SpikingAttentionGroup<T>(names[$"body.{g}"], configuration, g);
        }

        _refinement = new FeatureRefinement<T>(names["refinement"], configuration.Channels);
        _tail = new Upsampler<T>(names["tail"], configuration.Channels, configuration.Scale);
    }

    /// <summary>Sizes.</summary>
    public SpikeSrConfiguration Configuration { get; }

    /// <summary>All parameters and buffers.</summary>
    public StateDict<T> StateDict { get; }

    /// <summary>Inference: y = SpikeSR(x).</summary>
    /// <param name="backend">What computes.</param>
    /// <param name="x">Images in [0, 1], [B, H, W, 3].</param>
    /// <param name="y">Enlarged images [B, s H, s W, 3].</param>
    /// <exception cref="ArgumentException">A side is under the patch size, or shapes do not fit.</exception>
    public void Evaluate(Backend<T> backend, TensorView<T> x, TensorView<T> y)
    {
        Check(x, y);
        using var scope = backend.Workspace.OpenScope();
        var features = scope.Rent<T>(Features(x));
        Head(backend, x, features);
        var head = scope.Rent<T>(features.At(0).Shape);
        features.At(0).CopyTo(head);
        foreach (var group in _groups)
        {
            group.Evaluate(backend, features, features);
        }

        for (var t = 0; t < features.Shape[0]; t++)
        {
            backend.Add(features.At(t), head, features.At(t));
        }

        var mean = scope.Rent<T>(head.Shape);
        backend.MeanOverSteps(Steps(features), mean);
        scope.Return(features);
        var refined = scope.Rent<T>(mean.Shape);
        _refinement.Forward(backend, mean, refined);
        _tail.Forward(backend, refined, y);
    }

    /// <summary>The same with everything kept that the backward pass needs.</summary>
    /// <param name="pass">Mode, noise and what keeps.</param>
    /// <param name="x">Images in [0, 1], [B, H, W, 3]; must live until the backward pass.</param>
    /// <param name="y">Enlarged images [B, s H, s W, 3].</param>
    /// <exception cref="ArgumentException">A side is under the patch size, or shapes do not fit.</exception>
    public Saved Forward(ForwardPass<T> pass, TensorView<T> x, TensorView<T> y)
    {
        Check(x, y);
        var (backend, keep) = (pass.Backend, pass.Keep);
        var head = keep.Rent<T>(Features(x));
        Head(backend, x, head);
        var groups = new SpikingAttentionGroup<T>.Saved[_groups.Length];
        var features = head;
        for (var g = 0; g < _groups.Length; g++)
        {
            var output = keep.Rent<T>(head.Shape);
            groups[g] = _groups[g].Forward(pass, features, output);
            features = output;
        }

        var (mean, refined) = (keep.Rent<T>(x.Shape[0], x.Shape[1], x.Shape[2], Configuration.Channels), keep.Rent<T>(x.Shape[0], x.Shape[1], x.Shape[2], Configuration.Channels));
        using var scope = backend.Workspace.OpenScope();
        var sum = scope.Rent<T>(head.Shape);
        backend.Add(features, head, sum);
        backend.MeanOverSteps(Steps(sum), mean);
        _refinement.Forward(backend, mean, refined);
        _tail.Forward(backend, refined, y);
        return new Saved(x, groups, mean, refined);
    }

    /// <summary>Gradients to every parameter (added) and to the images.</summary>
    /// <param name="backend">What computes.</param>
    /// <param name="saved">From the forward pass.</param>
    /// <param name="gradY">Gradient by the enlarged images [B, s H, s W, 3].</param>
    /// <param name="gradX">Gradient by the images [B, H, W, 3], overwritten; absent where nobody asks.</param>
    public void Backward(Backend<T> backend, Saved saved, TensorView<T> gradY, TensorView<T> gradX)
    {
        using var scope = backend.Workspace.OpenScope();
        var (gradRefined, gradMean) = (scope.Rent<T>(saved.Mean.Shape), scope.Rent<T>(saved.Mean.Shape));
        _tail.Backward(backend, saved.Refined, gradY, gradRefined);
        _refinement.Backward(backend, saved.Mean, gradRefined, gradMean);
        var (gradFeatures, gradHead) = (scope.Rent<T>(Features(saved.X)), scope.Rent<T>(Features(saved.X)));
        backend.MeanOverStepsBackward(gradMean, Steps(gradHead));
        gradHead.CopyTo(gradFeatures);
        for (var g = _groups.Length - 1; g >= 0; g--)
        {
            _groups[g].Backward(backend, saved.Groups[g], gradFeatures, gradFeatures);
        }

        backend.Add(gradFeatures, gradHead, gradHead);
        HeadBackward(backend, saved.X, gradHead, gradX);
    }

    private static TensorView<T> Steps(TensorView<T> x) => x.Reshape(x.Shape[0], x.Length / x.Shape[0]);

    private Shape Features(TensorView<T> x) => new(Configuration.Steps, x.Shape[0], x.Shape[1], x.Shape[2], Configuration.Channels);

    // Every step sees the same image: one convolution, copied.
    private void Head(Backend<T> backend, TensorView<T> x, TensorView<T> head)
    {
        backend.Convolution(ConvolutionSettings.Same3, x, _head, null, head.At(0));
        for (var t = 1; t < head.Shape[0]; t++)
        {
            head.At(0).CopyTo(head.At(t));
        }
    }

    // The gradients of the steps are added, t ascending, before the convolution's backward pass.
    private void HeadBackward(Backend<T> backend, TensorView<T> x, TensorView<T> gradHead, TensorView<T> gradX)
    {
        var sum = gradHead.At(0);
        for (var t = 1; t < gradHead.Shape[0]; t++)
        {
            backend.Add(sum, gradHead.At(t), sum);
        }

        backend.ConvolutionBackward(ConvolutionSettings.Same3, x, _head, null, sum, gradX);
    }

    private void Check(TensorView<T> x, TensorView<T> y)
    {
        Guard.HasShape(x, nameof(x), -1, -1, -1, 3);
        var side = Configuration.MinimumSide;
        Guard.That(
            x.Shape[1] >= side && x.Shape[2] >= side, $"an image of {x.Shape[1]} x {x.Shape[2]} pixels is smaller than a patch of {side} x {side}", nameof(x));
        Guard.HasShape(y, nameof(y), x.Shape[0], x.Shape[1] * Configuration.Scale, x.Shape[2] * Configuration.Scale, 3);
    }

    /// <summary>What the backward pass needs.</summary>
    /// <param name="X">The images.</param>
    /// <param name="Groups">The groups' own.</param>
    /// <param name="Mean">R [B, H, W, C].</param>
    /// <param name="Refined">FRB(R) [B, H, W, C].</param>
    public sealed record Saved(TensorView<T> X, SpikingAttentionGroup<T>.Saved[] Groups, TensorView<T> Mean, TensorView<T> Refined);
}
