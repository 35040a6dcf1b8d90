using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Operators;

/// <summary>The attributes that the network and its parts share. They are bounded so that a few bytes cannot ask for a gigantic network.</summary>
internal static class NetworkAttributes
{
    public static readonly CaseAttribute Steps = CaseAttribute.Integer("T", minimum: 1, maximum: 1024);

    public static readonly CaseAttribute Channels = CaseAttribute.Integer("channels", minimum: 1, maximum: 4096);

    public static readonly CaseAttribute Groups = CaseAttribute.Integer("groups", minimum: 1, maximum: 256);

    public static readonly CaseAttribute Blocks = CaseAttribute.Integer("blocks", minimum: 1, maximum: 256);

    public static readonly CaseAttribute PatchSize = CaseAttribute.Integer("patch_size", minimum: 3, maximum: 1024);

    public static readonly CaseAttribute QueryDepth = CaseAttribute.Integer("qk_dim", minimum: 1, maximum: 4096);

    public static readonly CaseAttribute Hidden = CaseAttribute.Integer("mlp_dim", minimum: 1, maximum: 65536);

    public static readonly CaseAttribute Published = CaseAttribute.Boolean("published", fallback: false);

    /// <summary>The configuration of a block, one of a group, or a group; the network's is this with groups, blocks and scale.</summary>
    public static SpikeSrConfiguration BlockConfiguration(CaseAttributes attributes) => new()
    {
        Steps = attributes.Integer("T"),
        Channels = attributes.Integer("channels"),
        Groups = 1,
        Blocks = 1,
        PatchSizes = [attributes.Integer("patch_size")],
        QueryDepth = attributes.Integer("qk_dim"),
        Hidden = attributes.Integer("mlp_dim"),
        Published = attributes.Boolean("published"),
    };

    /// <summary>Shape in files of the spikes of one call: [T, B, channels, H, W].</summary>
    /// <param name="question">A case whose input x, [T, B, channels, H, W] or [B, 3, H, W], was found right.</param>
    public static Shape SpikeShape(CaseFile question)
    {
        var x = question.Tensors[CaseTensorNames.Input + "x"].ToShape();
        return new(question.Attributes.Integer("T"), x[-4], question.Attributes.Integer("channels"), x[-2], x[-1]);
    }
}
