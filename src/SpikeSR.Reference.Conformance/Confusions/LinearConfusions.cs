using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Confusions;

[Confusion("LIN-1", "a square weight of a linear map is read as [in, out]")]
internal sealed class TransposesSquareWeights<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void Linear(TensorView<T> x, Parameter<T> weight, Parameter<T>? bias, TensorView<T> y) => base.Linear(x, Read(weight), bias, y);

    public override void LinearBackward(TensorView<T> x, Parameter<T> weight, Parameter<T>? bias, TensorView<T> gradY, TensorView<T> gradX)
    {
        var read = Read(weight);
        if (read != weight)
        {
            Transposed(weight.MatrixGradient).CopyTo(read.Gradient);
        }

        base.LinearBackward(x, read, bias, gradY, gradX);
        if (read != weight)
        {
            Transposed(read.Gradient).CopyTo(weight.MatrixGradient);
        }
    }

    private static Parameter<T> Read(Parameter<T> weight) =>
        weight.Matrix.Shape is var shape && shape[0] == shape[1] ? new Parameter<T>(weight.Name, Transposed(weight.Matrix)) : weight;

    private static TensorView<T> Transposed(TensorView<T> square)
    {
        var (size, transposed) = (square.Shape[0], TensorView<T>.Allocate(square.Shape));
        for (var at = 0; at < square.Length; at++)
        {
            transposed.Span[at] = square.Span[(at % size * size) + (at / size)];
        }

        return transposed;
    }
}
