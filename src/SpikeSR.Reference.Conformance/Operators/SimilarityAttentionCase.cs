using SpikeSR.Reference.Conformance.Judging;
using SpikeSR.Reference.Attention;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Operators;

/// <summary>DSA on images.</summary>
internal sealed class SimilarityAttentionCase() : CaseOperator(
    "dsa",
    "x [B, dim, H, W], gumbel.0 [B, n, n] in training -> y; cross_match.0.norm.*, blocks.0.layers.*, mid_convs.0.*",
    CaseAttribute.Integer("dim", minimum: 1, maximum: 4096),
    NetworkAttributes.PatchSize,
    NetworkAttributes.QueryDepth,
    NetworkAttributes.Hidden,
    NetworkAttributes.Published)
{
    internal override Action Bind<T>(CaseBinding<T> bind)
    {
        bind.DefineAttributes("dim", "patch_size", "qk_dim", "mlp_dim");
        var stateDict = new StateDict<T>();
        var module = new DeformableSimilarityAttention<T>(
            stateDict.Root, bind["dim"], bind["patch_size"], bind["qk_dim"], bind["mlp_dim"], bind.Attributes.Boolean("published"));
        var x = bind.Image("x", "B dim H W");
        var noise = StoredNoise<T>.Bind(bind, bind["patch_size"], calls: 1);
        bind.Fill(stateDict);
        var y = bind.OutputImage("y", x.StoredShape.ToArray());
        return () =>
        {
            if (!bind.Train && !bind.WantsGradients)
            {
                module.Evaluate(bind.Backend, bind["B"], x.Value, y.Value);
                return;
            }

            using var keep = bind.Backend.Workspace.OpenScope();
            var saved = module.Forward(new ForwardPass<T>(bind.Backend, bind.Train, keep, noise), bind["B"], x.Value, y.Value);
            if (bind.WantsGradients)
            {
                module.Backward(bind.Backend, saved, y.Gradient, x.Gradient);
            }
        };
    }

    internal override DecisionPlan Decisions(CaseFile question) => new(Spikes: 0, Matches: 1, SpikeShape: default, IsRequired: true);
}
