using SpikeSR.Reference.Attention;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Operators;

/// <summary>HDA: attention over time and channel.</summary>
internal sealed class HybridAttentionCase() : CaseOperator(
    "hda", "x [T, B, channels, H, W] -> y; conv.0.weight [T, T, 1], conv_c.weight [channels, channels, 1]", NetworkAttributes.Steps, NetworkAttributes.Channels)
{
    internal override Action Bind<T>(CaseBinding<T> bind)
    {
        bind.DefineAttributes("T", "channels");
        var stateDict = new StateDict<T>();
        var module = new HybridDimensionAttention<T>(stateDict.Root, bind["T"], bind["channels"]);
        var x = bind.Image("x", "T B channels H W");
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
