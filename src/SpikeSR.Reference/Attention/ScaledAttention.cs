using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Attention;

/// <summary>
/// Definition of one-head attention (SPEC ATT): <c>s_ij = (sum_d q_i[d] k_j[d]) / sqrt(D)</c>, <c>p_i = softmax_j(s_i)</c>,
/// <c>y_i[c] = sum_j p_ij v_j[c]</c>; every sum ascending from 0.
/// </summary>
public static class ScaledAttention
{
    /// <summary>y = softmax(q k' / sqrt(D)) v, patch by patch.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="q">Queries [b, n, D].</param>
    /// <param name="k">Keys [b, m, D].</param>
    /// <param name="v">Values [b, m, C].</param>
    /// <param name="y">Output [b, n, C].</param>
    /// <param name="threads">Threads over patches and query rows.</param>
    public static void Forward<T>(TensorView<T> q, TensorView<T> k, TensorView<T> v, TensorView<T> y, Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        var (batch, queries, keys) = Check(q, k, v, y);
        var channels = v.Shape[2];
        threads.For(batch * queries, row =>
        {
            var p = new T[keys];
            Probabilities(q, k, row, p);
            Product<T>(p, v.Span.Slice(row / queries * keys * channels, keys * channels), y.Span.Slice(row * channels, channels), 1, keys, channels);
        });
    }

    /// <summary>
    /// gp_ij = sum_c g_i[c] v_j[c]; gs = softmax Jacobian, then / sqrt(D); gradQ_i = sum_j gs_ij k_j; gradK_j = sum_i gs_ij q_i; gradV_j = sum_i p_ij g_i.
    /// Every sum ascending from 0; all three are overwritten.
    /// </summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="q">Queries [b, n, D].</param>
    /// <param name="k">Keys [b, m, D].</param>
    /// <param name="v">Values [b, m, C].</param>
    /// <param name="gradY">Gradient by the output [b, n, C].</param>
    /// <param name="gradQ">Gradient by the queries [b, n, D].</param>
    /// <param name="gradK">Gradient by the keys [b, m, D].</param>
    /// <param name="gradV">Gradient by the values [b, m, C].</param>
    /// <param name="workspace">Where probabilities and their gradients are kept meanwhile.</param>
    /// <param name="threads">Threads over patches.</param>
    public static void Backward<T>(
        TensorView<T> q, TensorView<T> k, TensorView<T> v, TensorView<T> gradY, TensorView<T> gradQ, TensorView<T> gradK, TensorView<T> gradV, Workspace workspace, Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        var (batch, queries, keys) = Check(q, k, v, gradY);
        Guard.SameShape(q, gradQ, nameof(gradQ));
        Guard.SameShape(k, gradK, nameof(gradK));
        Guard.SameShape(v, gradV, nameof(gradV));
        var (depth, channels) = (q.Shape[2], v.Shape[2]);
        var root = T.FromDouble(Math.Sqrt(depth));
        threads.For(batch, patch =>
        {
            using var scope = workspace.OpenScope();
            var p = scope.Rent<T>(queries, keys).Span;
            var gradS = scope.Rent<T>(queries, keys).Span;
            var values = v.At(patch).Span;
            var g = gradY.At(patch).Span;
            for (var i = 0; i < queries; i++)
            {
                var own = p.Slice(i * keys, keys);
                var gradOwn = gradS.Slice(i * keys, keys);
                Probabilities(q, k, (patch * queries) + i, own);
                for (var j = 0; j < keys; j++)
                {
                    gradOwn[j] = Convolution.ProductSum(T.FromDouble(0), g.Slice(i * channels, channels), values.Slice(j * channels, channels));
                }

                Softmax.RowBackward<T>(own, gradOwn, gradOwn);
                for (var j = 0; j < keys; j++)
                {
                    gradOwn[j] /= root;
                }
            }

            Product<T>(gradS, k.At(patch).Span, gradQ.At(patch).Span, queries, keys, depth);
            TransposedProduct<T>(gradS, q.At(patch).Span, gradK.At(patch).Span, queries, keys, depth);
            TransposedProduct<T>(p, g, gradV.At(patch).Span, queries, keys, channels);
        });
    }

    // p = softmax_j of (q_row . k_j) / sqrt(D); row counts over all patches.
    private static void Probabilities<T>(TensorView<T> q, TensorView<T> k, int row, Span<T> p)
        where T : unmanaged, IScalar<T>
    {
        var (queries, keys, depth) = (q.Shape[1], k.Shape[1], q.Shape[2]);
        var root = T.FromDouble(Math.Sqrt(depth));
        var query = q.Span.Slice(row * depth, depth);
        var all = k.Span.Slice(row / queries * keys * depth, keys * depth);
        for (var j = 0; j < keys; j++)
        {
            p[j] = Convolution.ProductSum(T.FromDouble(0), query, all.Slice(j * depth, depth)) / root;
        }

        Softmax.Row(p, p);
    }

    // y[i, c] = sum over j ascending of a[i, j] b[j, c].
    private static void Product<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y, int rows, int inner, int columns)
        where T : unmanaged, IScalar<T>
    {
        for (var at = 0; at < rows * columns; at++)
        {
            var (i, c) = (at / columns, at % columns);
            var sum = T.FromDouble(0);
            for (var j = 0; j < inner; j++)
            {
                sum = T.FusedMultiplyAdd(a[(i * inner) + j], b[(j * columns) + c], sum);
            }

            y[at] = sum;
        }
    }

    // y[j, c] = sum over i ascending of a[i, j] b[i, c].
    private static void TransposedProduct<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y, int inner, int rows, int columns)
        where T : unmanaged, IScalar<T>
    {
        for (var at = 0; at < rows * columns; at++)
        {
            var (j, c) = (at / columns, at % columns);
            var sum = T.FromDouble(0);
            for (var i = 0; i < inner; i++)
            {
                sum = T.FusedMultiplyAdd(a[(i * rows) + j], b[(i * columns) + c], sum);
            }

            y[at] = sum;
        }
    }

    /// <summary>Throws unless the four fit together; batch, queries and keys.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="q">[b, n, D].</param>
    /// <param name="k">[b, m, D].</param>
    /// <param name="v">[b, m, C].</param>
    /// <param name="y">[b, n, C].</param>
    internal static (int Batch, int Queries, int Keys) Check<T>(TensorView<T> q, TensorView<T> k, TensorView<T> v, TensorView<T> y)
        where T : unmanaged
    {
        Guard.HasShape(q, nameof(q), -1, -1, -1);
        Guard.HasShape(k, nameof(k), q.Shape[0], -1, q.Shape[2]);
        Guard.HasShape(v, nameof(v), q.Shape[0], k.Shape[1], -1);
        Guard.HasShape(y, nameof(y), q.Shape[0], q.Shape[1], v.Shape[2]);
        return (q.Shape[0], q.Shape[1], k.Shape[1]);
    }
}
