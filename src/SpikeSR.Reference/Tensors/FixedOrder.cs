namespace SpikeSR.Reference.Tensors;

/// <summary>
/// Sums that are not matrix products: means, norms, softmax, losses, gradients of affine parameters. Within a chunk of 4096 terms, 16 lanes
/// by index mod 16 each add in ascending order, starting at +0; then the tree i + (i + 8), (i + 4), (i + 2), (i + 1); chunks are added in ascending order,
/// starting from the first (SPEC REP-3).
/// </summary>
public static class FixedOrder
{
    /// <summary>Terms in a chunk.</summary>
    public const int ChunkLength = 4096;

    /// <summary>Lanes within a chunk.</summary>
    public const int Lanes = 16;

    /// <summary>Sums <paramref name="count"/> terms, given by their index.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <typeparam name="TTerms">Type of the terms.</typeparam>
    /// <param name="count">Number of terms; 0 gives 0.</param>
    /// <param name="terms">The term of each index.</param>
    public static T Sum<T, TTerms>(int count, in TTerms terms)
        where T : unmanaged, IScalar<T>
        where TTerms : ITerms<T>, allows ref struct
    {
        var zero = T.FromDouble(0);
        var total = zero;
        Span<T> lanes = stackalloc T[Lanes];
        for (var start = 0; start < count; start += ChunkLength)
        {
            lanes.Fill(zero);
            var end = Math.Min(count, start + ChunkLength);
            for (var i = start; i < end; i++)
            {
                // start is a multiple of 16, so i mod 16 is also the lane within the chunk.
                lanes[i % Lanes] += terms[i];
            }

            var sum = Tree(lanes);
            total = start == 0 ? sum : total + sum;
        }

        return total;
    }

    /// <summary>Sums a span.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="terms">The terms in order.</param>
    public static T Sum<T>(ReadOnlySpan<T> terms)
        where T : unmanaged, IScalar<T> => Sum<T, Strided<T>>(terms.Length, new Strided<T>(terms, 0, 1));

    /// <summary>Adds 16 lanes as the tree i + (i + 8), (i + 4), (i + 2), (i + 1).</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="lanes">The 16 lanes; overwritten.</param>
    public static T Tree<T>(Span<T> lanes)
        where T : unmanaged, IScalar<T>
    {
        for (var half = Lanes / 2; half > 0; half /= 2)
        {
            for (var i = 0; i < half; i++)
            {
                lanes[i] += lanes[i + half];
            }
        }

        return lanes[0];
    }

    /// <summary>The terms of a sum, by index.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    public interface ITerms<T>
    {
        /// <summary>The term of one index.</summary>
        T this[int index] { get; }
    }

    /// <summary>Terms that stand at regular distances in a span: a channel of a plane, say.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="values">The span.</param>
    /// <param name="offset">Position of term 0.</param>
    /// <param name="stride">Distance between terms.</param>
    public readonly ref struct Strided<T>(ReadOnlySpan<T> values, int offset, int stride) : ITerms<T>
        where T : unmanaged
    {
        private readonly ReadOnlySpan<T> _values = values;

        /// <inheritdoc/>
        public T this[int index] => _values[offset + (index * stride)];
    }

    /// <summary>Products of two regularly spaced sequences, each product rounded before it is added.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="left">First sequence.</param>
    /// <param name="right">Second sequence.</param>
    /// <param name="offset">Position of term 0 in both.</param>
    /// <param name="stride">Distance between terms in both.</param>
    public readonly ref struct Products<T>(ReadOnlySpan<T> left, ReadOnlySpan<T> right, int offset, int stride) : ITerms<T>
        where T : unmanaged, IScalar<T>
    {
        private readonly ReadOnlySpan<T> _left = left;
        private readonly ReadOnlySpan<T> _right = right;

        /// <inheritdoc/>
        public T this[int index] => _left[offset + (index * stride)] * _right[offset + (index * stride)];
    }
}
