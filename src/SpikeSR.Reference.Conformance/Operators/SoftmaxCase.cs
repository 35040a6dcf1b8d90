using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Operators;

/// <summary>Softmax over the last axis.</summary>
internal sealed class SoftmaxCase() : CaseOperator("softmax", "x [..., N] -> y")
{
    internal override bool IsComposite => false;

    internal override Action Bind<T>(CaseBinding<T> bind)
    {
        var x = bind.Input("x", "... N");
        var y = bind.Output("y", x.StoredShape.ToArray());
        return () =>
        {
            TensorView<T> Rows(TensorView<T> tensor) => tensor.Reshape(tensor.Length / bind["N"], bind["N"]);
            bind.Backend.Softmax(Rows(x.Value), Rows(y.Value));
            if (bind.WantsGradients)
            {
                bind.Backend.SoftmaxBackward(Rows(y.Value), Rows(y.Gradient), Rows(x.Gradient));
            }
        };
    }
}
