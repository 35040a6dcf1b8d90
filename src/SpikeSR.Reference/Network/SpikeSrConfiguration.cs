using SpikeSR.Reference.Neurons;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Network;

/// <summary>Everything that fixes the network's structure (SPEC NET-1).</summary>
public sealed record SpikeSrConfiguration
{
    /// <summary>The names that <see cref="Preset"/> knows.</summary>
    public static readonly IReadOnlyList<string> PresetNames = ["tiny", "small", "medium", "published"];

    /// <summary>T, time steps.</summary>
    public int Steps { get; init; } = 4;

    /// <summary>C, channels; a multiple of 16.</summary>
    public int Channels { get; init; } = 64;

    /// <summary>G, spiking attention groups.</summary>
    public int Groups { get; init; } = 4;

    /// <summary>N, spiking attention blocks a group.</summary>
    public int Blocks { get; init; } = 2;

    /// <summary>P of every block, or one P for each block in the order of the network (the coarse-to-fine pyramid of SPEC NET-4).</summary>
    public IReadOnlyList<int> PatchSizes { get; init; } = [16];

    /// <summary>qk, depth of queries and keys.</summary>
    public int QueryDepth { get; init; } = 32;

    /// <summary>Width of the token MLPs.</summary>
    public int Hidden { get; init; } = 100;

    /// <summary>s, the enlargement: 2, 3 or 4.</summary>
    public int Scale { get; init; } = 4;

    /// <summary>The neuron of every LIF site.</summary>
    public NeuronSettings Neuron { get; init; } = NeuronSettings.SpikeSr;

    /// <summary>Whether to reproduce the published code's two quirks (SPEC NET-3): B &gt; 1 matching in evaluation, and the seam rule.</summary>
    public bool Published { get; init; }

    /// <summary>The smallest image side that the network takes: the largest patch size.</summary>
    public int MinimumSide => PatchSizes.Aggregate(Math.Max);

    /// <summary>A configuration by name.</summary>
    /// <param name="name">One of <see cref="PresetNames"/>.</param>
    /// <exception cref="ArgumentException">The name is none of them.</exception>
    public static SpikeSrConfiguration Preset(string name) => name switch
    {
        "tiny" => new() { Steps = 2, Channels = 48, Groups = 2, Blocks = 1, QueryDepth = 16, Hidden = 64 },
        "small" => new() { Steps = 2, Channels = 48, Groups = 4, Blocks = 1, QueryDepth = 16, Hidden = 64 },
        "medium" => new() { Steps = 2, Channels = 48, Groups = 8, Blocks = 1, QueryDepth = 16, Hidden = 64 },
        "published" => new(),
        _ => throw new ArgumentException($"no preset is called '{name}'; there are {string.Join(", ", PresetNames)}", nameof(name)),
    };

    /// <summary>P of one block.</summary>
    /// <param name="block">Block number, counting through the groups.</param>
    public int PatchSizeOf(int block) => PatchSizes.Count == 1 ? PatchSizes[0] : PatchSizes[block];

    /// <summary>Throws unless every size is in range.</summary>
    /// <exception cref="ArgumentException">A size is not; the message says which.</exception>
    public void Check()
    {
        Guard.That(Steps is >= 1 and <= 1024, $"steps is {Steps}, expected 1 to 1024", nameof(Steps));
        Guard.That(Channels >= 16 && Channels % 16 == 0 && Channels <= 4096, $"channels is {Channels}, expected a multiple of 16 up to 4096", nameof(Channels));
        Guard.That(Groups is >= 1 and <= 256, $"groups is {Groups}, expected 1 to 256", nameof(Groups));
        Guard.That(Blocks is >= 1 and <= 256, $"blocks is {Blocks}, expected 1 to 256", nameof(Blocks));
        Guard.That(Groups * Blocks <= 1024, $"{Groups} groups of {Blocks} blocks, expected at most 1024 blocks", nameof(Blocks));
        Guard.That(QueryDepth is >= 1 and <= 4096, $"qk is {QueryDepth}, expected 1 to 4096", nameof(QueryDepth));
        Guard.That(Hidden is >= 1 and <= 65536, $"mlp is {Hidden}, expected 1 to 65536", nameof(Hidden));
        Guard.That(Scale is 2 or 3 or 4, $"scale is {Scale}, expected 2, 3 or 4", nameof(Scale));
        Guard.That(
            PatchSizes.Count == 1 || PatchSizes.Count == Groups * Blocks, $"{PatchSizes.Count} patch sizes for {Groups * Blocks} blocks, expected one, or one a block", nameof(PatchSizes));
        Guard.That(PatchSizes.All(size => size is >= 3 and <= 1024), "patch sizes are 3 to 1024", nameof(PatchSizes));
    }
}
