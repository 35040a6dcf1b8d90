using SpikeSR.Reference.Attention;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Operators;

/// <summary>Attention between tokens, cross where the case has y, else self; without normalisation and residual.</summary>
internal sealed class AttentionCase() : CaseOperator(
    "attention",
    "x [b, P P, dim], y (as x; missing: self) -> y; to_q.weight [qk_dim, dim], to_k.weight, to_v.weight, dcn.{offset_conv,modulator_conv,regular_conv}.{weight,bias}",
    CaseAttribute.Integer("dim", minimum: 1, maximum: 4096),
    CaseAttribute.Integer("heads", minimum: 1, maximum: 1, fallback: 1),
    NetworkAttributes.QueryDepth,
    CaseAttribute.Boolean("deformable"))
{
    internal override Action Bind<T>(CaseBinding<T> bind)
    {
        bind.DefineAttributes("dim", "qk_dim");
        var deformable = bind.Attributes.Boolean("deformable");
        var stateDict = new StateDict<T>();
        var attention = new TokenAttention<T>(stateDict.Root, bind["dim"], bind["qk_dim"], deformable);
        var x = bind.Input("x", "b n dim");
        if (deformable && (int)Math.Sqrt(bind["n"]) is var side && side * side != bind["n"])
        {
            throw bind.Refuse("tensor 'in/x'", $"{bind["n"]} tokens", "P P of them, row by row of a square patch");
        }

        var context = bind.HasInput("y") ? bind.Input("y", "b n dim") : null;
        bind.Fill(stateDict);
        var y = bind.Output("y", x.StoredShape.ToArray());
        return () =>
        {
            using var scope = bind.Backend.Workspace.OpenScope();
            var sampled = deformable ? scope.Rent<T>(x.Value.Shape) : default;
            attention.Forward(bind.Backend, x.Value, context?.Value ?? default, sampled, y.Value);
            if (bind.WantsGradients)
            {
                attention.Backward(bind.Backend, x.Value, context?.Value ?? default, sampled, y.Gradient, x.Gradient, context?.Gradient ?? default);
            }
        };
    }
}
