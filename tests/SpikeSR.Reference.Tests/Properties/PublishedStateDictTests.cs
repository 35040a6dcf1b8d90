using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Tests.Properties;

public class PublishedStateDictTests
{
    private static readonly StateDict<F32> s_published = new SpikeSr<F32>(SpikeSrConfiguration.Preset("published")).StateDict;

    [Fact]
    public void The_published_preset_has_3084580_trained_parameters() => Assert.Equal(3_084_580, s_published.TrainedCount);

    /// <summary>Data/published-state-dict.txt: a line an entry, name and extents, from a published checkpoint (num_batches_tracked left out).</summary>
    [Fact]
    public void Names_and_shapes_are_those_of_the_published_checkpoint()
    {
        var published = File.ReadAllLines(RepositoryPaths.TestData("SpikeSR.Reference.Tests", "published-state-dict.txt"));
        var declared = s_published.Entries.Select(entry => $"{entry.Name} {string.Join('x', entry.Value.Shape.ToArray())}");
        Assert.Equal(published.Order(StringComparer.Ordinal), declared.Order(StringComparer.Ordinal));
    }

    /// <summary>Layers 1 and 2 of every DSA own deformable convolutions that the forward pass never reads.</summary>
    [Fact]
    public void The_unread_deformable_convolutions_are_16_of_52507_parameters()
    {
        var unread = s_published.Trained.Where(entry => entry.Name.Contains(".dcn.", StringComparison.Ordinal) && !entry.Name.Contains("layers.0.", StringComparison.Ordinal));
        Assert.Equal(16 * 52_507, unread.Sum(entry => entry.Value.Length));
    }
}
