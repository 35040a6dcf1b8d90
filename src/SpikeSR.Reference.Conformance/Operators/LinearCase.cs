using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Operators;

/// <summary>A linear map of the last axis.</summary>
internal sealed class LinearCase() : CaseOperator("linear", "x [..., K] -> y [..., O]; weight [O, K], bias [O] (may be missing)")
{
    internal override bool IsComposite => false;

    internal override bool HasIndependentErrors => true;

    internal override Action Bind<T>(CaseBinding<T> bind)
    {
        var x = bind.Input("x", "... K");
        var weight = bind.Parameter("weight", "O K");
        var bias = bind.OptionalParameter("bias", "O");
        var y = bind.Output("y", [.. x.StoredShape.ToArray()[..^1], bind["O"]]);
        return () =>
        {
            TensorView<T> Rows(TensorView<T> tensor) => tensor.Reshape(tensor.Length / tensor.Shape[-1], tensor.Shape[-1]);
            bind.Backend.Linear(Rows(x.Value), weight, bias, Rows(y.Value));
            if (bind.WantsGradients)
            {
                bind.Backend.LinearBackward(Rows(x.Value), weight, bias, Rows(y.Gradient), Rows(x.Gradient));
            }
        };
    }
}
