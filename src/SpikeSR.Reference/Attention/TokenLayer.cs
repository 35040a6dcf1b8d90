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
    /// <summary>Declares 0.norm, 0.fn, 1.norm and 1.fn.</summary>
    /// <param name="names">Where.</param>
    /// <param name="channels">C.</param>
    /// <param name="queryDepth">qk.</param>
    /// <param name="hidden">Width of the MLP.</param>
    /// <param name="deformable">Whether queries come through the DCN (layer 0).</param>
    public TokenLayer(StateDictScope<T> names, int channels, int queryDepth, int hidden, bool deformable)
    {
        AttentionNorm = names["0.norm"].LayerNorm(channels);
        Attention = new TokenAttention<T>(names["0.fn"], channels, queryDepth, deformable);
        MlpNorm = names["1.norm"].LayerNorm(channels);
        HiddenWeight = names["1.fn.fc1"].Weight(hidden, channels);
        HiddenBias = names["1.fn.fc1"].BiasOf(HiddenWeight);
        OutputWeight = names["1.fn.fc2"].Weight(channels, hidden);
        OutputBias = names["1.fn.fc2"].BiasOf(OutputWeight);
    }

    /// <summary>Of both layer norms.</summary>
    internal static double Epsilon => 1e-5;

    /// <summary>fn of the first half.</summary>
    internal TokenAttention<T> Attention { get; }

    /// <summary>Layer norm before the attention.</summary>
    internal (Parameter<T> Weight, Parameter<T> Bias) AttentionNorm { get; }

    /// <summary>Layer norm before the MLP.</summary>
    internal (Parameter<T> Weight, Parameter<T> Bias) MlpNorm { get; }

    /// <summary>fc1 [hidden, C].</summary>
    internal Parameter<T> HiddenWeight { get; }

    /// <summary>fc1's bias.</summary>
    internal Parameter<T> HiddenBias { get; }

    /// <summary>fc2 [C, hidden].</summary>
    internal Parameter<T> OutputWeight { get; }

    /// <summary>fc2's bias.</summary>
    internal Parameter<T> OutputBias { get; }

    /// <summary>Runs the layer.</summary>
    /// <param name="backend">What computes.</param>
    /// <param name="x">Tokens [b, n, C].</param>
    /// <param name="context">Matched tokens [b, n, C], or absent.</param>
    /// <param name="sampled">Receives what the queries come from where deformable, the DCN's output [b, n, C], for the backward pass; absent where none follows.</param>
    /// <param name="middle">Receives the tokens between attention and MLP; may be x itself where no backward pass follows.</param>
    /// <param name="y">Receives the output; may be middle itself where no backward pass follows.</param>
    public void Forward(Backend<T> backend, TensorView<T> x, TensorView<T> context, TensorView<T> sampled, TensorView<T> middle, TensorView<T> y) =>
        backend.TokenLayer(this, x, context, sampled, middle, y);

    /// <summary>The same by a backend's primitives.</summary>
    /// <param name="backend">What computes.</param>
    /// <param name="x">Tokens [b, n, C].</param>
    /// <param name="context">Matched tokens [b, n, C], or absent.</param>
    /// <param name="sampled">Receives what the queries come from where deformable, the DCN's output [b, n, C], for the backward pass; absent where none follows.</param>
    /// <param name="middle">Receives the tokens between attention and MLP; may be x itself where no backward pass follows.</param>
    /// <param name="y">Receives the output; may be middle itself where no backward pass follows.</param>
    internal void ForwardByPrimitives(Backend<T> backend, TensorView<T> x, TensorView<T> context, TensorView<T> sampled, TensorView<T> middle, TensorView<T> y)
    {
        using var scope = backend.Workspace.OpenScope();
        var (normalised, branch) = (scope.Rent<T>(x.Shape), scope.Rent<T>(x.Shape));
        backend.LayerNorm(Epsilon, Rows(x), AttentionNorm.Weight, AttentionNorm.Bias, Rows(normalised));
        Attention.Forward(backend, normalised, context, sampled, branch);
        backend.Add(x, branch, middle);
        backend.LayerNorm(Epsilon, Rows(middle), MlpNorm.Weight, MlpNorm.Bias, Rows(normalised));
        var hidden = scope.Rent<T>(x.Shape[0] * x.Shape[1], HiddenWeight.Shape[0]);
        backend.Linear(Rows(normalised), HiddenWeight, HiddenBias, hidden);
        backend.Activation(ActivationKind.Gelu, hidden, hidden);
        backend.Linear(hidden, OutputWeight, OutputBias, Rows(branch));
        backend.Add(middle, branch, y);
    }

    /// <summary>Throws unless the tensors of a forward pass fit together.</summary>
    internal void Check(TensorView<T> x, TensorView<T> context, TensorView<T> sampled, TensorView<T> middle, TensorView<T> y)
    {
        Guard.HasShape(x, nameof(x), -1, -1, OutputWeight.Shape[0]);
        Guard.SameLength(x, middle, nameof(middle));
        Guard.SameLength(x, y, nameof(y));
        if (!context.IsAbsent)
        {
            Guard.HasShape(context, nameof(context), x.Shape[0], -1, x.Shape[2]);
        }

        if (!sampled.IsAbsent)
        {
            Guard.SameLength(x, sampled, nameof(sampled));
        }

        var side = (int)Math.Round(Math.Sqrt(x.Shape[1]));
        Guard.That(!Attention.IsDeformable || side * side == x.Shape[1], $"{x.Shape[1]} tokens do not fill a square map", nameof(x));
    }

    /// <summary>Gradients to x and context, computed again from x, the DCN's output and middle. Overwrites both.</summary>
    /// <param name="backend">What computes.</param>
    /// <param name="x">Tokens of the forward pass [b, n, C].</param>
    /// <param name="context">Matched tokens, or absent.</param>
    /// <param name="sampled">The DCN's output from the forward pass; absent where not deformable.</param>
    /// <param name="middle">Tokens between attention and MLP.</param>
    /// <param name="gradY">Gradient by the output.</param>
    /// <param name="gradX">Gradient by the tokens; may be gradY itself.</param>
    /// <param name="gradContext">Gradient by the context; absent where it is.</param>
    public void Backward(
        Backend<T> backend,
        TensorView<T> x,
        TensorView<T> context,
        TensorView<T> sampled,
        TensorView<T> middle,
        TensorView<T> gradY,
        TensorView<T> gradX,
        TensorView<T> gradContext)
    {
        using var scope = backend.Workspace.OpenScope();
        var gradMiddle = scope.Rent<T>(x.Shape);
        backend.TokenMlpBackward(this, middle, gradY, gradMiddle);
        var (normalised, path) = (scope.Rent<T>(x.Shape), scope.Rent<T>(x.Shape));
        backend.LayerNorm(Epsilon, Rows(x), AttentionNorm.Weight, AttentionNorm.Bias, Rows(normalised));
        Attention.Backward(backend, normalised, context, sampled, gradMiddle, path, gradContext);
        backend.LayerNormBackward(Epsilon, Rows(x), AttentionNorm.Weight, AttentionNorm.Bias, Rows(path), Rows(gradX));
        backend.Add(gradMiddle, gradX, gradX);
    }

    /// <summary>gradMiddle = gradY + the MLP's path, by a backend's primitives.</summary>
    /// <param name="backend">What computes.</param>
    /// <param name="middle">Tokens between attention and MLP.</param>
    /// <param name="gradY">Gradient by the output.</param>
    /// <param name="gradMiddle">Gradient by the tokens between attention and MLP.</param>
    internal void MlpBackwardByPrimitives(Backend<T> backend, TensorView<T> middle, TensorView<T> gradY, TensorView<T> gradMiddle)
    {
        using var scope = backend.Workspace.OpenScope();
        var (normalised, path) = (scope.Rent<T>(middle.Shape), scope.Rent<T>(middle.Shape));
        var (hidden, active, gradHidden) = (Hidden(scope, middle), Hidden(scope, middle), Hidden(scope, middle));
        backend.LayerNorm(Epsilon, Rows(middle), MlpNorm.Weight, MlpNorm.Bias, Rows(normalised));
        backend.Linear(Rows(normalised), HiddenWeight, HiddenBias, hidden);
        backend.Activation(ActivationKind.Gelu, hidden, active);
        backend.LinearBackward(active, OutputWeight, OutputBias, Rows(gradY), gradHidden);
        backend.ActivationBackward(ActivationKind.Gelu, hidden, gradHidden, gradHidden);
        backend.LinearBackward(Rows(normalised), HiddenWeight, HiddenBias, gradHidden, Rows(path));
        backend.LayerNormBackward(Epsilon, Rows(middle), MlpNorm.Weight, MlpNorm.Bias, Rows(path), Rows(gradMiddle));
        backend.Add(gradY, gradMiddle, gradMiddle);
    }

    private static TensorView<T> Rows(TensorView<T> tokens) => tokens.Reshape(tokens.Shape[0] * tokens.Shape[1], tokens.Shape[2]);

    private TensorView<T> Hidden(Workspace.Scope scope, TensorView<T> x) => scope.Rent<T>(x.Shape[0] * x.Shape[1], HiddenWeight.Shape[0]);
}
