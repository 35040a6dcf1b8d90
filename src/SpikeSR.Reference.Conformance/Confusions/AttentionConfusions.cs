using SpikeSR.Reference.Attention;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Confusions;

[Confusion("ATT-1", "attention is transposed: keys ask, queries answer")]
internal sealed class TransposesAttention<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void Attention(TensorView<T> q, TensorView<T> k, TensorView<T> v, TensorView<T> y)
    {
        var (asks, answers) = q.Shape[1] == k.Shape[1] ? (k, q) : (q, k);
        base.Attention(asks, answers, v, y);
    }

    public override void AttentionBackward(TensorView<T> q, TensorView<T> k, TensorView<T> v, TensorView<T> gradY, TensorView<T> gradQ, TensorView<T> gradK, TensorView<T> gradV)
    {
        var (asks, answers, gradAsks, gradAnswers) = q.Shape[1] == k.Shape[1] ? (k, q, gradK, gradQ) : (q, k, gradQ, gradK);
        base.AttentionBackward(asks, answers, v, gradY, gradAsks, gradAnswers, gradV);
    }
}

[Confusion("ATT-1", "attention scores are not divided by sqrt(qk)")]
internal sealed class UnscaledAttention<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void Attention(TensorView<T> q, TensorView<T> k, TensorView<T> v, TensorView<T> y) => base.Attention(Sharpened(q), k, v, y);

    public override void AttentionBackward(TensorView<T> q, TensorView<T> k, TensorView<T> v, TensorView<T> gradY, TensorView<T> gradQ, TensorView<T> gradK, TensorView<T> gradV)
    {
        base.AttentionBackward(Sharpened(q), k, v, gradY, gradQ, gradK, gradV);
        Scale(gradQ, Math.Sqrt(q.Shape[2]), gradQ);
    }

    private TensorView<T> Sharpened(TensorView<T> q)
    {
        var sharp = TensorView<T>.Allocate(q.Shape);
        Scale(q, Math.Sqrt(q.Shape[2]), sharp);
        return sharp;
    }
}

[Confusion("ATT-1", "the probabilities of attention sum to 1 over the queries")]
internal sealed class NormalisesOverQueries<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void Attention(TensorView<T> q, TensorView<T> k, TensorView<T> v, TensorView<T> y)
    {
        var (queries, keys, depth, channels) = (q.Shape[1], k.Shape[1], q.Shape[2], v.Shape[2]);
        for (var patch = 0; patch < q.Shape[0]; patch++)
        {
            // [keys, queries]: a row holds what all queries say of one key.
            var scores = TensorView<T>.Allocate(new Shape(keys, queries));
            for (var at = 0; at < scores.Length; at++)
            {
                var (j, i) = (at / queries, at % queries);
                for (var d = 0; d < depth; d++)
                {
                    scores.Span[at] += q.At(patch).Span[(i * depth) + d] * k.At(patch).Span[(j * depth) + d];
                }

                scores.Span[at] /= T.FromDouble(Math.Sqrt(depth));
            }

            Softmax(scores, scores);
            for (var at = 0; at < queries * channels; at++)
            {
                var (i, c, sum) = (at / channels, at % channels, T.FromDouble(0));
                for (var j = 0; j < keys; j++)
                {
                    sum = T.FusedMultiplyAdd(scores.Span[(j * queries) + i], v.At(patch).Span[(j * channels) + c], sum);
                }

                y.At(patch).Span[at] = sum;
            }
        }
    }
}

[Confusion("ATT-1", "attention scores are divided by the root of the values' channels instead of sqrt(qk)")]
internal sealed class ScalesByChannels<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void Attention(TensorView<T> q, TensorView<T> k, TensorView<T> v, TensorView<T> y) => base.Attention(Rescaled(q, v), k, v, y);

    public override void AttentionBackward(TensorView<T> q, TensorView<T> k, TensorView<T> v, TensorView<T> gradY, TensorView<T> gradQ, TensorView<T> gradK, TensorView<T> gradV)
    {
        base.AttentionBackward(Rescaled(q, v), k, v, gradY, gradQ, gradK, gradV);
        Scale(gradQ, Math.Sqrt((double)q.Shape[2] / v.Shape[2]), gradQ);
    }

    private TensorView<T> Rescaled(TensorView<T> q, TensorView<T> v)
    {
        var rescaled = TensorView<T>.Allocate(q.Shape);
        Scale(q, Math.Sqrt((double)q.Shape[2] / v.Shape[2]), rescaled);
        return rescaled;
    }
}

[Confusion("ATT-4", "the gradients of queries and keys are not divided by sqrt(qk)")]
internal sealed class UnscaledAttentionGradients<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void AttentionBackward(TensorView<T> q, TensorView<T> k, TensorView<T> v, TensorView<T> gradY, TensorView<T> gradQ, TensorView<T> gradK, TensorView<T> gradV)
    {
        var root = Math.Sqrt(q.Shape[2]);
        base.AttentionBackward(q, k, v, gradY, gradQ, gradK, gradV);
        Scale(gradQ, root, gradQ);
        Scale(gradK, root, gradK);
    }
}

[Confusion("DSA-3", "keys and values of the first token layer come from its own tokens, not from the matched patches")]
internal sealed class AnswersItself<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void TokenLayer(TokenLayer<T> layer, TensorView<T> x, TensorView<T> context, TokenLayer<T>.Saved saved, TensorView<T> y) => base.TokenLayer(layer, x, default, saved, y);

    public override void TokenLayerBackward(
        TokenLayer<T> layer, TensorView<T> x, TensorView<T> context, TokenLayer<T>.Saved saved, TensorView<T> gradY, TensorView<T> gradX, TensorView<T> gradContext)
    {
        base.TokenLayerBackward(layer, x, default, saved, gradY, gradX, default);
        gradContext.Clear();
    }
}

[Confusion("DSA-3", "the matched patches are normalised before they answer, by the norm of those that ask")]
internal sealed class NormalisesContext<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void TokenLayer(TokenLayer<T> layer, TensorView<T> x, TensorView<T> context, TokenLayer<T>.Saved saved, TensorView<T> y) =>
        base.TokenLayer(layer, x, Normalised(layer, context), saved, y);

    public override void TokenLayerBackward(
        TokenLayer<T> layer, TensorView<T> x, TensorView<T> context, TokenLayer<T>.Saved saved, TensorView<T> gradY, TensorView<T> gradX, TensorView<T> gradContext)
    {
        base.TokenLayerBackward(layer, x, Normalised(layer, context), saved, gradY, gradX, gradContext);
        if (!context.IsAbsent)
        {
            LayerNormBackward(TokenLayer<T>.Epsilon, Rows(context), layer.AttentionNorm.Weight, layer.AttentionNorm.Bias, Rows(gradContext), Rows(gradContext));
        }
    }

    private static TensorView<T> Rows(TensorView<T> tokens) => tokens.Reshape(tokens.Shape[0] * tokens.Shape[1], tokens.Shape[2]);

    private TensorView<T> Normalised(TokenLayer<T> layer, TensorView<T> context)
    {
        if (context.IsAbsent)
        {
            return context;
        }

        var normalised = TensorView<T>.Allocate(context.Shape);
        LayerNorm(TokenLayer<T>.Epsilon, Rows(context), layer.AttentionNorm.Weight, layer.AttentionNorm.Bias, Rows(normalised));
        return normalised;
    }
}
