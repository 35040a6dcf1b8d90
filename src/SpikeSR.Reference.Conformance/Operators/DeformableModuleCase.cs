using SpikeSR.Reference.Attention;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Operators;

/// <summary>The DCN of DSA: offsets and mask from convolutions of the input itself.</summary>
internal sealed class DeformableModuleCase() : CaseOperator(
    "deformable_conv_module", "x [N, C, H, W] -> y [N, O, H, W]; {offset_conv,modulator_conv,regular_conv}.{weight,bias}, regular_conv.weight [O, C, 3, 3]")
{
    internal override Action Bind<T>(CaseBinding<T> bind)
    {
        var x = bind.Image("x", "N C H W");
        bind.Measure("regular_conv.weight", "O C 3 3");
        var stateDict = new StateDict<T>();
        var module = new DeformableConvolutionModule<T>(stateDict.Root, bind["C"], bind["O"]);
        bind.Fill(stateDict);
        var y = bind.OutputImage("y", bind["N"], bind["O"], bind["H"], bind["W"]);
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
