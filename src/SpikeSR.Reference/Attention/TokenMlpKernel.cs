using System.Numerics;
using SpikeSR.Reference.Operators.Kernels;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Attention;

/// <summary>
/// Back through the MLP of a <see cref="TokenLayer{T}"/>, a few rows at a time on one thread: what only the next step reads stays in the second-level cache, and what
/// the gradients by weights and biases, sums over all rows, read afterwards is kept.
/// </summary>
internal static unsafe class TokenMlpKernel
{
    // Rows in hand at once: 16 tiles; with 100 hidden values 38 KB in float.
    private const int RowBlock = 96;

    /// <summary>gradX = gradY + the MLP's path; of the gradients by parameters only what they are sums of.</summary>
    /// <typeparam name="TLane">The lane type.</typeparam>
    /// <typeparam name="T">The number type.</typeparam>
    /// <param name="mlp">Weights as the products want them.</param>
    /// <param name="x">Tokens before the MLP [M, C].</param>
    /// <param name="gradY">Gradient by the output [M, C].</param>
    /// <param name="kept">Receives what the gradients by parameters are made of.</param>
    /// <param name="gradX">Gradient by x [M, C].</param>
    /// <param name="workspace">The owner of temporary buffers.</param>
    /// <param name="threads">Threads over rows.</param>
    public static void Backward<TLane, T>(
        Weights<T> mlp, TensorView<T> x, TensorView<T> gradY, Kept<T> kept, TensorView<T> gradX, Workspace workspace, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (channels, width) = (x.Shape[1], mlp.Hidden.Columns);
        using var scope = workspace.OpenScope();
        var start = MatrixKernel.StartRow<TLane, T>(mlp.HiddenBias, 1, width, scope);
        var zeros = MatrixKernel.StartRow<TLane, T>(default, 1, Math.Max(channels, width), scope);
        threads.ForRange(x.Shape[0], RowBlock, (from, to) =>
        {
            using var own = workspace.OpenScope();
            var hidden = own.Rent<T>(RowBlock, width);
            for (var first = from; first < to; first += RowBlock)
            {
                var count = Math.Min(RowBlock, to - first);
                var (rowsX, rowsG, target) = (x.Slice(first, count), gradY.Slice(first, count), gradX.Slice(first, count));
                var (normalised, path, statistics) = (kept.Normalised.Slice(first, count), kept.GradNormalised.Slice(first, count), kept.Statistics.Slice(first, count));
                var (active, gradHidden) = (kept.Active.Slice(first, count), kept.GradHidden.Slice(first, count));
                LayerNormKernel.Rows<TLane, T>(mlp.Epsilon, count, channels, rowsX.Pointer, mlp.Norm.Weight.Pointer, mlp.Norm.Bias.Pointer, normalised.Pointer, statistics.Pointer);
                LinearKernel.Rows<TLane, T>(normalised, mlp.Hidden, start.Pointer, hidden);
                LinearKernel.Rows<TLane, T>(rowsG, mlp.OutputBackward, zeros.Pointer, gradHidden);
                ActivationKernel.GeluWithGradient<TLane, T>(hidden.Pointer, active.Pointer, gradHidden.Pointer, count * width);
                LinearKernel.Rows<TLane, T>(gradHidden, mlp.HiddenBackward, zeros.Pointer, path);
                LayerNormKernel.BackwardRows<TLane, T>(count, channels, rowsX.Pointer, mlp.Norm.Weight.Pointer, statistics.Pointer, path.Pointer, target.Pointer);
                LaneLoop.ElementRange<TLane, T, ElementwiseKernel.Sum<T>>(new(rowsG.Pointer, target.Pointer, target.Pointer), 0, count * channels);
            }
        });
    }

    /// <summary>The MLP's weights as its products want them.</summary>
    /// <typeparam name="T">The number type.</typeparam>
    internal readonly record struct Weights<T>
        where T : unmanaged
    {
        public required double Epsilon { get; init; }

        public required (TensorView<T> Weight, TensorView<T> Bias) Norm { get; init; }

        public required PackedMatrix<T> Hidden { get; init; }

        public required TensorView<T> HiddenBias { get; init; }

        public required PackedMatrix<T> HiddenBackward { get; init; }

        public required PackedMatrix<T> OutputBackward { get; init; }
    }

    /// <summary>What the gradients by parameters are sums of, for every row.</summary>
    /// <typeparam name="T">The number type.</typeparam>
    /// <param name="Statistics">Mean and rstd [M, 2].</param>
    /// <param name="Normalised">LN(x) [M, C].</param>
    /// <param name="Active">GELU(fc1(LN(x))) [M, hidden].</param>
    /// <param name="GradHidden">Gradient by fc1's output [M, hidden].</param>
    /// <param name="GradNormalised">Gradient by LN's output [M, C].</param>
    internal readonly record struct Kept<T>(TensorView<T> Statistics, TensorView<T> Normalised, TensorView<T> Active, TensorView<T> GradHidden, TensorView<T> GradNormalised)
        where T : unmanaged;
}
