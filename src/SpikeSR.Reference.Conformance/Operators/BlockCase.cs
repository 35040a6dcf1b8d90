using SpikeSR.Reference.Conformance.Judging;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Operators;

/// <summary>SAB, the spiking attention block.</summary>
internal sealed class BlockCase() : CaseOperator(
    "sab",
    "x [T, B, channels, H, W], gumbel.t [B, n, n] in training -> y; residual.*, shortcut.*, attn.*",
    NetworkAttributes.Steps,
    NetworkAttributes.Channels,
    NetworkAttributes.PatchSize,
    NetworkAttributes.QueryDepth,
    NetworkAttributes.Hidden,
    NetworkAttributes.Published)
{
    internal override Action Bind<T>(CaseBinding<T> bind)
    {
        bind.DefineAttributes("T", "channels", "patch_size");
        var stateDict = new StateDict<T>();
        var block = new SpikingAttentionBlock<T>(stateDict.Root, NetworkAttributes.BlockConfiguration(bind.Attributes), bind["patch_size"]);
        var x = bind.Image("x", "T B channels H W");
        var noise = StoredNoise<T>.Bind(bind, bind["patch_size"], calls: bind["T"]);
        bind.Fill(stateDict);
        var y = bind.OutputImage("y", x.StoredShape.ToArray());
        return () =>
        {
            if (!bind.Train && !bind.WantsGradients)
            {
                block.Evaluate(bind.Backend, x.Value, y.Value);
                return;
            }

            using var keep = bind.Backend.Workspace.OpenScope();
            var saved = block.Forward(new ForwardPass<T>(bind.Backend, bind.Train, keep, noise), x.Value, y.Value);
            if (bind.WantsGradients)
            {
                block.Backward(bind.Backend, saved, y.Gradient, x.Gradient);
            }
        };
    }

    internal override DecisionPlan Decisions(CaseFile question) => new(Spikes: 2, Matches: 1, NetworkAttributes.SpikeShape(question), IsRequired: true);
}
