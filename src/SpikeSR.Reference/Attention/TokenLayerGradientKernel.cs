using System.Numerics;
using SpikeSR.Reference.Operators.Kernels;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Attention;

/// <summary>
/// Back through a <see cref="TokenLayer{T}"/>, a patch after the other, a thread each: what is computed again and what only the next step reads stays in the second-level
/// cache, and so does what the gradients by parameters, sums over the tokens of all patches, add while it is there: patch by patch, in their order.
/// </summary>
internal static unsafe partial class TokenLayerGradientKernel
{
    // Tokens whose hidden layer is in hand at once: 16 tiles; with 100 hidden values 38 KB in float.
    private const int RowBlock = 96;

    // The parts that one patch does after the other: gradients by the parameters of fc2; of fc1 and its norm; of the attention's maps; of its norm; of the DCN.
    private const int OutputStage = 0;
    private const int HiddenStage = 1;
    private const int AttentionStage = 2;
    private const int NormStage = 3;
    private const int DeformableStage = 4;

    /// <summary>gradX = gradMiddle + the attention's path, gradMiddle = gradY + the MLP's path. Tokens with a DCN do not ask themselves: their context is not absent.</summary>
    /// <typeparam name="TLane">The lane type.</typeparam>
    /// <typeparam name="T">The number type.</typeparam>
    /// <param name="layer">Weights as the products want them, and where their gradients are.</param>
    /// <param name="x">Tokens of the forward pass [b, n, C].</param>
    /// <param name="context">Tokens that answered [b, m, C], or absent.</param>
    /// <param name="saved">What the forward pass saved.</param>
    /// <param name="gradY">Gradient by the output [b, n, C].</param>
    /// <param name="gradX">Gradient by x [b, n, C]; may be gradY itself.</param>
    /// <param name="gradContext">Gradient by the context [b, m, C]; absent where it is.</param>
    /// <param name="workspace">The owner of temporary buffers.</param>
    /// <param name="threads">Threads over patches.</param>
    public static void Backward<TLane, T>(
        Layer<T> layer,
        TensorView<T> x,
        TensorView<T> context,
        TokenLayerKernel.Saved<T> saved,
        TensorView<T> gradY,
        TensorView<T> gradX,
        TensorView<T> gradContext,
        Workspace workspace,
        Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (x.Length == 0)
        {
            return;
        }

        var (patches, tokens, channels) = (x.Shape[0], x.Shape[1], x.Shape[2]);
        var answering = context.IsAbsent ? tokens : context.Shape[1];
        using var scope = workspace.OpenScope();
        var start = new Start<T>(
            MatrixKernel.StartRow<TLane, T>(layer.HiddenBias, 1, layer.Hidden.Forward.Columns, scope).Pointer,
            MatrixKernel.StartRow<TLane, T>(default, 1, Math.Max(answering, Math.Max(channels, Math.Max(layer.Hidden.Forward.Columns, layer.Queries.Forward.Columns))), scope).Pointer);
        var (mlp, norm) = (new MlpSums<T>(layer, scope), new NormSums<T>(layer.AttentionNorm, scope));
        DeformableSums<T>? dcn = layer.Deformable is { } map ? DeformableSums<T>.Begin<TLane>(map, x.At(0), scope) : null;
        threads.ForInTurn(patches, DeformableStage + (dcn?.Stages ?? 0), (patch, turn) =>
        {
            using var own = workspace.OpenScope();
            var (rows, kept, gradMiddle) = (x.At(patch), saved.At(patch), own.Rent<T>(tokens, channels));
            Mlp<TLane, T>(layer, start, kept.Middle, gradY.At(patch), gradMiddle, mlp, patch * tokens, turn, workspace);
            var (moments, normalised, gradNormalised) = (own.Rent<T>(tokens, 2), own.Rent<T>(tokens, channels), own.Rent<T>(tokens, channels));
            LayerNormKernel.Rows<TLane, T>(
                layer.Epsilon, tokens, channels, rows.Pointer, layer.AttentionNorm.Weight.Pointer, layer.AttentionNorm.Bias.Pointer, normalised.Pointer, moments.Pointer);
            var (asking, gradAsking) = dcn is null ? (normalised, gradNormalised) : (kept.Sampled, own.Rent<T>(tokens, channels));
            var (source, gradSource) = context.IsAbsent ? (normalised, default) : (context.At(patch), gradContext.At(patch));
            Attention<TLane, T>(layer, start, asking, source, gradMiddle, gradAsking, gradSource, turn, workspace);
            dcn?.Add<TLane>(normalised, kept, gradAsking, gradNormalised, turn, DeformableStage, workspace);
            turn.Begin(NormStage);
            norm.Add<TLane>(rows, moments, gradNormalised, patch * tokens);
            turn.End(NormStage);
            var target = gradX.At(patch);
            LayerNormKernel.BackwardRows<TLane, T>(tokens, channels, rows.Pointer, layer.AttentionNorm.Weight.Pointer, moments.Pointer, gradNormalised.Pointer, target.Pointer);
            Add<TLane, T>(gradMiddle, target, target);
        });
        mlp.Finish();
        norm.Finish();
        dcn?.End();
    }

    // gradX = gradY + the MLP's path, a few rows at a time, for one patch [n, C] whose tokens are first, first + 1, ... of all.
    private static void Mlp<TLane, T>(
        Layer<T> layer,
        Start<T> start,
        TensorView<T> x,
        TensorView<T> gradY,
        TensorView<T> gradX,
        MlpSums<T> sums,
        int first,
        Parallelism.Turn turn,
        Workspace workspace)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (tokens, channels, width) = (x.Shape[0], x.Shape[1], layer.Hidden.Forward.Columns);
        using var scope = workspace.OpenScope();
        var hidden = scope.Rent<T>(RowBlock, width);
        var (moments, normalised, gradNormalised) = (scope.Rent<T>(tokens, 2), scope.Rent<T>(tokens, channels), scope.Rent<T>(tokens, channels));
        var (active, gradHidden) = (scope.Rent<T>(tokens, width), scope.Rent<T>(tokens, width));
        for (var at = 0; at < tokens; at += RowBlock)
        {
            var count = Math.Min(RowBlock, tokens - at);
            var (rowsX, rowsG, target) = (x.Slice(at, count), gradY.Slice(at, count), gradX.Slice(at, count));
            var (rows, path, own, gradient) = (normalised.Slice(at, count), gradNormalised.Slice(at, count), moments.Slice(at, count), gradHidden.Slice(at, count));
            LayerNormKernel.Rows<TLane, T>(layer.Epsilon, count, channels, rowsX.Pointer, layer.MlpNorm.Weight.Pointer, layer.MlpNorm.Bias.Pointer, rows.Pointer, own.Pointer);
            LinearKernel.Rows<TLane, T>(rows, layer.Hidden.Forward, start.HiddenBias, hidden);
            LinearKernel.Rows<TLane, T>(rowsG, layer.Output.Backward, start.Zeros, gradient);
            ActivationKernel.GeluWithGradient<TLane, T>(hidden.Pointer, active.Slice(at, count).Pointer, gradient.Pointer, count * width);
            LinearKernel.Rows<TLane, T>(gradient, layer.Hidden.Backward, start.Zeros, path);
            LayerNormKernel.BackwardRows<TLane, T>(count, channels, rowsX.Pointer, layer.MlpNorm.Weight.Pointer, own.Pointer, path.Pointer, target.Pointer);
            Add<TLane, T>(rowsG, target, target);
        }

        turn.Begin(OutputStage);
        LinearKernel.AddToWeight<TLane, T>(active, gradY, layer.Output.Gradient, workspace);
        sums.OutputBias.Add<TLane, ChannelSumKernel.Elements<T>>(new(gradY.Pointer, channels), first, tokens);
        turn.End(OutputStage);
        turn.Begin(HiddenStage);
        LinearKernel.AddToWeight<TLane, T>(normalised, gradHidden, layer.Hidden.Gradient, workspace);
        sums.HiddenBias.Add<TLane, ChannelSumKernel.Elements<T>>(new(gradHidden.Pointer, width), first, tokens);
        sums.Norm.Add<TLane>(x, moments, gradNormalised, first);
        turn.End(HiddenStage);
    }

    // gradAsking = the queries' path, gradSource = the keys' path + the values'; where gradSource is absent, tokens ask themselves and gradAsking = (queries' + keys') +
    // values'. For one patch.
    private static void Attention<TLane, T>(
        Layer<T> layer,
        Start<T> start,
        TensorView<T> asking,
        TensorView<T> source,
        TensorView<T> gradY,
        TensorView<T> gradAsking,
        TensorView<T> gradSource,
        Parallelism.Turn turn,
        Workspace workspace)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (queries, keys, depth, channels) = (asking.Shape[0], source.Shape[0], layer.Queries.Forward.Columns, asking.Shape[1]);
        using var scope = workspace.OpenScope();
        var (gradQ, gradK, gradV) = (scope.Rent<T>(queries, depth), scope.Rent<T>(keys, depth), scope.Rent<T>(keys, channels));
        var (q, k, v) = (scope.Rent<T>(queries, depth), scope.Rent<T>(keys, depth), scope.Rent<T>(keys, channels));
        LinearKernel.Rows<TLane, T>(asking, layer.Queries.Forward, start.Zeros, q);
        LinearKernel.Rows<TLane, T>(source, layer.Keys.Forward, start.Zeros, k);
        LinearKernel.Rows<TLane, T>(source, layer.Values.Forward, start.Zeros, v);
        AttentionKernel.BackwardPatch<TLane, T>(new(T.CreateTruncating(Math.Sqrt(depth))), q, k, v, gradY, gradQ, gradK, gradV, start.Zeros, workspace);
        var path = scope.Rent<T>(keys, channels);
        LinearKernel.Rows<TLane, T>(gradQ, layer.Queries.Backward, start.Zeros, gradAsking);
        if (gradSource.IsAbsent)
        {
            gradSource = gradAsking;
            LinearKernel.Rows<TLane, T>(gradK, layer.Keys.Backward, start.Zeros, path);
            Add<TLane, T>(gradSource, path, gradSource);
        }
        else
        {
            LinearKernel.Rows<TLane, T>(gradK, layer.Keys.Backward, start.Zeros, gradSource);
        }

        LinearKernel.Rows<TLane, T>(gradV, layer.Values.Backward, start.Zeros, path);
        Add<TLane, T>(gradSource, path, gradSource);

        turn.Begin(AttentionStage);
        LinearKernel.AddToWeight<TLane, T>(asking, gradQ, layer.Queries.Gradient, workspace);
        LinearKernel.AddToWeight<TLane, T>(source, gradK, layer.Keys.Gradient, workspace);
        LinearKernel.AddToWeight<TLane, T>(source, gradV, layer.Values.Gradient, workspace);
        turn.End(AttentionStage);
    }

    private static void Add<TLane, T>(TensorView<T> left, TensorView<T> right, TensorView<T> y)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T> => LaneLoop.ElementRange<TLane, T, ElementwiseKernel.Sum<T>>(new(left.Pointer, right.Pointer, y.Pointer), 0, y.Length);

    /// <summary>A map's weight as the products of the forward and of the backward pass want it, and its gradient.</summary>
    /// <typeparam name="T">The number type.</typeparam>
    internal readonly record struct Map<T>(PackedMatrix<T> Forward, PackedMatrix<T> Backward, TensorView<T> Gradient)
        where T : unmanaged;

    /// <summary>A layer norm's parameters [C] and their gradients.</summary>
    /// <typeparam name="T">The number type.</typeparam>
    internal readonly record struct Norm<T>(TensorView<T> Weight, TensorView<T> Bias, TensorView<T> WeightGradient, TensorView<T> BiasGradient)
        where T : unmanaged;

    /// <summary>A layer.</summary>
    /// <typeparam name="T">The number type.</typeparam>
    internal sealed record Layer<T>
        where T : unmanaged
    {
        public required double Epsilon { get; init; }

        public required Norm<T> AttentionNorm { get; init; }

        public required Map<T> Queries { get; init; }

        public required Map<T> Keys { get; init; }

        public required Map<T> Values { get; init; }

        public required Norm<T> MlpNorm { get; init; }

        public required Map<T> Hidden { get; init; }

        public required TensorView<T> HiddenBias { get; init; }

        public required TensorView<T> HiddenBiasGradient { get; init; }

        public required Map<T> Output { get; init; }

        public required TensorView<T> OutputBiasGradient { get; init; }

        public required DeformableMap<T>? Deformable { get; init; }
    }

    // Where sums start.
    private readonly struct Start<T>(T* hiddenBias, T* zeros)
        where T : unmanaged
    {
        public T* HiddenBias { get; } = hiddenBias;

        public T* Zeros { get; } = zeros;
    }

    // The gradients of a norm's parameters.
    private readonly struct NormSums<T>(Norm<T> norm, Workspace.Scope scope)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        private readonly RowSum<T> _weight = new(norm.WeightGradient, scope);
        private readonly RowSum<T> _bias = new(norm.BiasGradient, scope);

        public void Add<TLane>(TensorView<T> x, TensorView<T> moments, TensorView<T> gradY, int first)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var (rows, channels) = (x.Shape[0], x.Shape[1]);
            _weight.Add<TLane, LayerNormKernel.NormalisedProducts<T>>(new(x.Pointer, gradY.Pointer, moments.Pointer, channels), first, rows);
            _bias.Add<TLane, ChannelSumKernel.Elements<T>>(new(gradY.Pointer, channels), first, rows);
        }

        public void Finish()
        {
            _weight.Finish();
            _bias.Finish();
        }
    }

    // The gradients of the MLP's vectors.
    private readonly struct MlpSums<T>(Layer<T> layer, Workspace.Scope scope)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public RowSum<T> OutputBias { get; } = new(layer.OutputBiasGradient, scope);

        public RowSum<T> HiddenBias { get; } = new(layer.HiddenBiasGradient, scope);

        public NormSums<T> Norm { get; } = new(layer.MlpNorm, scope);

        public void Finish()
        {
            OutputBias.Finish();
            HiddenBias.Finish();
            Norm.Finish();
        }
    }
}
