using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Operators;

/// <summary>Layer normalisation over the last axis.</summary>
internal sealed class LayerNormCase() : CaseOperator("layer_norm", "x [..., C] -> y; weight [C], bias [C]", CaseAttribute.Number("eps", atLeast: 0))
{
    internal override Action Bind<T>(CaseBinding<T> bind)
    {
        var epsilon = bind.Attributes.Number("eps");
        var x = bind.Input("x", "... C");
        var (weight, bias) = (bind.Parameter("weight", "C"), bind.Parameter("bias", "C"));
        var y = bind.Output("y", x.StoredShape.ToArray());
        return () =>
        {
            TensorView<T> Rows(TensorView<T> tensor) => tensor.Reshape(tensor.Length / bind["C"], bind["C"]);
            bind.Backend.LayerNorm(epsilon, Rows(x.Value), weight, bias, Rows(y.Value));
            if (bind.WantsGradients)
            {
                bind.Backend.LayerNormBackward(epsilon, Rows(x.Value), weight, bias, Rows(y.Gradient), Rows(x.Gradient));
            }
        };
    }
}
