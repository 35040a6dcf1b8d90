using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators;

/// <summary>Definition of the L1 loss (SPEC L1): mean |x - target| in <see cref="FixedOrder"/> over the elements in memory order.</summary>
public static class Loss
{
    /// <summary>loss = (sum |x - target|) / N.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="x">Prediction, any shape.</param>
    /// <param name="target">Target, as x.</param>
    /// <exception cref="ArgumentException">The shapes differ or hold no element.</exception>
    public static T L1<T>(TensorView<T> x, TensorView<T> target)
        where T : unmanaged, IScalar<T>
    {
        Guard.SameLength(x, target, nameof(target));
        Guard.That(x.Length > 0, "the mean of no element is not defined", nameof(x));
        return FixedOrder.Sum<T, Distances<T>>(x.Length, new(x.Span, target.Span)) / T.FromDouble(x.Length);
    }

    /// <summary>gradX = gradLoss sign(x - target) / N, sign(0) = 0, as (gradLoss / N) with the sign. The target's gradient is its negative.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="x">Prediction, any shape.</param>
    /// <param name="target">Target, as x.</param>
    /// <param name="gradLoss">Gradient by the loss; 1 in training.</param>
    /// <param name="gradX">Gradient by the prediction, as x; overwritten.</param>
    /// <param name="threads">Threads over elements.</param>
    public static void L1Backward<T>(TensorView<T> x, TensorView<T> target, T gradLoss, TensorView<T> gradX, Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        Guard.SameLength(x, target, nameof(target));
        Guard.SameLength(x, gradX, nameof(gradX));
        var share = gradLoss / T.FromDouble(x.Length);
        threads.ForRange(x.Length, 4096, (first, last) =>
        {
            for (var i = first; i < last; i++)
            {
                var (value, wanted) = (x.Span[i], target.Span[i]);
                gradX.Span[i] = T.IsGreater(value, wanted) ? share : T.IsGreater(wanted, value) ? -share : T.FromDouble(0);
            }
        });
    }

    // |x - target|.
    private readonly ref struct Distances<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> target) : FixedOrder.ITerms<T>
        where T : unmanaged, IScalar<T>
    {
        private readonly ReadOnlySpan<T> _x = x;
        private readonly ReadOnlySpan<T> _target = target;

        public T this[int index] => T.Abs(_x[index] - _target[index]);
    }
}
