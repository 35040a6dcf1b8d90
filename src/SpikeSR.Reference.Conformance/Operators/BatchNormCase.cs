using SpikeSR.Reference.Network;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Operators;

/// <summary>TDBN: batch normalisation over steps, images and pixels.</summary>
internal sealed class BatchNormCase() : CaseOperator(
    "batch_norm",
    "x [T, B, C, H, W] -> y; weight [C], bias [C], running_mean [C], running_var [C]",
    CaseAttribute.Number("eps", atLeast: 0),
    CaseAttribute.Number("momentum"))
{
    internal override Action Bind<T>(CaseBinding<T> bind)
    {
        var settings = new BatchNormSettings(bind.Attributes.Number("eps"), bind.Attributes.Number("momentum"), bind.Train);
        var x = bind.Image("x", "T B C H W");
        var norm = new NormParameters<T>(
            bind.Parameter("weight", "C"), bind.Parameter("bias", "C"), bind.Buffer("running_mean", "C"), bind.Buffer("running_var", "C"));
        var y = bind.OutputImage("y", x.StoredShape.ToArray());
        var statistics = TensorView<T>.Allocate(new Shape(2, bind["C"]));
        return () =>
        {
            TensorView<T> Planes(TensorView<T> tensor) => tensor.Reshape(bind["T"] * bind["B"], bind["H"] * bind["W"], bind["C"]);
            bind.Backend.BatchNorm(settings, Planes(x.Value), norm, Planes(y.Value), statistics);
            if (bind.WantsGradients)
            {
                bind.Backend.BatchNormBackward(settings, Planes(x.Value), norm, statistics, Planes(y.Gradient), Planes(x.Gradient));
            }
        };
    }
}
