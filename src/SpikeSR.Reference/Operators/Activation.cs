using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators;

/// <summary>The element-wise activations.</summary>
public enum ActivationKind
{
    /// <summary>x/2 (1 + erf(x / sqrt 2)), never the tanh form (SPEC GELU-1).</summary>
    Gelu,

    /// <summary>x where x &gt; 0, else +0 (SPEC ACT-1).</summary>
    Relu,

    /// <summary>1 / (1 + exp(-x)) (SPEC ACT-2).</summary>
    Sigmoid,
}

/// <summary>Definition of the element-wise activations and their gradients (SPEC ACT, GELU).</summary>
public static class Activation
{
    /// <summary>y = f(x).</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="kind">f.</param>
    /// <param name="x">Input, any shape.</param>
    /// <param name="y">Output, as x; may be x itself.</param>
    /// <param name="threads">Threads over elements.</param>
    public static void Forward<T>(ActivationKind kind, TensorView<T> x, TensorView<T> y, Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        Guard.SameLength(x, y, nameof(y));
        threads.ForRange(x.Length, 1024, (first, last) =>
        {
            for (var i = first; i < last; i++)
            {
                y.Span[i] = Value(kind, x.Span[i]);
            }
        });
    }

    /// <summary>gradX = gradY f'(x). Overwrites gradX. relu'(0) = 0.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="kind">f.</param>
    /// <param name="x">Input, any shape.</param>
    /// <param name="gradY">Gradient by the output, as x.</param>
    /// <param name="gradX">Gradient by the input, as x; may be gradY itself.</param>
    /// <param name="threads">Threads over elements.</param>
    public static void Backward<T>(ActivationKind kind, TensorView<T> x, TensorView<T> gradY, TensorView<T> gradX, Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        Guard.SameLength(x, gradY, nameof(gradY));
        Guard.SameLength(x, gradX, nameof(gradX));
        threads.ForRange(x.Length, 1024, (first, last) =>
        {
            for (var i = first; i < last; i++)
            {
                gradX.Span[i] = gradY.Span[i] * Derivative(kind, x.Span[i]);
            }
        });
    }

    private static T Value<T>(ActivationKind kind, T x)
        where T : unmanaged, IScalar<T> => kind switch
        {
            ActivationKind.Gelu => T.Gelu(x),
            ActivationKind.Relu => T.IsGreater(x, T.FromDouble(0)) ? x : T.FromDouble(0),
            ActivationKind.Sigmoid => T.Sigmoid(x),
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        };

    private static T Derivative<T>(ActivationKind kind, T x)
        where T : unmanaged, IScalar<T>
    {
        switch (kind)
        {
            case ActivationKind.Gelu:
                return T.GeluDerivative(x);
            case ActivationKind.Relu:
                return T.FromDouble(T.IsGreater(x, T.FromDouble(0)) ? 1 : 0);
            case ActivationKind.Sigmoid:
                var sigmoid = T.Sigmoid(x);
                return sigmoid * (T.FromDouble(1) - sigmoid);
            default:
                throw new ArgumentOutOfRangeException(nameof(kind));
        }
    }
}
