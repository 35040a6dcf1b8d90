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
    /// <param name="saved">Receives what the backward pass needs; absent where none follows.</param>
    /// <param name="y">Receives the output; may be x itself where no backward pass follows.</param>
    public void Forward(Backend<T> backend, TensorView<T> x, TensorView<T> context, Saved saved, TensorView<T> y) => backend.TokenLayer(this, x, context, saved, y);

    /// <summary>The same by a backend's primitives.</summary>
    /// <param name="backend">What computes.</param>
    /// <param name="x">Tokens [b, n, C].</param>
    /// <param name="context">Matched tokens [b, n, C], or absent.</param>
    /// <param name="saved">Receives what the backward pass needs; absent where none follows.</param>
    /// <param name="y">Receives the output; may be x itself where no backward pass follows.</param>
    internal void ForwardByPrimitives(Backend<T> backend, TensorView<T> x, TensorView<T> context, Saved saved, TensorView<T> y)
    {
        Check(x, context, saved, y);
        using var scope = backend.Workspace.OpenScope();
        var middle = saved.IsAbsent ? y : saved.Middle;
        var (normalised, branch) = (scope.Rent<T>(x.Shape), scope.Rent<T>(x.Shape));
        backend.LayerNorm(Epsilon, Rows(x), AttentionNorm.Weight, AttentionNorm.Bias, Rows(normalised));
        Attention.Forward(backend, normalised, context, saved.Sampled, branch);
        backend.Add(x, branch, middle);
        backend.LayerNorm(Epsilon, Rows(middle), MlpNorm.Weight, MlpNorm.Bias, Rows(normalised));
        var hidden = scope.Rent<T>(x.Shape[0] * x.Shape[1], HiddenWeight.Shape[0]);
        backend.Linear(Rows(normalised), HiddenWeight, HiddenBias, hidden);
        backend.Activation(ActivationKind.Gelu, hidden, hidden);
        backend.Linear(hidden, OutputWeight, OutputBias, Rows(branch));
        backend.Add(middle, branch, y);
    }

    /// <summary>Throws unless the tensors of a forward pass fit together.</summary>
    internal void Check(TensorView<T> x, TensorView<T> context, Saved saved, TensorView<T> y)
    {
        Guard.HasShape(x, nameof(x), -1, -1, OutputWeight.Shape[0]);
        Guard.SameLength(x, y, nameof(y));
        if (!context.IsAbsent)
        {
            Guard.HasShape(context, nameof(context), x.Shape[0], -1, x.Shape[2]);
        }

        if (!saved.IsAbsent)
        {
            Guard.SameLength(x, saved.Middle, nameof(saved));
        }

        if (!saved.Sampled.IsAbsent)
        {
            Guard.SameLength(x, saved.Sampled, nameof(saved));
        }

        Guard.That(x.Shape[1] > 0, "a token layer of no token is not defined", nameof(x));
        var side = (int)Math.Round(Math.Sqrt(x.Shape[1]));
        Guard.That(!Attention.IsDeformable || side * side == x.Shape[1], $"{x.Shape[1]} tokens do not fill a square map", nameof(x));
    }

    /// <summary>Throws unless the tensors of a backward pass fit together.</summary>
    internal void CheckBackward(TensorView<T> x, TensorView<T> context, Saved saved, TensorView<T> gradY, TensorView<T> gradX, TensorView<T> gradContext)
    {
        Check(x, context, saved, gradY);
        Guard.SameShape(x, gradX, nameof(gradX));
        Guard.SameShape(context, gradContext, nameof(gradContext));
        Guard.SameLength(x, saved.Middle, nameof(saved));
        if (Attention.IsDeformable)
        {
            Guard.SameLength(x, saved.Sampled, nameof(saved));
        }
    }

    /// <summary>Gradients to x and context, computed again from x and what was saved. Overwrites both.</summary>
    /// <param name="backend">What computes.</param>
    /// <param name="x">Tokens of the forward pass [b, n, C].</param>
    /// <param name="context">Matched tokens, or absent.</param>
    /// <param name="saved">From the forward pass.</param>
    /// <param name="gradY">Gradient by the output.</param>
    /// <param name="gradX">Gradient by the tokens; may be gradY itself.</param>
    /// <param name="gradContext">Gradient by the context; absent where it is.</param>
    public void Backward(
        Backend<T> backend,
        TensorView<T> x,
        TensorView<T> context,
        Saved saved,
        TensorView<T> gradY,
        TensorView<T> gradX,
        TensorView<T> gradContext) =>
        backend.TokenLayerBackward(this, x, context, saved, gradY, gradX, gradContext);

    /// <summary>The same by a backend's primitives.</summary>
    /// <param name="backend">What computes.</param>
    /// <param name="x">Tokens of the forward pass [b, n, C].</param>
    /// <param name="context">Matched tokens, or absent.</param>
    /// <param name="saved">From the forward pass.</param>
    /// <param name="gradY">Gradient by the output.</param>
    /// <param name="gradX">Gradient by the tokens; may be gradY itself.</param>
    /// <param name="gradContext">Gradient by the context; absent where it is.</param>
    internal void BackwardByPrimitives(
        Backend<T> backend,
        TensorView<T> x,
        TensorView<T> context,
        Saved saved,
        TensorView<T> gradY,
        TensorView<T> gradX,
        TensorView<T> gradContext)
    {
        CheckBackward(x, context, saved, gradY, gradX, gradContext);
        using var scope = backend.Workspace.OpenScope();
        var (normalised, path, gradMiddle) = (scope.Rent<T>(x.Shape), scope.Rent<T>(x.Shape), scope.Rent<T>(x.Shape));
        var (hidden, active, gradHidden) = (Hidden(scope, x), Hidden(scope, x), Hidden(scope, x));
        backend.LayerNorm(Epsilon, Rows(saved.Middle), MlpNorm.Weight, MlpNorm.Bias, Rows(normalised));
        backend.Linear(Rows(normalised), HiddenWeight, HiddenBias, hidden);
        backend.Activation(ActivationKind.Gelu, hidden, active);
        backend.LinearBackward(active, OutputWeight, OutputBias, Rows(gradY), gradHidden);
        backend.ActivationBackward(ActivationKind.Gelu, hidden, gradHidden, gradHidden);
        backend.LinearBackward(Rows(normalised), HiddenWeight, HiddenBias, gradHidden, Rows(path));
        backend.LayerNormBackward(Epsilon, Rows(saved.Middle), MlpNorm.Weight, MlpNorm.Bias, Rows(path), Rows(gradMiddle));
        backend.Add(gradY, gradMiddle, gradMiddle);

        backend.LayerNorm(Epsilon, Rows(x), AttentionNorm.Weight, AttentionNorm.Bias, Rows(normalised));
        Attention.Backward(backend, normalised, context, saved.Sampled, gradMiddle, path, gradContext);
        backend.LayerNormBackward(Epsilon, Rows(x), AttentionNorm.Weight, AttentionNorm.Bias, Rows(path), Rows(gradX));
        backend.Add(gradMiddle, gradX, gradX);
    }

    private static TensorView<T> Rows(TensorView<T> tokens) => tokens.Reshape(tokens.Shape[0] * tokens.Shape[1], tokens.Shape[2]);

    private TensorView<T> Hidden(Workspace.Scope scope, TensorView<T> x) => scope.Rent<T>(x.Shape[0] * x.Shape[1], HiddenWeight.Shape[0]);

    /// <summary>What the backward pass needs beside the tokens.</summary>
    /// <param name="Middle">Tokens between attention and MLP [b, n, C].</param>
    /// <param name="Sampled">What the queries come from where deformable, the DCN's output [b, n, C]: to compute it again would take 6 % of a training step. Absent elsewhere.</param>
    /// <param name="Offset">The DCN's offsets [b, n, 18] and</param>
    /// <param name="Logits">its mask's logits [b, n, 9], for backends that keep them, which saves 1 % of a step; the definition computes them again.</param>
    public readonly record struct Saved(TensorView<T> Middle, TensorView<T> Sampled, TensorView<T> Offset, TensorView<T> Logits)
    {
        /// <summary>Whether nothing is wanted.</summary>
        public bool IsAbsent => Middle.IsAbsent;

        /// <summary>Room for one.</summary>
        /// <param name="scope">The owner.</param>
        /// <param name="x">The layer's tokens [b, n, C].</param>
        /// <param name="deformable">Whether the layer's queries come through the DCN.</param>
        public static Saved Rent(Workspace.Scope scope, TensorView<T> x, bool deformable)
        {
            var middle = scope.Rent<T>(x.Shape);
            var (patches, tokens, taps) = (x.Shape[0], x.Shape[1], DeformableConvolutionModule<T>.Taps);
            return deformable ? new(middle, scope.Rent<T>(x.Shape), scope.Rent<T>(patches, tokens, 2 * taps), scope.Rent<T>(patches, tokens, taps)) : new(middle, default, default, default);
        }
    }
}
