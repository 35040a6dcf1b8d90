using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Operators;

/// <summary>2-D cross-correlation.</summary>
internal sealed class ConvolutionCase() : CaseOperator("conv2d", "x [N, C, H, W] -> y; weight [O, C / groups, kh, kw], bias [O] (may be missing)", ConvolutionAttributes.All)
{
    internal override bool IsComposite => false;

    internal override bool HasIndependentErrors => true;

    internal override Action Bind<T>(CaseBinding<T> bind)
    {
        var settings = ConvolutionAttributes.Read(bind.Attributes);
        var x = bind.Image("x", "N C H W");
        var (weight, bias) = ConvolutionAttributes.Bind(bind, settings);
        var y = bind.OutputImage("y", bind["N"], bind["O"], bind["Ho"], bind["Wo"]);
        return () =>
        {
            bind.Backend.Convolution(settings, x.Value, weight, bias, y.Value);
            if (bind.WantsGradients)
            {
                bind.Backend.ConvolutionBackward(settings, x.Value, weight, bias, y.Gradient, x.Gradient);
            }
        };
    }
}
