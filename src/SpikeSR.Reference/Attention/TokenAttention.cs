using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Attention;

/// <summary>
/// One-head attention between tokens (SPEC ATT-2, ATT-3): queries from x, passed through the DCN as a P x P map first where deformable; keys and values from a
/// context, or from x itself. No bias, no output projection.
/// </summary>
/// <typeparam name="T">Scalar.</typeparam>
public sealed class TokenAttention<T>
    where T : unmanaged, IScalar<T>
{
    /// <summary>Declares to_q, to_k, to_v and dcn; the DCN is in the state dict whether or not it is read.</summary>
    /// <param name="names">Where.</param>
    /// <param name="channels">C.</param>
    /// <param name="queryDepth">qk.</param>
    /// <param name="deformable">Whether queries come through the DCN.</param>
    public TokenAttention(StateDictScope<T> names, int channels, int queryDepth, bool deformable)
    {
        IsDeformable = deformable;
        ToQueries = names["to_q"].Weight(queryDepth, channels);
        ToKeys = names["to_k"].Weight(queryDepth, channels);
        ToValues = names["to_v"].Weight(channels, channels);
        Deformable = new DeformableConvolutionModule<T>(names["dcn"], channels, channels);
    }

    /// <summary>Whether queries come through the DCN.</summary>
    internal bool IsDeformable { get; }

    /// <summary>to_q [qk, C].</summary>
    internal Parameter<T> ToQueries { get; }

    /// <summary>to_k [qk, C].</summary>
    internal Parameter<T> ToKeys { get; }

    /// <summary>to_v [C, C].</summary>
    internal Parameter<T> ToValues { get; }

    /// <summary>The DCN.</summary>
    internal DeformableConvolutionModule<T> Deformable { get; }

    /// <summary>y = attention(x, context).</summary>
    /// <param name="backend">What computes.</param>
    /// <param name="x">Tokens [b, n, C]; n = P P where deformable.</param>
    /// <param name="context">Tokens that answer [b, m, C]; absent: x.</param>
    /// <param name="sampled">Receives what the queries come from where deformable, the DCN's output [b, n, C], for the backward pass; absent where none follows.</param>
    /// <param name="y">Output [b, n, C].</param>
    /// <exception cref="ArgumentException">Deformable, and the tokens do not fill a square map.</exception>
    public void Forward(Backend<T> backend, TensorView<T> x, TensorView<T> context, TensorView<T> sampled, TensorView<T> y)
    {
        using var scope = backend.Workspace.OpenScope();
        var source = context.IsAbsent ? x : context;
        var querySource = x;
        if (IsDeformable)
        {
            querySource = sampled.IsAbsent ? scope.Rent<T>(x.Shape) : sampled;
            Deformable.Forward(backend, Map(x), Map(querySource));
        }

        var (q, k, v) = Project(backend, scope, querySource, source);
        backend.Attention(q, k, v, y);
    }

    /// <summary>Gradients to x and context, computed again from them and the DCN's output; of self attention: queries' + keys' + values' path. Overwrites both.</summary>
    /// <param name="backend">What computes.</param>
    /// <param name="x">Tokens [b, n, C].</param>
    /// <param name="context">Tokens that answered, or absent.</param>
    /// <param name="sampled">The DCN's output from the forward pass; absent where not deformable.</param>
    /// <param name="gradY">Gradient by the output [b, n, C].</param>
    /// <param name="gradX">Gradient by the tokens.</param>
    /// <param name="gradContext">Gradient by the context; absent where it is.</param>
    public void Backward(
        Backend<T> backend, TensorView<T> x, TensorView<T> context, TensorView<T> sampled, TensorView<T> gradY, TensorView<T> gradX, TensorView<T> gradContext)
    {
        using var scope = backend.Workspace.OpenScope();
        var source = context.IsAbsent ? x : context;
        var querySource = IsDeformable ? sampled : x;
        var (q, k, v) = Project(backend, scope, querySource, source);
        var (gradQ, gradK, gradV) = (scope.Rent<T>(q.Shape), scope.Rent<T>(k.Shape), scope.Rent<T>(v.Shape));
        backend.AttentionBackward(q, k, v, gradY, gradQ, gradK, gradV);
        if (IsDeformable)
        {
            var gradMap = scope.Rent<T>(x.Shape);
            backend.LinearBackward(Rows(querySource), ToQueries, null, Rows(gradQ), Rows(gradMap));
            Deformable.Backward(backend, Map(x), Map(gradMap), Map(gradX));
        }
        else
        {
            backend.LinearBackward(Rows(x), ToQueries, null, Rows(gradQ), Rows(gradX));
        }

        var path = scope.Rent<T>(source.Shape);
        var (keysPath, target) = context.IsAbsent ? (path, gradX) : (gradContext, gradContext);
        backend.LinearBackward(Rows(source), ToKeys, null, Rows(gradK), Rows(keysPath));
        if (context.IsAbsent)
        {
            backend.Add(gradX, path, gradX);
        }

        backend.LinearBackward(Rows(source), ToValues, null, Rows(gradV), Rows(path));
        backend.Add(target, path, target);
    }

    private static TensorView<T> Rows(TensorView<T> tokens) => tokens.Reshape(tokens.Shape[0] * tokens.Shape[1], tokens.Shape[2]);

    /// <summary>Tokens as square maps [b, P, P, C]: a view.</summary>
    internal static TensorView<T> Map(TensorView<T> tokens)
    {
        var side = (int)Math.Round(Math.Sqrt(tokens.Shape[1]));
        Guard.That(side * side == tokens.Shape[1], $"{tokens.Shape[1]} tokens do not fill a square map", nameof(tokens));
        return tokens.Reshape(tokens.Shape[0], side, side, tokens.Shape[2]);
    }

    private (TensorView<T> Q, TensorView<T> K, TensorView<T> V) Project(Backend<T> backend, Workspace.Scope scope, TensorView<T> querySource, TensorView<T> source)
    {
        var depth = ToQueries.Shape[0];
        var q = scope.Rent<T>(querySource.Shape[0], querySource.Shape[1], depth);
        var k = scope.Rent<T>(source.Shape[0], source.Shape[1], depth);
        var v = scope.Rent<T>(source.Shape);
        backend.Linear(Rows(querySource), ToQueries, null, Rows(q));
        backend.Linear(Rows(source), ToKeys, null, Rows(k));
        backend.Linear(Rows(source), ToValues, null, Rows(v));
        return (q, k, v);
    }
}
