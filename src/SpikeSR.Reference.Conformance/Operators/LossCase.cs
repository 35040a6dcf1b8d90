using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Operators;

/// <summary>The L1 loss, a mean.</summary>
internal sealed class LossCase() : CaseOperator("l1_loss", "x [...], target (as x) -> loss [1]")
{
    internal override bool IsComposite => false;

    internal override Action Bind<T>(CaseBinding<T> bind)
    {
        var x = bind.Input("x", "...");
        var target = bind.Input("target", string.Join(' ', x.StoredShape.ToArray()));
        var loss = bind.Output("loss", 1);
        return () =>
        {
            loss.Value.Span[0] = bind.Backend.L1(x.Value, target.Value);
            if (bind.WantsGradients)
            {
                var gradient = loss.Gradient.Span[0];
                bind.Backend.L1Backward(x.Value, target.Value, gradient, x.Gradient);
                bind.Backend.L1Backward(target.Value, x.Value, gradient, target.Gradient);
            }
        };
    }
}
