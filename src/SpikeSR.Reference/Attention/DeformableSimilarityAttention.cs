using SpikeSR.Reference.Network;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Attention;

/// <summary>
/// DSA (SPEC DSA): <c>patches = divide(x)</c>; <c>matched = Match(patches)</c>; three token layers, the first asking the matched patches through the DCN;
/// <c>y = x + conv3x3(reverse(tokens))</c>. Time steps stand beside each other as images.
/// </summary>
/// <typeparam name="T">Scalar.</typeparam>
public sealed class DeformableSimilarityAttention<T>
    where T : unmanaged, IScalar<T>
{
    private const int Layers = 3;
    private readonly int _patchSize;
    private readonly bool _published;
    private readonly (Parameter<T> Weight, Parameter<T> Bias) _matchNorm;
    private readonly TokenLayer<T>[] _layers = new TokenLayer<T>[Layers];
    private readonly Parameter<T> _weight;
    private readonly Parameter<T> _bias;

    /// <summary>Declares cross_match.0.norm, mid_convs.0 and blocks.0.layers.{0,1,2}.</summary>
    /// <param name="names">Where.</param>
    /// <param name="channels">C.</param>
    /// <param name="patchSize">P, at least 3.</param>
    /// <param name="queryDepth">qk.</param>
    /// <param name="hidden">Width of the MLPs.</param>
    /// <param name="published">Whether to reproduce the published code's quirks (SPEC NET-3).</param>
    public DeformableSimilarityAttention(StateDictScope<T> names, int channels, int patchSize, int queryDepth, int hidden, bool published)
    {
        Guard.That(patchSize >= 3, $"patch size is {patchSize}, expected at least 3", nameof(patchSize));
        (_patchSize, _published) = (patchSize, published);
        _matchNorm = names["cross_match.0.norm"].LayerNorm(channels);
        _weight = names["mid_convs.0"].Weight(channels, channels, 3, 3);
        _bias = names["mid_convs.0"].BiasOf(_weight);
        for (var i = 0; i < Layers; i++)
        {
            _layers[i] = new TokenLayer<T>(names[$"blocks.0.layers.{i}"], channels, queryDepth, hidden, deformable: i == 0);
        }
    }

    /// <summary>
    /// Inference: y = DSA(x), as many images at a time as the backend likes, and patch by patch, each through all three layers on one thread: a patch and what
    /// its layers make of it stay in the second-level cache.
    /// </summary>
    /// <param name="backend">What computes.</param>
    /// <param name="batch">B: how many of the images belong to one time step.</param>
    /// <param name="x">Input [T B, H, W, C].</param>
    /// <param name="y">Output, as x.</param>
    public void Evaluate(Backend<T> backend, int batch, TensorView<T> x, TensorView<T> y)
    {
        var grid = Grid(x);
        var (settings, together) = (Settings(train: false, batch), ImagesAtOnce(backend, batch, x));
        for (var first = 0; first < x.Shape[0]; first += together)
        {
            using var scope = backend.Workspace.OpenScope();
            var part = x.Slice(first, Math.Min(together, x.Shape[0] - first));
            var (patches, tokens, chosen) = (Patches(scope, grid, part), Patches(scope, grid, part), scope.Rent<int>(part.Shape[0], grid.Count));
            backend.PatchDivide(grid, part, patches);
            backend.Match(settings, patches, _matchNorm.Weight, _matchNorm.Bias, default, default, chosen);
            var (sources, targets) = (Tokens(patches), Tokens(tokens));
            backend.SideBySide(chosen.Length, (one, patch) =>
            {
                var context = (Match.SourceImage(settings, patch / grid.Count) * grid.Count) + chosen.Span[patch];
                var target = targets.Slice(patch, 1);
                for (var i = 0; i < Layers; i++)
                {
                    _layers[i].Forward(one, i == 0 ? sources.Slice(patch, 1) : target, i == 0 ? sources.Slice(context, 1) : default, default, target);
                }
            });
            scope.Return(patches);
            var image = scope.Rent<T>(part.Shape);
            backend.PatchReverse(grid, tokens, image);
            backend.ConvolutionNorm(ConvolutionSettings.Same3, image, _weight, _bias, null, part, y.Slice(first, part.Shape[0]));
        }
    }

    /// <summary>How many images <see cref="Evaluate"/> takes at a time; the published matching reads the first image of a time step, so a time step stays together there.</summary>
    /// <param name="backend">What computes.</param>
    /// <param name="batch">B.</param>
    /// <param name="x">Input [T B, H, W, C].</param>
    internal int ImagesAtOnce(Backend<T> backend, int batch, TensorView<T> x)
    {
        var step = _published ? batch : 1;
        return (int)Math.Min(x.Shape[0], Math.Max(1, backend.PatchesAtOnce / ((long)Grid(x).Count * step)) * step);
    }

    /// <summary>The same with everything kept that the backward pass needs.</summary>
    /// <param name="pass">Mode, noise and what keeps.</param>
    /// <param name="batch">B.</param>
    /// <param name="x">Input [T B, H, W, C]; must live until the backward pass.</param>
    /// <param name="y">Output, as x.</param>
    public Saved Forward(ForwardPass<T> pass, int batch, TensorView<T> x, TensorView<T> y)
    {
        var (backend, keep, grid) = (pass.Backend, pass.Keep, Grid(x));
        var matched = Patches(keep, grid, x);
        var (states, layers) = (new TensorView<T>[Layers + 1], new TokenLayer<T>.Saved[Layers]);
        for (var i = 0; i < states.Length; i++)
        {
            states[i] = Patches(keep, grid, x);
        }

        var saved = new Saved(grid, Settings(pass.Train, batch), pass.NextNoise(x.Shape[0], grid.Count), matched, keep.Rent<int>(x.Shape[0], grid.Count), states, layers);
        backend.PatchDivide(grid, x, states[0]);
        backend.Match(saved.Match, states[0], _matchNorm.Weight, _matchNorm.Bias, saved.Noise, matched, saved.Chosen);
        for (var i = 0; i < Layers; i++)
        {
            layers[i] = TokenLayer<T>.Saved.Rent(keep, Tokens(states[i]), deformable: i == 0);
            _layers[i].Forward(backend, Tokens(states[i]), i == 0 ? Tokens(matched) : default, layers[i], Tokens(states[i + 1]));
        }

        using var scope = backend.Workspace.OpenScope();
        var image = scope.Rent<T>(x.Shape);
        backend.PatchReverse(grid, states[^1], image);
        backend.Convolution(ConvolutionSettings.Same3, image, _weight, _bias, y);
        backend.Add(x, y, y);
        return saved;
    }

    /// <summary>gradX = gradY + the patches' path, itself the tokens' path + the match's. Overwrites gradX.</summary>
    /// <param name="backend">What computes.</param>
    /// <param name="saved">From the forward pass.</param>
    /// <param name="gradY">Gradient by the output [T B, H, W, C].</param>
    /// <param name="gradX">Gradient by the input, as gradY.</param>
    public void Backward(Backend<T> backend, Saved saved, TensorView<T> gradY, TensorView<T> gradX)
    {
        using var scope = backend.Workspace.OpenScope();
        var grid = saved.Grid;
        var (image, gradImage) = (scope.Rent<T>(gradY.Shape), scope.Rent<T>(gradY.Shape));
        backend.PatchReverse(grid, saved.States[^1], image);
        backend.ConvolutionBackward(ConvolutionSettings.Same3, image, _weight, _bias, gradY, gradImage);
        var (gradTokens, gradMatched) = (Patches(scope, grid, gradY), Patches(scope, grid, gradY));
        backend.PatchReverseBackward(grid, gradImage, gradTokens);
        for (var i = Layers - 1; i >= 0; i--)
        {
            var (context, gradContext) = i == 0 ? (Tokens(saved.Matched), Tokens(gradMatched)) : default;
            _layers[i].Backward(backend, Tokens(saved.States[i]), context, saved.Layers[i], Tokens(gradTokens), Tokens(gradTokens), gradContext);
        }

        var gradPatches = Patches(scope, grid, gradY);
        backend.MatchBackward(saved.Match, saved.States[0], _matchNorm.Weight, _matchNorm.Bias, saved.Noise, saved.Chosen, gradMatched, gradPatches);
        backend.Add(gradTokens, gradPatches, gradPatches);
        backend.PatchDivideBackward(grid, gradPatches, gradImage);
        backend.Add(gradY, gradImage, gradX);
    }

    private static TensorView<T> Patches(Workspace.Scope scope, PatchGrid grid, TensorView<T> x) =>
        scope.Rent<T>(x.Shape[0], grid.Count, grid.PatchSize * grid.PatchSize, x.Shape[3]);

    private static TensorView<T> Tokens(TensorView<T> patches) => patches.Reshape(patches.Shape[0] * patches.Shape[1], patches.Shape[2], patches.Shape[3]);

    private PatchGrid Grid(TensorView<T> x) => new(_patchSize, _patchSize - 2, x.Shape[1], x.Shape[2], _published);

    private MatchSettings Settings(bool train, int batch) => new(train, PublishedBatch: _published ? batch : 0);

    /// <summary>What the backward pass needs.</summary>
    /// <param name="Grid">Where the patches lie.</param>
    /// <param name="Match">Mode of the matching.</param>
    /// <param name="Noise">Gumbel noise [T B, n, n], or absent.</param>
    /// <param name="Matched">Matched patches [T B, n, P P, C].</param>
    /// <param name="Chosen">Their numbers [T B, n].</param>
    /// <param name="States">Tokens before each layer, and after the last: four tensors [T B, n, P P, C].</param>
    /// <param name="Layers">What the layers need beside them.</param>
    public sealed record Saved(
        PatchGrid Grid, MatchSettings Match, TensorView<T> Noise, TensorView<T> Matched, TensorView<int> Chosen, TensorView<T>[] States, TokenLayer<T>.Saved[] Layers);
}
