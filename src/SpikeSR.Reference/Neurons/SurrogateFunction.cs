using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Neurons;

/// <summary>The shapes of surrogate gradient (SPEC SUR-2).</summary>
public enum SurrogateKind
{
    /// <summary>alpha (q (1 - q)), q = sigmoid(alpha u); default alpha 4.</summary>
    Sigmoid,

    /// <summary>alpha / (2 (1 + z z)), z = (pi/2 alpha) u; default alpha 2.</summary>
    ATan,

    /// <summary>max(0, alpha - (alpha alpha) |u|); default alpha 1.</summary>
    PiecewiseQuadratic,

    /// <summary>(alpha / 2) exp(-(alpha |u|)); default alpha 1.</summary>
    PiecewiseExp,

    /// <summary>alpha / (2 (w w)), w = 1 + alpha |u|; default alpha 2.</summary>
    SoftSign,

    /// <summary>(alpha / sqrt pi) exp(-(z z)), z = alpha u; default alpha 2.</summary>
    Erf,
}

/// <summary>
/// What stands in for the derivative of the step at u = H - V_th in the backward pass. Forward is always the step itself,
/// 1 for u &gt;= 0 (SPEC SUR).
/// </summary>
/// <param name="Kind">Which shape.</param>
/// <param name="Alpha">Sharpness, above 0.</param>
public readonly record struct SurrogateFunction(SurrogateKind Kind, double Alpha)
{
    /// <summary>Throws unless the kind is one of <see cref="SurrogateKind"/> and alpha a number above 0.</summary>
    /// <exception cref="ArgumentException">One is not.</exception>
    public void Check()
    {
        Guard.That(Enum.IsDefined(Kind), $"unknown surrogate {Kind}", nameof(Kind));
        Guard.That(Alpha > 0, $"alpha is {Alpha}, expected above 0", nameof(Alpha));
    }

    /// <summary>The derivative that the backward pass uses, sg(u); q, z and w are those of <see cref="SurrogateKind"/>.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="u">Membrane less threshold.</param>
    /// <exception cref="InvalidOperationException">The kind is not one of <see cref="SurrogateKind"/>.</exception>
    public T Derivative<T>(T u)
        where T : unmanaged, IScalar<T>
    {
        var alpha = T.FromDouble(Alpha);
        var one = T.FromDouble(1);
        switch (Kind)
        {
            case SurrogateKind.Sigmoid:
                var q = T.Sigmoid(alpha * u);
                return alpha * (q * (one - q));
            case SurrogateKind.ATan:
            {
                var z = T.FromDouble(Math.PI / 2 * Alpha) * u;
                return alpha / (T.FromDouble(2) * (one + (z * z)));
            }

            case SurrogateKind.PiecewiseQuadratic:
                var height = alpha - ((alpha * alpha) * T.Abs(u));
                return T.IsGreater(height, T.FromDouble(0)) ? height : T.FromDouble(0);
            case SurrogateKind.PiecewiseExp:
                return (alpha / T.FromDouble(2)) * T.Exp(-(alpha * T.Abs(u)));
            case SurrogateKind.SoftSign:
                var w = one + (alpha * T.Abs(u));
                return alpha / (T.FromDouble(2) * (w * w));
            case SurrogateKind.Erf:
            {
                var z = alpha * u;
                return T.FromDouble(Alpha / Math.Sqrt(Math.PI)) * T.Exp(-(z * z));
            }

            default:
                throw new InvalidOperationException($"unknown surrogate {Kind}");
        }
    }
}
