using System.Numerics;
using SpikeSR.Reference.Operators.Kernels;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Attention;

/// <summary>
/// Back through a <see cref="TokenAttention{T}"/> without its DCN, a patch on one thread: its queries, keys and values, computed again, and the paths that meet in a
/// gradient stay in the second-level cache; what the gradients by weights, sums over all patches, read afterwards is kept.
/// </summary>
internal static unsafe class TokenAttentionKernel
{
    /// <summary>
    /// gradAsking = the queries' path, gradAnswering = the keys' path + the values'; where gradAnswering is absent, tokens ask themselves and gradAsking = (queries' + keys')
    /// + values'. Of the gradients by weights only what they are sums of.
    /// </summary>
    /// <typeparam name="TLane">The lane type.</typeparam>
    /// <typeparam name="T">The number type.</typeparam>
    /// <param name="weights">Weights as the products want them.</param>
    /// <param name="asking">What queries come from [b, n, C].</param>
    /// <param name="answering">What keys and values come from [b, m, C].</param>
    /// <param name="gradY">Gradient by the output [b, n, C].</param>
    /// <param name="kept">Receives the gradients by queries, keys and values.</param>
    /// <param name="gradAsking">Gradient by asking.</param>
    /// <param name="gradAnswering">Gradient by answering, or absent.</param>
    /// <param name="workspace">The owner of temporary buffers.</param>
    /// <param name="threads">Threads over patches.</param>
    public static void Backward<TLane, T>(
        Weights<T> weights,
        TensorView<T> asking,
        TensorView<T> answering,
        TensorView<T> gradY,
        Kept<T> kept,
        TensorView<T> gradAsking,
        TensorView<T> gradAnswering,
        Workspace workspace,
        Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ScaledAttention.Check(kept.GradQ, kept.GradK, kept.GradV, gradY);
        Guard.SameLength(asking, gradAsking, nameof(gradAsking));
        var (depth, channels) = (kept.GradQ.Shape[2], asking.Shape[2]);
        var (queries, keys) = (asking.Shape[1], answering.Shape[1]);
        var root = new Divisor<T>(T.CreateTruncating(Math.Sqrt(depth)));
        using var scope = workspace.OpenScope();
        var zeros = MatrixKernel.StartRow<TLane, T>(default, 1, Math.Max(keys, Math.Max(depth, channels)), scope);
        threads.For(asking.Shape[0], patch =>
        {
            using var own = workspace.OpenScope();
            var (source, gradQ, gradK, gradV) = (answering.At(patch), kept.GradQ.At(patch), kept.GradK.At(patch), kept.GradV.At(patch));
            var (q, k, v) = (own.Rent<T>(queries, depth), own.Rent<T>(keys, depth), own.Rent<T>(keys, channels));
            LinearKernel.Rows<TLane, T>(asking.At(patch), weights.Queries.Forward, zeros.Pointer, q);
            LinearKernel.Rows<TLane, T>(source, weights.Keys.Forward, zeros.Pointer, k);
            LinearKernel.Rows<TLane, T>(source, weights.Values.Forward, zeros.Pointer, v);
            AttentionKernel.BackwardPatch<TLane, T>(root, q, k, v, gradY.At(patch), gradQ, gradK, gradV, zeros.Pointer, workspace);
            var (target, path) = (gradAsking.At(patch), own.Rent<T>(keys, channels));
            LinearKernel.Rows<TLane, T>(gradQ, weights.Queries.Backward, zeros.Pointer, target);
            if (gradAnswering.IsAbsent)
            {
                LinearKernel.Rows<TLane, T>(gradK, weights.Keys.Backward, zeros.Pointer, path);
                Add<TLane, T>(target, path);
            }
            else
            {
                target = gradAnswering.At(patch);
                LinearKernel.Rows<TLane, T>(gradK, weights.Keys.Backward, zeros.Pointer, target);
            }

            LinearKernel.Rows<TLane, T>(gradV, weights.Values.Backward, zeros.Pointer, path);
            Add<TLane, T>(target, path);
        });
    }

    private static void Add<TLane, T>(TensorView<T> target, TensorView<T> path)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        LaneLoop.ElementRange<TLane, T, ElementwiseKernel.Sum<T>>(new(target.Pointer, path.Pointer, target.Pointer), 0, target.Length);

    /// <summary>The weights of the three maps, as the products of the forward and of the backward pass want them.</summary>
    /// <typeparam name="T">The number type.</typeparam>
    internal readonly record struct Weights<T>
        where T : unmanaged
    {
        public required (PackedMatrix<T> Forward, PackedMatrix<T> Backward) Queries { get; init; }

        public required (PackedMatrix<T> Forward, PackedMatrix<T> Backward) Keys { get; init; }

        public required (PackedMatrix<T> Forward, PackedMatrix<T> Backward) Values { get; init; }
    }

    /// <summary>What the gradients by weights are sums of.</summary>
    /// <typeparam name="T">The number type.</typeparam>
    /// <param name="GradQ">Gradient by the queries [b, n, D].</param>
    /// <param name="GradK">Gradient by the keys [b, m, D].</param>
    /// <param name="GradV">Gradient by the values [b, m, C].</param>
    internal readonly record struct Kept<T>(TensorView<T> GradQ, TensorView<T> GradK, TensorView<T> GradV)
        where T : unmanaged;
}
