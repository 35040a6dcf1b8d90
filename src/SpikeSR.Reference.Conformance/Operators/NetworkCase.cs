using SpikeSR.Reference.Conformance.Judging;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Operators;

/// <summary>The whole network.</summary>
internal sealed class NetworkCase() : CaseOperator(
    "spikesr",
    "x [B, 3, H, W], gumbel.i [B, n, n] in training, i by group, block and time step -> y [B, 3, scale H, scale W]; the whole state dict",
    NetworkAttributes.Steps,
    NetworkAttributes.Channels,
    NetworkAttributes.Groups,
    NetworkAttributes.Blocks,
    NetworkAttributes.PatchSize,
    NetworkAttributes.QueryDepth,
    NetworkAttributes.Hidden,
    CaseAttribute.Integer("scale", minimum: 2, maximum: 4),
    NetworkAttributes.Published)
{
    internal override Action Bind<T>(CaseBinding<T> bind)
    {
        bind.DefineAttributes("T", "channels", "groups", "blocks", "patch_size", "scale");
        var network = new SpikeSr<T>(NetworkAttributes.BlockConfiguration(bind.Attributes) with { Groups = bind["groups"], Blocks = bind["blocks"], Scale = bind["scale"] });
        var x = bind.Image("x", "B 3 H W");
        var noise = StoredNoise<T>.Bind(bind, bind["patch_size"], calls: bind["groups"] * bind["blocks"] * bind["T"]);
        bind.Fill(network.StateDict);
        var y = bind.OutputImage("y", bind["B"], 3, bind["scale"] * bind["H"], bind["scale"] * bind["W"]);
        return () =>
        {
            if (!bind.Train && !bind.WantsGradients)
            {
                network.Evaluate(bind.Backend, x.Value, y.Value);
                return;
            }

            using var keep = bind.Backend.Workspace.OpenScope();
            var saved = network.Forward(new ForwardPass<T>(bind.Backend, bind.Train, keep, noise), x.Value, y.Value);
            if (bind.WantsGradients)
            {
                network.Backward(bind.Backend, saved, y.Gradient, x.Gradient);
            }
        };
    }

    /// <summary>The published size makes millions of decisions, and some lie within rounding.</summary>
    internal override bool IsExemptInFloat(CaseFile question) => question.Attributes.Integer("channels") >= 64 && question.Attributes.Integer("groups") >= 4;

    internal override DecisionPlan Decisions(CaseFile question)
    {
        var (groups, blocks) = (question.Attributes.Integer("groups"), question.Attributes.Integer("blocks"));
        return new(groups * ((2 * blocks) + 1), groups * blocks, NetworkAttributes.SpikeShape(question), IsRequired: true);
    }
}
