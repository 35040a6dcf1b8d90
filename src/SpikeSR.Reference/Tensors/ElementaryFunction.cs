namespace SpikeSR.Reference.Tensors;

/// <summary>The functions of <see cref="ExactMath"/>.</summary>
public enum ElementaryFunction
{
    /// <summary><see cref="ExactMath.Exp(float)"/>.</summary>
    Exp,

    /// <summary><see cref="ExactMath.Sigmoid(float)"/>.</summary>
    Sigmoid,

    /// <summary><see cref="ExactMath.Tanh(float)"/>.</summary>
    Tanh,

    /// <summary><see cref="ExactMath.Erf(float)"/>.</summary>
    Erf,

    /// <summary><see cref="ExactMath.Gelu(float)"/>.</summary>
    Gelu,

    /// <summary><see cref="ExactMath.GeluDerivative(float)"/>.</summary>
    GeluDerivative,
}
