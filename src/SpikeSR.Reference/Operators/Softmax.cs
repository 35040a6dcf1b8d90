using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators;

/// <summary>Definition of softmax over the last axis (SPEC SM): e_j = exp(x_j - max), y_j = e_j / sum in <see cref="FixedOrder"/>.</summary>
public static class Softmax
{
    /// <summary>y = softmax(x), row by row.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="x">Input [M, N].</param>
    /// <param name="y">Output [M, N]; may be x itself.</param>
    /// <param name="threads">Threads over rows.</param>
    public static void Forward<T>(TensorView<T> x, TensorView<T> y, Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        Guard.HasShape(x, nameof(x), -1, -1);
        Guard.SameLength(x, y, nameof(y));
        var n = x.Shape[1];
        threads.ForRange(x.Shape[0], 1, (first, last) =>
        {
            for (var m = first; m < last; m++)
            {
                Row(x.Span.Slice(m * n, n), y.Span.Slice(m * n, n));
            }
        });
    }

    /// <summary>gradX_j = y_j (g_j - sum_i y_i g_i), row by row. Overwrites gradX.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="y">Output of the forward pass [M, N].</param>
    /// <param name="gradY">Gradient by the output [M, N].</param>
    /// <param name="gradX">Gradient by the input [M, N]; may be gradY itself.</param>
    /// <param name="threads">Threads over rows.</param>
    public static void Backward<T>(TensorView<T> y, TensorView<T> gradY, TensorView<T> gradX, Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        Guard.HasShape(y, nameof(y), -1, -1);
        Guard.SameLength(y, gradY, nameof(gradY));
        Guard.SameLength(y, gradX, nameof(gradX));
        var n = y.Shape[1];
        threads.ForRange(y.Shape[0], 1, (first, last) =>
        {
            for (var m = first; m < last; m++)
            {
                RowBackward(y.Span.Slice(m * n, n), gradY.Span.Slice(m * n, n), gradX.Span.Slice(m * n, n));
            }
        });
    }

    /// <summary>The largest element: the first, replaced by any later one that is greater.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="row">At least one element.</param>
    internal static T Maximum<T>(ReadOnlySpan<T> row)
        where T : unmanaged, IScalar<T>
    {
        var maximum = row[0];
        foreach (var element in row)
        {
            maximum = T.IsGreater(element, maximum) ? element : maximum;
        }

        return maximum;
    }

    /// <summary>Softmax of one row.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="x">Logits.</param>
    /// <param name="y">Receives the probabilities; may be x itself.</param>
    internal static void Row<T>(ReadOnlySpan<T> x, Span<T> y)
        where T : unmanaged, IScalar<T>
    {
        if (x.IsEmpty)
        {
            return;
        }

        // Any constant gives the same quotients: the maximum is one.
        var maximum = T.Detach(Maximum(x));
        for (var j = 0; j < x.Length; j++)
        {
            y[j] = T.Exp(x[j] - maximum);
        }

        var sum = FixedOrder.Sum<T>(y);
        for (var j = 0; j < x.Length; j++)
        {
            y[j] /= sum;
        }
    }

    /// <summary>The softmax Jacobian applied to one row.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="y">Probabilities.</param>
    /// <param name="g">Gradient by them.</param>
    /// <param name="gradX">Receives the gradient by the logits; may be g itself.</param>
    internal static void RowBackward<T>(ReadOnlySpan<T> y, ReadOnlySpan<T> g, Span<T> gradX)
        where T : unmanaged, IScalar<T>
    {
        var sum = FixedOrder.Sum<T, FixedOrder.Products<T>>(y.Length, new(y, g, 0, 1));
        for (var j = 0; j < y.Length; j++)
        {
            gradX[j] = y[j] * (g[j] - sum);
        }
    }
}
