using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Training;

/// <summary>
/// A deeper network that begins where a trained one ended (SPEC TRAIN-9): the groups that are added stand behind the trained ones, drawn as for a new
/// network except that their last TDBN has weight zero. SAG(F) = F + TDBN(...) is then the identity, so the deeper network's output is the trained one's,
/// and of what was added the first gradients reach that TDBN's weight and bias alone; the layers before it begin to learn as the weight moves away from zero.
/// </summary>
public static class GroupGrowth
{
    /// <summary>Adds groups.</summary>
    /// <param name="trained">The trained network; it stays as it is.</param>
    /// <param name="groups">Groups of the deeper one.</param>
    /// <param name="seed">Seed of the new groups' initialisation (SPEC INIT-2).</param>
    /// <returns>The deeper network; the same values as <paramref name="trained"/> where the names are the same.</returns>
    /// <exception cref="ArgumentException"><paramref name="groups"/> is under the trained network's, or its blocks have patch sizes of their own.</exception>
    public static SpikeSr<F32> Apply(SpikeSr<F32> trained, int groups, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(trained);
        var first = trained.Configuration.Groups;
        if (groups < first)
        {
            throw new ArgumentException($"{groups} groups asked for, the network has {first} already, and groups are only added", nameof(groups));
        }

        if (trained.Configuration.PatchSizes.Count != 1)
        {
            throw new ArgumentException("the network has a patch size for each of its blocks, expected one for all, which added groups can have, too", nameof(trained));
        }

        var network = new SpikeSr<F32>(trained.Configuration with { Groups = groups });
        network.StateDict.Initialise(seed);
        foreach (var entry in trained.StateDict.Entries)
        {
            Fill(network, entry.Name, entry.Value.Span);
        }

        var zeros = new F32[trained.Configuration.Channels];
        for (var g = first; g < groups; g++)
        {
            Fill(network, SpikingAttentionGroup<F32>.LastNormWeight(g), zeros);
        }

        return network;
    }

    private static void Fill(SpikeSr<F32> network, string name, ReadOnlySpan<F32> values)
    {
        var entry = network.StateDict.Find(name)!;
        values.CopyTo(entry.Value.Span);
        entry.MarkChanged();
    }
}
