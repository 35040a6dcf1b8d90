using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators;

/// <summary>Definition of mixing over time steps: <c>y[t, m] = sum over t' ascending from 0 of weight[t, t'] x[t', m]</c> (SPEC HDA-2).</summary>
public static class StepMixing
{
    /// <summary>y = W x along the first axis.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="x">Input [T, M].</param>
    /// <param name="weight">Weight [T, T].</param>
    /// <param name="y">Output [T, M].</param>
    public static void Forward<T>(TensorView<T> x, TensorView<T> weight, TensorView<T> y)
        where T : unmanaged, IScalar<T> => Mix(x, weight, y, transposed: false);

    /// <summary>gradX[t', m] = sum over t ascending from 0 of weight[t, t'] gradY[t, m]. Overwrites gradX.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="gradY">Gradient by the output [T, M].</param>
    /// <param name="weight">Weight [T, T].</param>
    /// <param name="gradX">Gradient by the input [T, M].</param>
    public static void BackwardInput<T>(TensorView<T> gradY, TensorView<T> weight, TensorView<T> gradX)
        where T : unmanaged, IScalar<T> => Mix(gradY, weight, gradX, transposed: true);

    /// <summary>gradWeight[t, t'] += sum over m ascending of gradY[t, m] x[t', m]: the sum starts at the gradient's present value.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="x">Input [T, M].</param>
    /// <param name="gradY">Gradient by the output [T, M].</param>
    /// <param name="gradWeight">Gradient by the weight [T, T].</param>
    public static void BackwardWeight<T>(TensorView<T> x, TensorView<T> gradY, TensorView<T> gradWeight)
        where T : unmanaged, IScalar<T>
    {
        var (steps, count) = Check(x, gradWeight, gradY);
        for (var at = 0; at < steps * steps; at++)
        {
            gradWeight.Span[at] = Convolution.ProductSum(
                gradWeight.Span[at], gradY.Span.Slice(at / steps * count, count), x.Span.Slice(at % steps * count, count));
        }
    }

    private static void Mix<T>(TensorView<T> x, TensorView<T> weight, TensorView<T> y, bool transposed)
        where T : unmanaged, IScalar<T>
    {
        var (steps, count) = Check(x, weight, y);
        for (var at = 0; at < steps * count; at++)
        {
            var (t, m) = (at / count, at % count);
            var sum = T.FromDouble(0);
            for (var k = 0; k < steps; k++)
            {
                var w = weight.Span[transposed ? (k * steps) + t : (t * steps) + k];
                sum = T.FusedMultiplyAdd(w, x.Span[(k * count) + m], sum);
            }

            y.Span[at] = sum;
        }
    }

    /// <summary>Throws unless the three fit together; T and M.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="x">[T, M].</param>
    /// <param name="weight">[T, T].</param>
    /// <param name="y">[T, M].</param>
    internal static (int Steps, int Count) Check<T>(TensorView<T> x, TensorView<T> weight, TensorView<T> y)
        where T : unmanaged
    {
        Guard.HasShape(x, nameof(x), -1, -1);
        Guard.HasShape(weight, nameof(weight), x.Shape[0], x.Shape[0]);
        Guard.HasShape(y, nameof(y), x.Shape[0], x.Shape[1]);
        return (x.Shape[0], x.Shape[1]);
    }
}
