using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Operators;

/// <summary>Deformable convolution: modulated (v2) where the case has a mask, v1 where it has none.</summary>
internal sealed class DeformableConvolutionCase() : CaseOperator(
    "deform_conv2d",
    "x [N, C, H, W], offset [N, 2 offset_groups kh kw, Ho, Wo], mask [N, offset_groups kh kw, Ho, Wo] (missing: v1) -> y; weight [O, C / groups, kh, kw], bias [O] (may be missing)",
    [.. ConvolutionAttributes.All, CaseAttribute.Integer("offset_groups", minimum: 1)])
{
    internal override Action Bind<T>(CaseBinding<T> bind)
    {
        var settings = ConvolutionAttributes.Read(bind.Attributes);
        var groups = bind.Attributes.Integer("offset_groups");
        var x = bind.Image("x", "N C H W");
        if (bind["C"] % groups != 0)
        {
            throw bind.Refuse("attribute 'offset_groups'", $"{groups}", $"a divisor of {bind["C"]} input channels");
        }

        var (weight, bias) = ConvolutionAttributes.Bind(bind, settings);
        bind.Define("taps", groups * bind["kh"] * bind["kw"]);
        bind.Define("2taps", 2 * bind["taps"]);
        var offset = bind.Image("offset", "N 2taps Ho Wo");
        var mask = bind.HasInput("mask") ? bind.Image("mask", "N taps Ho Wo") : null;
        var y = bind.OutputImage("y", bind["N"], bind["O"], bind["Ho"], bind["Wo"]);
        return () =>
        {
            bind.Backend.DeformableConvolution(settings, groups, x.Value, offset.Value, mask?.Value ?? default, weight, bias, y.Value);
            if (bind.WantsGradients)
            {
                bind.Backend.DeformableConvolutionBackward(
                    settings, groups, x.Value, offset.Value, mask?.Value ?? default, weight, bias, y.Gradient, x.Gradient, offset.Gradient, mask?.Gradient ?? default);
            }
        };
    }
}
