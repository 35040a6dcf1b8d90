using SpikeSR.Reference.Conformance.Judging;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Operators;

/// <summary>SAG, the spiking attention group.</summary>
internal sealed class GroupCase() : CaseOperator(
    "sag",
    "x [T, B, channels, H, W], gumbel.i [B, n, n] in training, i by block and time step -> y; body.{n}.*, reduce_chan_level2.*",
    NetworkAttributes.Steps,
    NetworkAttributes.Channels,
    NetworkAttributes.Blocks,
    NetworkAttributes.PatchSize,
    NetworkAttributes.QueryDepth,
    NetworkAttributes.Hidden,
    NetworkAttributes.Published)
{
    internal override Action Bind<T>(CaseBinding<T> bind)
    {
        bind.DefineAttributes("T", "channels", "blocks", "patch_size");
        var stateDict = new StateDict<T>();
        var configuration = NetworkAttributes.BlockConfiguration(bind.Attributes) with { Blocks = bind["blocks"] };
        var group = new SpikingAttentionGroup<T>(stateDict.Root, configuration, group: 0);
        var x = bind.Image("x", "T B channels H W");
        var noise = StoredNoise<T>.Bind(bind, bind["patch_size"], calls: bind["T"] * bind["blocks"]);
        bind.Fill(stateDict);
        var y = bind.OutputImage("y", x.StoredShape.ToArray());
        return () =>
        {
            if (!bind.Train && !bind.WantsGradients)
            {
                group.Evaluate(bind.Backend, x.Value, y.Value);
                return;
            }

            using var keep = bind.Backend.Workspace.OpenScope();
            var saved = group.Forward(new ForwardPass<T>(bind.Backend, bind.Train, keep, noise), x.Value, y.Value);
            if (bind.WantsGradients)
            {
                group.Backward(bind.Backend, saved, y.Gradient, x.Gradient);
            }
        };
    }

    internal override DecisionPlan Decisions(CaseFile question)
    {
        var blocks = question.Attributes.Integer("blocks");
        return new((2 * blocks) + 1, blocks, NetworkAttributes.SpikeShape(question), IsRequired: true);
    }
}
