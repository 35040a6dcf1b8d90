using SpikeSR.Reference.Conformance.Judging;
using SpikeSR.Reference.Attention;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Operators;

/// <summary>Every patch answered by the patch it resembles most.</summary>
internal sealed class MatchCase() : CaseOperator(
    "match",
    "x [B, n, dim, P, P], gumbel.0 [B, n, n] in training -> y; norm.weight [dim], norm.bias [dim]",
    CaseAttribute.Integer("dim", minimum: 1),
    CaseAttribute.Number("tau", above: 0, fallback: 1),
    CaseAttribute.Boolean("published", fallback: false))
{
    internal override Action Bind<T>(CaseBinding<T> bind)
    {
        bind.DefineAttributes("dim");
        var x = bind.Image("x", "B n dim P P");
        var gumbel = bind.Train ? bind.Noise("gumbel.0", "B n n") : default;
        var (weight, bias) = (bind.Parameter("norm.weight", "dim"), bind.Parameter("norm.bias", "dim"));
        var y = bind.OutputImage("y", x.StoredShape.ToArray());
        var settings = new MatchSettings(bind.Train, bind.Attributes.Number("tau"), PublishedBatch: bind.Attributes.Boolean("published") ? bind["B"] : 0);
        var chosen = TensorView<int>.Allocate(new Shape(bind["B"], bind["n"]));
        return () =>
        {
            TensorView<T> Patches(TensorView<T> tensor) => tensor.Reshape(bind["B"], bind["n"], bind["P"] * bind["P"], bind["dim"]);
            bind.Backend.Match(settings, Patches(x.Value), weight, bias, gumbel, Patches(y.Value), chosen);
            if (bind.WantsGradients)
            {
                bind.Backend.MatchBackward(settings, Patches(x.Value), weight, bias, gumbel, chosen, Patches(y.Gradient), Patches(x.Gradient));
            }
        };
    }

    internal override DecisionPlan Decisions(CaseFile question) => new(Spikes: 0, Matches: 1, SpikeShape: default, IsRequired: false);
}
