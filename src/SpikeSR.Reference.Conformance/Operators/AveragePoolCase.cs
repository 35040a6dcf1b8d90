using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Operators;

/// <summary>Global average pooling over the two last axes.</summary>
internal sealed class AveragePoolCase() : CaseOperator("avg_pool", "x [..., H, W] -> y [..., 1, 1]")
{
    internal override bool IsComposite => false;

    internal override Action Bind<T>(CaseBinding<T> bind)
    {
        var x = bind.Input("x", "... H W");
        var y = bind.Output("y", [.. x.StoredShape.ToArray()[..^2], 1, 1]);
        return () =>
        {
            // Every plane is a plane of one channel, so the stored order is the engine's.
            var planes = x.Value.Reshape(y.Shape.Length, bind["H"] * bind["W"], 1);
            bind.Backend.AveragePool(planes, y.Value.Reshape(y.Shape.Length, 1));
            if (bind.WantsGradients)
            {
                bind.Backend.AveragePoolBackward(y.Gradient.Reshape(y.Shape.Length, 1), x.Gradient.Reshape(y.Shape.Length, bind["H"] * bind["W"], 1));
            }
        };
    }
}
