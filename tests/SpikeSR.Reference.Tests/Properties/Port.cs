using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Tests.Properties;

/// <summary>A tensor of an operator with its gradient: an input or parameter, whose gradient the operator computes, or an output, whose gradient it is given.</summary>
/// <typeparam name="T">Scalar.</typeparam>
/// <param name="Name">Name within the operator.</param>
/// <param name="Value">Elements.</param>
/// <param name="Gradient">Gradient, as Value.</param>
/// <param name="Directions">The direction of every element; none for outputs.</param>
/// <param name="IsParameter">Whether the gradient is added to instead of overwritten.</param>
internal sealed record Port<T>(string Name, TensorView<T> Value, TensorView<T> Gradient, double[] Directions, bool IsParameter)
    where T : unmanaged;
