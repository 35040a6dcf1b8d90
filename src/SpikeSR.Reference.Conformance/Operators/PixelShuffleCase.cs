using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Operators;

/// <summary>Pixel shuffle: channels become pixels.</summary>
internal sealed class PixelShuffleCase() : CaseOperator("pixel_shuffle", "x [N, C scale^2, H, W] -> y [N, C, scale H, scale W]", CaseAttribute.Integer("scale", minimum: 1, maximum: 4096))
{
    internal override bool IsComposite => false;

    internal override Action Bind<T>(CaseBinding<T> bind)
    {
        var scale = bind.Attributes.Integer("scale");
        var x = bind.Image("x", "N C*scale^2 H W");
        if (bind["C*scale^2"] % (scale * scale) != 0)
        {
            throw bind.Refuse("tensor 'in/x'", $"{bind["C*scale^2"]} channels", $"a multiple of {scale * scale}");
        }

        var y = bind.OutputImage("y", bind["N"], bind["C*scale^2"] / (scale * scale), scale * bind["H"], scale * bind["W"]);
        return () =>
        {
            bind.Backend.PixelShuffle(scale, x.Value, y.Value);
            if (bind.WantsGradients)
            {
                bind.Backend.PixelShuffleBackward(scale, y.Gradient, x.Gradient);
            }
        };
    }
}
