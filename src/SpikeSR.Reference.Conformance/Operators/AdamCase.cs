using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Operators;

/// <summary>One step of Adam. It has no backward pass here.</summary>
internal sealed class AdamCase() : CaseOperator(
    "adam",
    "theta [...], grad, m, v (as theta) -> theta, m, v",
    CaseAttribute.Number("lr"),
    CaseAttribute.Number("beta1", atLeast: 0, below: 1),
    CaseAttribute.Number("beta2", atLeast: 0, below: 1),
    CaseAttribute.Number("eps", atLeast: 0),
    CaseAttribute.Integer("step", minimum: 1))
{
    internal override bool IsComposite => false;

    internal override Action Bind<T>(CaseBinding<T> bind)
    {
        var attributes = bind.Attributes;
        var settings = new AdamSettings(attributes.Number("lr"), attributes.Number("beta1"), attributes.Number("beta2"), attributes.Number("eps"));
        if (bind.WantsGradients)
        {
            throw bind.Refuse("operator 'adam'", "a grad_out/ tensor", "none: an optimiser step has no backward pass");
        }

        var theta = bind.Input("theta", "...");
        var axes = string.Join(' ', theta.StoredShape.ToArray());
        var (gradient, m, v) = (bind.Input("grad", axes), bind.Input("m", axes), bind.Input("v", axes));
        var shape = theta.StoredShape.ToArray();
        var (newTheta, newM, newV) = (bind.Output("theta", shape), bind.Output("m", shape), bind.Output("v", shape));
        return () =>
        {
            theta.Value.CopyTo(newTheta.Value);
            m.Value.CopyTo(newM.Value);
            v.Value.CopyTo(newV.Value);
            bind.Backend.Adam(settings, attributes.Integer("step"), newTheta.Value, gradient.Value, newM.Value, newV.Value);
        };
    }
}
