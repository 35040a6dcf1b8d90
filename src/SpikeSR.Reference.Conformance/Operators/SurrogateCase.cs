using SpikeSR.Reference.Conformance.Judging;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Operators;

/// <summary>The step with a surrogate gradient.</summary>
internal sealed class SurrogateCase() : CaseOperator("surrogate", "x [...] (u: already less the threshold) -> spike", SurrogateAttributes.All)
{
    internal override bool IsComposite => false;

    internal override Action Bind<T>(CaseBinding<T> bind)
    {
        var surrogate = SurrogateAttributes.Read(bind.Attributes);
        var x = bind.Input("x", "...");
        var spike = bind.Output("spike", x.StoredShape.ToArray());
        return () =>
        {
            bind.Backend.Surrogate(surrogate, x.Value, spike.Value);
            if (bind.WantsGradients)
            {
                bind.Backend.SurrogateBackward(surrogate, x.Value, spike.Gradient, x.Gradient);
            }
        };
    }

    internal override SpikeMargins Margins(CaseFile question) => new(question.Tensors[CaseTensorNames.Input + "x"].ToDoubles(), Steps: 1);

    internal override DecisionPlan Decisions(CaseFile question) => DecisionPlan.OutputSpikes(question);
}
