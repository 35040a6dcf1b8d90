using System.Numerics;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Operators.Kernels;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Attention;

/// <summary>
/// The forward kernel of <see cref="TokenLayer{T}"/>: a patch after the other, a thread each, from the layer norm to the last sum with nothing leaving the second-level
/// cache. What has a width that is no multiple of 16 (the MLP's hidden layer, offsets beside mask) is filled up to one, so that no product has an edge.
/// </summary>
internal static unsafe class TokenLayerKernel
{
    // Tokens whose hidden layer is in hand at once: 16 tiles; with 112 columns 43 KB in float.
    private const int RowBlock = 96;

    /// <summary>Elements that <see cref="MatrixKernel.Multiply{TLane, T}(int, int, int, T*, nint, int, T*, T*, nint, T*, nint)"/> finds beside each other: 512 bits of float.</summary>
    public const int Fill = 16;

    /// <summary>Taps of the DCN: channels of its mask, and half as many as of its offsets.</summary>
    public const int Taps = DeformableConvolutionModule<F32>.Taps;

    /// <summary>Mask and offsets side by side, filled up.</summary>
    public const int ModulationWidth = 2 * Fill;

    /// <summary>middle = x + attention(LN(x), context); y = middle + fc2(GELU(fc1(LN(middle)))). Where nothing is saved, y may be x.</summary>
    /// <typeparam name="TLane">The lane type.</typeparam>
    /// <typeparam name="T">The number type.</typeparam>
    /// <param name="layer">Weights as the products want them.</param>
    /// <param name="x">Tokens [b, n, C].</param>
    /// <param name="context">Tokens that answer [b, m, C], or absent.</param>
    /// <param name="saved">Receives what the backward pass needs, or absent.</param>
    /// <param name="y">Output [b, n, C].</param>
    /// <param name="workspace">The owner of temporary buffers.</param>
    /// <param name="threads">Threads over patches.</param>
    public static void Forward<TLane, T>(
        Weights<T> layer, TensorView<T> x, TensorView<T> context, Saved<T> saved, TensorView<T> y, Workspace workspace, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        // A patch alone, as inference asks, leaves nothing to the collector.
        if (x.Shape[0] == 1)
        {
            Patch<TLane, T>(layer, x.At(0), PatchOf(context, 0), saved.At(0), y.At(0), workspace);
            return;
        }

        Patches<TLane, T>(layer, x, context, saved, y, workspace, threads);
    }

    private static void Patches<TLane, T>(
        Weights<T> layer, TensorView<T> x, TensorView<T> context, Saved<T> saved, TensorView<T> y, Workspace workspace, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        threads.For(x.Shape[0], patch =>
            Patch<TLane, T>(layer, x.At(patch), PatchOf(context, patch), saved.At(patch), y.At(patch), workspace));

    private static TensorView<T> PatchOf<T>(TensorView<T> patches, int patch)
        where T : unmanaged => patches.IsAbsent ? default : patches.At(patch);

    // The same for one patch: x and y are [n, C], context [m, C].
    private static void Patch<TLane, T>(
        Weights<T> layer, TensorView<T> x, TensorView<T> context, Saved<T> saved, TensorView<T> y, Workspace workspace)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (tokens, channels, depth) = (x.Shape[0], x.Shape[1], layer.Queries.Columns);
        var answering = context.IsAbsent ? tokens : context.Shape[0];
        var root = new Divisor<T>(T.CreateTruncating(Math.Sqrt(depth)));
        using var scope = workspace.OpenScope();
        var zeros = MatrixKernel.StartRow<TLane, T>(default, 1, Math.Max(answering, Math.Max(channels, depth)), scope);
        var (normalised, branch) = (scope.Rent<T>(tokens, channels), scope.Rent<T>(tokens, channels));
        LayerNormKernel.Rows<TLane, T>(layer.Epsilon, tokens, channels, x.Pointer, layer.AttentionNorm.Weight.Pointer, layer.AttentionNorm.Bias.Pointer, normalised.Pointer);
        var source = context.IsAbsent ? normalised : context;
        var asking = normalised;
        if (layer.Deformable is { } deformable)
        {
            asking = saved.Sampled.IsAbsent ? branch : saved.Sampled;
            Sample<TLane, T>(deformable, normalised, saved with { Sampled = asking }, scope, workspace);
        }

        var (q, k) = (scope.Rent<T>(tokens, depth), scope.Rent<T>(answering, depth));
        LinearKernel.Rows<TLane, T>(asking, layer.Queries, zeros.Pointer, q);
        LinearKernel.Rows<TLane, T>(source, layer.Keys, zeros.Pointer, k);
        var values = scope.Rent<T>(answering, channels);
        LinearKernel.Rows<TLane, T>(source, layer.Values, zeros.Pointer, values);
        var packedKeys = AttentionKernel.PackTransposed<TLane, T>(k, scope);
        var packedValues = AttentionKernel.PackRows<TLane, T>(values, scope);
        var similarities = scope.Rent<T>(AttentionKernel.SimilarityLength(answering));
        AttentionKernel.Patch<TLane, T>(
            tokens, answering, depth, channels, root, q.Pointer, packedKeys.Pointer, packedValues, zeros.Pointer, similarities.Pointer, branch.Pointer);
        var middle = saved.Middle.IsAbsent ? y : saved.Middle;
        LaneLoop.ElementRange<TLane, T, ElementwiseKernel.Sum<T>>(new(x.Pointer, branch.Pointer, middle.Pointer), 0, x.Length);
        Mlp<TLane, T>(layer, middle, normalised, y, scope);
    }

    // y = x + fc2(GELU(fc1(LN(x)))), a few rows at a time.
    private static void Mlp<TLane, T>(Weights<T> layer, TensorView<T> x, TensorView<T> normalised, TensorView<T> y, Workspace.Scope scope)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (tokens, channels, width) = (x.Shape[0], x.Shape[1], layer.Hidden.Weight.Columns);
        var (hidden, branch) = (scope.Rent<T>(RowBlock, width), scope.Rent<T>(RowBlock, channels));
        LayerNormKernel.Rows<TLane, T>(layer.Epsilon, tokens, channels, x.Pointer, layer.MlpNorm.Weight.Pointer, layer.MlpNorm.Bias.Pointer, normalised.Pointer);
        for (var first = 0; first < tokens; first += RowBlock)
        {
            var (count, at) = (Math.Min(RowBlock, tokens - first), (nint)first * channels);
            MatrixKernel.Multiply<TLane, T>(
                count, channels, width, normalised.Pointer + at, channels, 1, layer.Hidden.Weight.Group(0), layer.Hidden.Bias.Pointer, 0, hidden.Pointer, width);
            ActivationKernel.GeluInPlace<TLane, T>(hidden.Pointer, count * width);
            MatrixKernel.Multiply<TLane, T>(
                count, layer.Output.Depth, channels, hidden.Pointer, width, 1, layer.Output.Group(0), layer.OutputBias.Pointer, 0, branch.Pointer, channels);
            LaneLoop.ElementRange<TLane, T, ElementwiseKernel.Sum<T>>(new(x.Pointer + at, branch.Pointer, y.Pointer + at), 0, count * channels);
        }
    }

    /// <summary>Tokens [P P, C] as an image [1, P, P, C].</summary>
    /// <typeparam name="T">The number type.</typeparam>
    /// <param name="tokens">The tokens of a square patch.</param>
    public static TensorView<T> AsMap<T>(TensorView<T> tokens)
        where T : unmanaged
    {
        var side = (int)Math.Round(Math.Sqrt(tokens.Shape[0]));
        return tokens.Reshape(1, side, side, tokens.Shape[1]);
    }

    // The DCN of one patch's P x P map: offsets and mask by one convolution, the mask's channels first so that they begin a lane.
    private static void Sample<TLane, T>(DeformableWeights<T> weights, TensorView<T> x, Saved<T> saved, Workspace.Scope scope, Workspace workspace)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (tokens, channels) = (x.Shape[0], x.Shape[1]);
        var map = AsMap(x);
        var (modulation, mask) = (AsMap(scope.Rent<T>(tokens, ModulationWidth)), scope.Rent<T>(tokens, Fill));
        ConvolutionKernel.ForwardUnchecked<TLane, T>(
            ConvolutionSettings.Same3, map, new Shape(ModulationWidth, channels, 3, 3), weights.Modulation.Weight, weights.Modulation.Bias, modulation, workspace, Parallelism.Single);
        ActivationKernel.TwiceSigmoid<TLane, T>(modulation.Pointer, ModulationWidth, mask.Pointer, Fill, tokens);
        DeformableConvolutionKernel.Image<TLane, T>(
            map,
            modulation.Pointer + Taps,
            ModulationWidth,
            mask.Pointer,
            Fill,
            new Shape(channels, channels, 3, 3),
            weights.Weight,
            weights.Bias,
            AsMap(saved.Sampled),
            scope);
        if (!saved.Offset.IsAbsent)
        {
            for (var token = 0; token < tokens; token++)
            {
                var both = modulation.Span.Slice(token * ModulationWidth, 3 * Taps);
                both[..Taps].CopyTo(saved.Logits.Span[(token * Taps)..]);
                both[Taps..].CopyTo(saved.Offset.Span[(token * 2 * Taps)..]);
            }
        }
    }

    /// <summary><see cref="TokenLayer{T}.Saved"/> as numbers: tokens [b, n, C], the DCN's output [b, n, C], its offsets [b, n, 18] and its mask's logits [b, n, 9].</summary>
    /// <typeparam name="T">The number type.</typeparam>
    internal readonly record struct Saved<T>(TensorView<T> Middle, TensorView<T> Sampled, TensorView<T> Offset, TensorView<T> Logits)
        where T : unmanaged
    {
        public Saved<T> At(int patch) => new(PatchOf(Middle, patch), PatchOf(Sampled, patch), PatchOf(Offset, patch), PatchOf(Logits, patch));
    }

    /// <summary>A map with bias whose outputs are filled up with zeros to a multiple of <see cref="Fill"/>.</summary>
    /// <typeparam name="T">The number type.</typeparam>
    /// <param name="Weight">The weight, filled up.</param>
    /// <param name="Bias">The bias, filled up.</param>
    internal sealed record FilledMap<T>(PackedMatrix<T> Weight, TensorView<T> Bias)
        where T : unmanaged;

    /// <summary>The DCN's weights.</summary>
    /// <typeparam name="T">The number type.</typeparam>
    /// <param name="Modulation">Mask (9) and offsets (18) as one map.</param>
    /// <param name="Weight">The deformable weight.</param>
    /// <param name="Bias">Its bias [C].</param>
    internal readonly record struct DeformableWeights<T>(FilledMap<T> Modulation, PackedMatrix<T> Weight, TensorView<T> Bias)
        where T : unmanaged;

    /// <summary>A layer's weights as its products want them.</summary>
    /// <typeparam name="T">The number type.</typeparam>
    internal readonly record struct Weights<T>
        where T : unmanaged
    {
        public required double Epsilon { get; init; }

        public required (TensorView<T> Weight, TensorView<T> Bias) AttentionNorm { get; init; }

        public required DeformableWeights<T>? Deformable { get; init; }

        public required PackedMatrix<T> Queries { get; init; }

        public required PackedMatrix<T> Keys { get; init; }

        public required PackedMatrix<T> Values { get; init; }

        public required (TensorView<T> Weight, TensorView<T> Bias) MlpNorm { get; init; }

        public required FilledMap<T> Hidden { get; init; }

        public required PackedMatrix<T> Output { get; init; }

        public required TensorView<T> OutputBias { get; init; }
    }
}
