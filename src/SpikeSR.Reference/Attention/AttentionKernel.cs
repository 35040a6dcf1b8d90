using System.Numerics;
using SpikeSR.Reference.Operators.Kernels;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Attention;

/// <summary>
/// Kernels of <see cref="ScaledAttention"/>: a thread takes a patch, packs its keys and values once, and goes through its queries in blocks of rows, so that
/// similarities and probabilities stay in the second-level cache and never become a tensor.
/// </summary>
internal static unsafe class AttentionKernel
{
    // Rows of similarities in hand at once: 16 tiles of the product; with 256 keys 96 KB in float.
    private const int RowBlock = 96;

    /// <summary>y = softmax(q k' / sqrt(D)) v, as <see cref="ScaledAttention.Forward"/>.</summary>
    public static void Forward<TLane, T>(TensorView<T> q, TensorView<T> k, TensorView<T> v, TensorView<T> y, Workspace workspace, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (batch, queries, keys) = ScaledAttention.Check(q, k, v, y);
        var (depth, channels) = (q.Shape[2], v.Shape[2]);
        var root = new Divisor<T>(T.CreateTruncating(Math.Sqrt(depth)));
        using var scope = workspace.OpenScope();
        var zeros = MatrixKernel.StartRow<TLane, T>(default, 1, Math.Max(keys, channels), scope);
        threads.For(batch, patch =>
        {
            using var own = workspace.OpenScope();
            var packedKeys = PackTransposed<TLane, T>(k.At(patch), own);
            var packedValues = PackRows<TLane, T>(v.At(patch), own);
            var p = own.Rent<T>(RowBlock, keys);
            var (first, last) = ((nint)patch * queries * depth, (nint)patch * queries * channels);
            Patch<TLane, T>(queries, keys, depth, channels, root, q.Pointer + first, packedKeys.Pointer, packedValues, zeros.Pointer, p.Pointer, y.Pointer + last);
        });
    }

    /// <summary>Numbers that <see cref="Patch"/> needs for similarities.</summary>
    /// <param name="keys">Keys m.</param>
    public static int SimilarityLength(int keys) => RowBlock * keys;

    /// <summary>y = softmax(q k' / root) v for one patch, on one thread.</summary>
    /// <typeparam name="TLane">The lane type.</typeparam>
    /// <typeparam name="T">The number type.</typeparam>
    /// <param name="queries">Queries n.</param>
    /// <param name="keys">Keys m.</param>
    /// <param name="depth">D.</param>
    /// <param name="channels">C.</param>
    /// <param name="root">sqrt(D).</param>
    /// <param name="q">Queries [n, D].</param>
    /// <param name="packedKeys">Keys as the right operand [D, m].</param>
    /// <param name="packedValues">Values as the right operand [m, C].</param>
    /// <param name="zeros">As many zeros as keys or channels, filled up to whole lanes.</param>
    /// <param name="p">Room for similarities, <see cref="SimilarityLength"/>.</param>
    /// <param name="y">Output [n, C].</param>
    public static void Patch<TLane, T>(
        int queries, int keys, int depth, int channels, Divisor<T> root, T* q, T* packedKeys, T* packedValues, T* zeros, T* p, T* y)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (nint first = 0; first < queries; first += RowBlock)
        {
            var count = (int)Math.Min(RowBlock, queries - first);
            MatrixKernel.Multiply<TLane, T>(count, depth, keys, q + (first * depth), depth, 1, packedKeys, zeros, 0, p, keys);
            SoftmaxKernel.Rows<TLane, T>(p, p, count, keys, root);
            MatrixKernel.Multiply<TLane, T>(count, keys, channels, p, keys, 1, packedValues, zeros, 0, y + (first * channels), channels);
        }
    }

    /// <summary>
    /// Gradients by queries, keys and values, as <see cref="ScaledAttention.Backward"/>; the sums over queries wait in gradK and gradV from one block of rows to
    /// the next.
    /// </summary>
    public static void Backward<TLane, T>(
        TensorView<T> q, TensorView<T> k, TensorView<T> v, TensorView<T> gradY, TensorView<T> gradQ, TensorView<T> gradK, TensorView<T> gradV, Workspace workspace, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (batch, queries, keys) = ScaledAttention.Check(q, k, v, gradY);
        Guard.SameShape(q, gradQ, nameof(gradQ));
        Guard.SameShape(k, gradK, nameof(gradK));
        Guard.SameShape(v, gradV, nameof(gradV));
        var (depth, channels) = (q.Shape[2], v.Shape[2]);
        var root = new Divisor<T>(T.CreateTruncating(Math.Sqrt(depth)));
        using var scope = workspace.OpenScope();
        var zeros = MatrixKernel.StartRow<TLane, T>(default, 1, Math.Max(keys, depth), scope);
        threads.For(batch, patch => BackwardPatch<TLane, T>(
            root, q.At(patch), k.At(patch), v.At(patch), gradY.At(patch), gradQ.At(patch), gradK.At(patch), gradV.At(patch), zeros.Pointer, workspace));
    }

    /// <summary>The same for one patch, on one thread.</summary>
    /// <typeparam name="TLane">The lane type.</typeparam>
    /// <typeparam name="T">The number type.</typeparam>
    /// <param name="root">sqrt(D).</param>
    /// <param name="q">Queries [n, D].</param>
    /// <param name="k">Keys [m, D].</param>
    /// <param name="v">Values [m, C].</param>
    /// <param name="gradY">Gradient by the output [n, C].</param>
    /// <param name="gradQ">Gradient by the queries.</param>
    /// <param name="gradK">Gradient by the keys.</param>
    /// <param name="gradV">Gradient by the values.</param>
    /// <param name="zeros">As many zeros as keys or D, filled up to whole lanes.</param>
    /// <param name="workspace">The owner of temporary buffers.</param>
    public static void BackwardPatch<TLane, T>(
        Divisor<T> root,
        TensorView<T> q,
        TensorView<T> k,
        TensorView<T> v,
        TensorView<T> gradY,
        TensorView<T> gradQ,
        TensorView<T> gradK,
        TensorView<T> gradV,
        T* zeros,
        Workspace workspace)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (queries, keys, depth, channels) = (q.Shape[0], k.Shape[0], q.Shape[1], v.Shape[1]);
        using var scope = workspace.OpenScope();
        var (packedKeys, packedValues) = (PackTransposed<TLane, T>(k, scope), PackTransposed<TLane, T>(v, scope));
        var packedKeyRows = PackRows<TLane, T>(k, scope);
        var (p, gradS) = (scope.Rent<T>(RowBlock, keys), scope.Rent<T>(RowBlock, keys));
        var (rightQ, rightG) = (new RightRows<TLane, T>(depth, depth, RowBlock, scope), new RightRows<TLane, T>(channels, channels, RowBlock, scope));
        gradK.Clear();
        gradV.Clear();
        for (var first = 0; first < queries; first += RowBlock)
        {
            var count = Math.Min(RowBlock, queries - first);
            T* rowsQ = q.Pointer + ((nint)first * depth), rowsG = gradY.Pointer + ((nint)first * channels);
            MatrixKernel.Multiply<TLane, T>(count, depth, keys, rowsQ, depth, 1, packedKeys.Pointer, zeros, 0, p.Pointer, keys);
            MatrixKernel.Multiply<TLane, T>(count, channels, keys, rowsG, channels, 1, packedValues.Pointer, zeros, 0, gradS.Pointer, keys);
            SoftmaxKernel.Rows<TLane, T>(p.Pointer, p.Pointer, count, keys, root);
            for (nint i = 0; i < count; i++)
            {
                var own = p.Pointer + (i * keys);
                var gradOwn = gradS.Pointer + (i * keys);
                SoftmaxKernel.RowBackward<TLane, T>(own, gradOwn, gradOwn, keys, root);
            }

            MatrixKernel.Multiply<TLane, T>(
                count, keys, depth, gradS.Pointer, keys, 1, packedKeyRows, zeros, 0, gradQ.Pointer + ((nint)first * depth), depth);
            MatrixKernel.Multiply<TLane, T>(keys, count, depth, gradS.Pointer, 1, keys, rightQ.Pack(rowsQ, count), gradK.Pointer, depth, gradK.Pointer, depth);
            MatrixKernel.Multiply<TLane, T>(keys, count, channels, p.Pointer, 1, keys, rightG.Pack(rowsG, count), gradV.Pointer, channels, gradV.Pointer, channels);
        }
    }

    /// <summary>A patch's [m, D] as the right operand [D, m].</summary>
    public static TensorView<T> PackTransposed<TLane, T>(TensorView<T> x, Workspace.Scope scope)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        var (rows, depth) = (x.Shape[0], x.Shape[1]);
        var packed = scope.Rent<T>(MatrixKernel.PackedLength<TLane, T>(depth, rows));
        MatrixKernel.PackTransposed<TLane, T>(x.Pointer, depth, depth, rows, packed.Pointer);
        return packed;
    }

    /// <summary>A patch's [m, C] as the right operand [m, C].</summary>
    public static T* PackRows<TLane, T>(TensorView<T> x, Workspace.Scope scope)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged => new RightRows<TLane, T>(x.Shape[1], x.Shape[1], x.Shape[0], scope).Pack(x.Pointer, x.Shape[0]);
}
