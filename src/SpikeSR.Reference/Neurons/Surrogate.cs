using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Neurons;

/// <summary>Definition of the step and its surrogate gradient, element by element: S = 1 if u &gt;= 0 else 0; g_u = g_S sg(u) (SPEC SUR).</summary>
public static class Surrogate
{
    /// <summary>spike = step(x).</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="surrogate">The surrogate, for scalars that carry derivatives.</param>
    /// <param name="x">u, the membrane less the threshold; any shape.</param>
    /// <param name="spike">Receives 0 or 1; as x.</param>
    /// <param name="threads">Threads over elements.</param>
    public static void Forward<T>(SurrogateFunction surrogate, TensorView<T> x, TensorView<T> spike, Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        Guard.SameLength(x, spike, nameof(spike));
        threads.ForRange(x.Length, 4096, (first, last) =>
        {
            for (var i = first; i < last; i++)
            {
                spike.Span[i] = T.Fire(x.Span[i], surrogate);
            }
        });
    }

    /// <summary>gradX = gradSpike sg(x). Overwrites gradX.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="surrogate">The surrogate.</param>
    /// <param name="x">u, the membrane less the threshold; any shape.</param>
    /// <param name="gradSpike">Gradient by the spikes; as x.</param>
    /// <param name="gradX">Gradient by u; as x.</param>
    /// <param name="threads">Threads over elements.</param>
    public static void Backward<T>(SurrogateFunction surrogate, TensorView<T> x, TensorView<T> gradSpike, TensorView<T> gradX, Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        surrogate.Check();
        Guard.SameLength(x, gradSpike, nameof(gradSpike));
        Guard.SameLength(x, gradX, nameof(gradX));
        threads.ForRange(x.Length, 4096, (first, last) =>
        {
            for (var i = first; i < last; i++)
            {
                gradX.Span[i] = gradSpike.Span[i] * surrogate.Derivative(x.Span[i]);
            }
        });
    }
}
