using SpikeSR.Reference.Conformance.Confusions;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Neurons;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Mutants.Mutations;

[Mutation("parameter gradients of linear maps are overwritten instead of added to")]
internal sealed class OverwritesGradients<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void LinearBackward(TensorView<T> x, Parameter<T> weight, Parameter<T>? bias, TensorView<T> gradY, TensorView<T> gradX)
    {
        weight.Gradient.Clear();
        base.LinearBackward(x, weight, bias, gradY, gradX);
    }
}

[Mutation("the order of a mean depends on the number of threads")]
internal sealed class CountsThreads<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void AveragePool(TensorView<T> x, TensorView<T> y)
    {
        base.AveragePool(x, y);
        var (pixels, channels) = (x.Shape[1], x.Shape[2]);
        for (var at = 0; Threads.Threads > 1 && at < y.Length; at++)
        {
            var sum = T.FromDouble(0);
            for (var pixel = pixels - 1; pixel >= 0; pixel--)
            {
                sum += x.Span[(((at / channels * pixels) + pixel) * channels) + (at % channels)];
            }

            y.Span[at] = sum / T.FromDouble(pixels);
        }
    }
}

[Mutation("the membrane that a call leaves is not handed on")]
internal sealed class ForgetsMembrane<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void Neuron(NeuronSettings settings, Parameter<T>? rate, TensorView<T> x, TensorView<T> membrane, TensorView<T> spike, TensorView<T> trace) =>
        base.Neuron(settings, rate, x, default, spike, trace);
}
