using SpikeSR.Reference.Network;
using SpikeSR.Reference.Serialization;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Tests.Network;

/// <summary>Networks in files: strict names, sizes off the shapes.</summary>
public sealed class ModelFileTests : IDisposable
{
    private static readonly SpikeSrConfiguration Small = new() { Steps = 3, Channels = 16, Groups = 2, Blocks = 1, PatchSizes = [12, 8], QueryDepth = 5, Hidden = 7, Scale = 3 };
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void A_saved_network_comes_back_with_its_sizes_and_numbers()
    {
        var saved = Save(_ => { });
        var loaded = ModelFile.Load<F32>(_path);
        Assert.Equal(Small with { PatchSizes = [] }, loaded.Configuration with { PatchSizes = [] });
        Assert.Equal(Small.PatchSizes, loaded.Configuration.PatchSizes);
        Assert.All(saved.StateDict.Entries, entry => Assert.Equal(entry.Value.Span.ToArray(), loaded.StateDict.Find(entry.Name)!.Value.Span.ToArray()));
    }

    [Fact]
    public void A_missing_name_and_an_extra_one_are_both_listed()
    {
        Rewrite(name => name == "tail.0.bias" ? "tail.9.bias" : name);
        var failure = Assert.Throws<MalformedFileException>(() => ModelFile.Load<F32>(_path));
        Assert.Contains("tail.0.bias", failure.Message, StringComparison.Ordinal);
        Assert.Contains("tail.9.bias", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_prefix_of_a_data_parallel_run_is_dropped()
    {
        Rewrite(name => "module." + name);
        Assert.Equal(Small.Channels, ModelFile.Load<F32>(_path).Configuration.Channels);
    }

    [Fact]
    public void A_file_that_claims_sizes_which_its_tensors_do_not_have_is_refused_before_memory_is_taken()
    {
        var writer = new SafetensorsWriter();
        writer.Add("head.0.proj.weight", new Shape(4096, 3, 3, 3), new float[4096 * 27]);
        writer.Add("tail.0.weight", new Shape(48, 1), new float[48]);
        writer.Add("body.0.body.0.attn.conv.0.weight", new Shape(4), new float[4]);
        writer.Add("body.0.body.0.attn.gpa.blocks.0.layers.0.0.fn.to_q.weight", new Shape(4096), new float[4096]);
        writer.Add("body.0.body.0.attn.gpa.blocks.0.layers.0.1.fn.fc1.weight", new Shape(4096), new float[4096]);
        writer.Write(_path);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<MalformedFileException>(() => ModelFile.Load<F32>(_path));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 16 << 20);
    }

    [Fact]
    public void The_same_seed_gives_the_same_network_and_another_seed_another()
    {
        static float[] Numbers(ulong seed)
        {
            var network = new SpikeSr<F32>(Small);
            network.StateDict.Initialise(seed);
            return [.. network.StateDict.Entries.SelectMany(entry => entry.Value.Span.ToArray()).Select(element => element.Value)];
        }

        Assert.Equal(Numbers(1), Numbers(1));
        Assert.NotEqual(Numbers(1), Numbers(2));
    }

    [Theory]
    [InlineData("tiny", 12)]
    [InlineData("published", 1)]
    public void Presets_cost_at_most_their_share_of_the_published_network(string preset, int share) =>
        Assert.True(
            NetworkCost.MultiplyAdds(SpikeSrConfiguration.Preset(preset), 128, 128) * share <= NetworkCost.MultiplyAdds(SpikeSrConfiguration.Preset("published"), 128, 128));

    [Fact]
    public void The_published_network_costs_117_thousand_million_operations_at_64_by_64_pixels() =>
        Assert.Equal(117.3, 2 * NetworkCost.MultiplyAdds(SpikeSrConfiguration.Preset("published"), 64, 64) / 1e9, 1);

    private SpikeSr<F32> Save(Action<SpikeSr<F32>> change)
    {
        var network = new SpikeSr<F32>(Small);
        network.StateDict.Initialise(3);
        change(network);
        ModelFile.Save(network, _path);
        return network;
    }

    // Writes a network's entries under changed names.
    private void Rewrite(Func<string, string> rename)
    {
        var network = Save(_ => { });
        var writer = new SafetensorsWriter();
        writer.AddMetadata("patch_sizes", "12,8");
        foreach (var entry in network.StateDict.Entries)
        {
            writer.Add(rename(entry.Name), entry.Shape, Array.ConvertAll(entry.Value.Span.ToArray(), element => element.Value));
        }

        writer.Write(_path);
    }
}
