using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Operators;

/// <summary>FRB: feature refinement by channel and by place.</summary>
internal sealed class RefinementCase() : CaseOperator(
    "feature_refinement", "x [B, channels, H, W] -> y; ca.{1,3}.{weight,bias}, sa.{0,1,3}.{weight,bias}", NetworkAttributes.Channels, CaseAttribute.Integer("reduction", minimum: 1, maximum: 4096))
{
    internal override Action Bind<T>(CaseBinding<T> bind)
    {
        bind.DefineAttributes("channels", "reduction");
        var stateDict = new StateDict<T>();
        var module = new FeatureRefinement<T>(stateDict.Root, bind["channels"], bind["reduction"]);
        var x = bind.Image("x", "B channels H W");
        bind.Fill(stateDict);
        var y = bind.OutputImage("y", x.StoredShape.ToArray());
        return () =>
        {
            module.Forward(bind.Backend, x.Value, y.Value);
            if (bind.WantsGradients)
            {
                module.Backward(bind.Backend, x.Value, y.Gradient, x.Gradient);
            }
        };
    }
}
