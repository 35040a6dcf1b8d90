using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Operators;

/// <summary>The tail: a convolution and a pixel shuffle to three colours.</summary>
internal sealed class UpsamplerCase() : CaseOperator(
    "upsample_one_step",
    "x [B, channels, H, W] -> y [B, 3, scale H, scale W]; 0.weight [3 scale^2, channels, 3, 3], 0.bias [3 scale^2]",
    CaseAttribute.Integer("scale", minimum: 1, maximum: 4096),
    NetworkAttributes.Channels)
{
    internal override Action Bind<T>(CaseBinding<T> bind)
    {
        bind.DefineAttributes("scale", "channels");
        var stateDict = new StateDict<T>();
        var module = new Upsampler<T>(stateDict.Root, bind["channels"], bind["scale"]);
        var x = bind.Image("x", "B channels H W");
        bind.Fill(stateDict);
        var y = bind.OutputImage("y", bind["B"], 3, bind["scale"] * bind["H"], bind["scale"] * bind["W"]);
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
