using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators;

/// <summary>Definition of the linear map on the last axis: <c>y[m, o] = bias[o] + sum_k x[m, k] weight[o, k]</c>, k ascending (SPEC LIN).</summary>
public static class Linear
{
    /// <summary>y = x W' + bias.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="x">Input [M, K].</param>
    /// <param name="weight">Weight [O, K].</param>
    /// <param name="bias">Bias [O], or absent.</param>
    /// <param name="y">Output [M, O].</param>
    /// <param name="threads">Threads over rows.</param>
    public static void Forward<T>(TensorView<T> x, TensorView<T> weight, TensorView<T> bias, TensorView<T> y, Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        var (rows, inputs, outputs) = Check(x, weight, y);
        Guard.AbsentOrShape(bias, nameof(bias), outputs);
        threads.ForRange(rows, 1, (first, last) =>
        {
            for (var m = first; m < last; m++)
            {
                for (var o = 0; o < outputs; o++)
                {
                    y.Span[(m * outputs) + o] = Convolution.ProductSum(
                        bias.IsAbsent ? T.FromDouble(0) : bias.Span[o], x.Span.Slice(m * inputs, inputs), weight.Span.Slice(o * inputs, inputs));
                }
            }
        });
    }

    /// <summary>gradX[m, k] = sum over o ascending of gradY[m, o] weight[o, k], starting at 0. Overwrites gradX.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="gradY">Gradient by the output [M, O].</param>
    /// <param name="weight">Weight [O, K].</param>
    /// <param name="gradX">Gradient by the input [M, K].</param>
    /// <param name="threads">Threads over rows.</param>
    public static void BackwardInput<T>(TensorView<T> gradY, TensorView<T> weight, TensorView<T> gradX, Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        var (rows, inputs, outputs) = Check(gradX, weight, gradY);
        threads.ForRange(rows, 1, (first, last) =>
        {
            var g = gradY.Span;
            var w = weight.Span;
            for (var m = first; m < last; m++)
            {
                for (var k = 0; k < inputs; k++)
                {
                    var sum = T.FromDouble(0);
                    for (var o = 0; o < outputs; o++)
                    {
                        sum = T.FusedMultiplyAdd(g[(m * outputs) + o], w[(o * inputs) + k], sum);
                    }

                    gradX.Span[(m * inputs) + k] = sum;
                }
            }
        });
    }

    /// <summary>gradWeight[o, k] += sum over rows m ascending of gradY[m, o] x[m, k]: the sum starts at the gradient's present value.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="x">Input [M, K].</param>
    /// <param name="gradY">Gradient by the output [M, O].</param>
    /// <param name="gradWeight">Gradient by the weight [O, K].</param>
    /// <param name="threads">Threads over outputs.</param>
    public static void BackwardWeight<T>(TensorView<T> x, TensorView<T> gradY, TensorView<T> gradWeight, Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        var (rows, inputs, outputs) = Check(x, gradWeight, gradY);
        threads.ForRange(outputs, 1, (first, last) =>
        {
            var xs = x.Span;
            var g = gradY.Span;
            var gw = gradWeight.Span;
            for (var m = 0; m < rows; m++)
            {
                for (var o = first; o < last; o++)
                {
                    for (var k = 0; k < inputs; k++)
                    {
                        gw[(o * inputs) + k] = T.FusedMultiplyAdd(g[(m * outputs) + o], xs[(m * inputs) + k], gw[(o * inputs) + k]);
                    }
                }
            }
        });
    }

    /// <summary>Throws unless the tensors fit together.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="x">[M, K].</param>
    /// <param name="weight">[O, K].</param>
    /// <param name="y">[M, O].</param>
    internal static (int Rows, int Inputs, int Outputs) Check<T>(TensorView<T> x, TensorView<T> weight, TensorView<T> y)
        where T : unmanaged
    {
        Guard.HasShape(x, nameof(x), -1, -1);
        Guard.HasShape(weight, nameof(weight), -1, x.Shape[1]);
        Guard.HasShape(y, nameof(y), x.Shape[0], weight.Shape[0]);
        return (x.Shape[0], x.Shape[1], weight.Shape[0]);
    }
}
