using SpikeSR.Reference.Network;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Attention;

/// <summary>
/// One pre-norm layer of DSA on tokens (SPEC DSA-3): <c>middle = x + attention(LN(x), context)</c>; <c>y = middle + fc2(GELU(fc1(LN(middle))))</c>.
/// The context is not normalised.
/// </summary>
/// <typeparam name="T">Scalar.</typeparam>
public sealed class TokenLayer<T>
    where T : unmanaged, IScalar<T>
{
    private const double Epsilon = 1e-5;
    private readonly TokenAttention<T> _attention;
    private readonly (Parameter<T> Weight, Parameter<T> Bias) _attentionNorm;
    private readonly (Parameter<T> Weight, Parameter<T> Bias) _mlpNorm;
    private readonly Parameter<T> _weight1;
    private readonly Parameter<T> _bias1;
    private readonly Parameter<T> _weight2;
    private readonly Parameter<T> _bias2;

    /// <summary>Declares 0.norm, 0.fn, 1.norm and 1.fn.</summary>
    /// <param name="names">Where.</param>
    /// <param name="channels">C.</param>
    /// <param name="queryDepth">qk.</param>
    /// <param name="hidden">Width of the MLP.</param>
    /// <param name="deformable">Whether queries come through the DCN (layer 0).</param>
    public TokenLayer(StateDictScope<T> names, int channels, int queryDepth, int hidden, bool deformable)
    {
        _attentionNorm = names["0.norm"].LayerNorm(channels);
        _attention = new TokenAttention<T>(names["0.fn"], channels, queryDepth, deformable);
        _mlpNorm = names["1.norm"].LayerNorm(channels);
        _weight1 = names["1.fn.fc1"].Weight(hidden, channels);
        _bias1 = names["1.fn.fc1"].BiasOf(_weight1);
        _weight2 = names["1.fn.fc2"].Weight(channels, hidden);
        _bias2 = names["1.fn.fc2"].BiasOf(_weight2);
    }

    /// <summary>Runs the layer.</summary>
    /// <param name="backend">What computes.</param>
    /// <param name="x">Tokens [b, n, C].</param>
    /// <param name="context">Matched tokens [b, n, C], or absent.</param>
    /// <param name="middle">Receives the tokens between attention and MLP; may be x itself where no backward pass follows.</param>
    /// <param name="y">Receives the output; may be middle itself where no backward pass follows.</param>
    public void Forward(Backend<T> backend, TensorView<T> x, TensorView<T> context, TensorView<T> middle, TensorView<T> y)
    {
        using var scope = backend.Workspace.OpenScope();
        var (normalised, branch) = (scope.Rent<T>(x.Shape), scope.Rent<T>(x.Shape));
        backend.LayerNorm(Epsilon, Rows(x), _attentionNorm.Weight, _attentionNorm.Bias, Rows(normalised));
        _attention.Forward(backend, normalised, context, branch);
        backend.Add(x, branch, middle);
        backend.LayerNorm(Epsilon, Rows(middle), _mlpNorm.Weight, _mlpNorm.Bias, Rows(normalised));
        var hidden = scope.Rent<T>(x.Shape[0] * x.Shape[1], _weight1.Shape[0]);
        backend.Linear(Rows(normalised), _weight1, _bias1, hidden);
        backend.Activation(ActivationKind.Gelu, hidden, hidden);
        backend.Linear(hidden, _weight2, _bias2, Rows(branch));
        backend.Add(middle, branch, y);
    }

    /// <summary>Gradients to x and context, computed again from x and middle. Overwrites both.</summary>
    /// <param name="backend">What computes.</param>
    /// <param name="x">Tokens of the forward pass [b, n, C].</param>
    /// <param name="context">Matched tokens, or absent.</param>
    /// <param name="middle">Tokens between attention and MLP.</param>
    /// <param name="gradY">Gradient by the output.</param>
    /// <param name="gradX">Gradient by the tokens; may be gradY itself.</param>
    /// <param name="gradContext">Gradient by the context; absent where it is.</param>
    public void Backward(
        Backend<T> backend, TensorView<T> x, TensorView<T> context, TensorView<T> middle, TensorView<T> gradY, TensorView<T> gradX, TensorView<T> gradContext)
    {
        using var scope = backend.Workspace.OpenScope();
        var (normalised, path, gradMiddle) = (scope.Rent<T>(x.Shape), scope.Rent<T>(x.Shape), scope.Rent<T>(x.Shape));
        var (hidden, active, gradHidden) = (Hidden(scope, x), Hidden(scope, x), Hidden(scope, x));
        backend.LayerNorm(Epsilon, Rows(middle), _mlpNorm.Weight, _mlpNorm.Bias, Rows(normalised));
        backend.Linear(Rows(normalised), _weight1, _bias1, hidden);
        backend.Activation(ActivationKind.Gelu, hidden, active);
        backend.LinearBackward(active, _weight2, _bias2, Rows(gradY), gradHidden);
        backend.ActivationBackward(ActivationKind.Gelu, hidden, gradHidden, gradHidden);
        backend.LinearBackward(Rows(normalised), _weight1, _bias1, gradHidden, Rows(path));
        backend.LayerNormBackward(Epsilon, Rows(middle), _mlpNorm.Weight, _mlpNorm.Bias, Rows(path), Rows(gradMiddle));
        backend.Add(gradY, gradMiddle, gradMiddle);
        backend.LayerNorm(Epsilon, Rows(x), _attentionNorm.Weight, _attentionNorm.Bias, Rows(normalised));
        _attention.Backward(backend, normalised, context, gradMiddle, path, gradContext);
        backend.LayerNormBackward(Epsilon, Rows(x), _attentionNorm.Weight, _attentionNorm.Bias, Rows(path), Rows(gradX));
        backend.Add(gradMiddle, gradX, gradX);
    }

    private static TensorView<T> Rows(TensorView<T> tokens) => tokens.Reshape(tokens.Shape[0] * tokens.Shape[1], tokens.Shape[2]);

    private TensorView<T> Hidden(Workspace.Scope scope, TensorView<T> x) => scope.Rent<T>(x.Shape[0] * x.Shape[1], _weight1.Shape[0]);
}
