using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Tests.Network;

/// <summary>What a new network's parameters begin at, which no case shows: a case brings its own.</summary>
public class StateDictTests
{
    [Fact]
    public void Norms_of_spikes_begin_at_the_threshold_and_deformations_at_nothing()
    {
        var network = new SpikeSr<F32>(SpikeSrConfiguration.Preset("tiny"));
        network.StateDict.Initialise(1);
        var start = network.Configuration.Neuron.Threshold / Math.Sqrt(2);
        Assert.All(Ending(".residual.2.weight", ".reduce_chan_level2.2.weight"), element => Assert.Equal((float)start, element));
        Assert.All(Ending(".residual.5.weight"), element => Assert.Equal((float)(0.2 * start), element, 1e-8f));
        Assert.All(Ending(".residual.2.bias", ".residual.5.bias", "offset_conv.weight", "offset_conv.bias", "modulator_conv.weight", "modulator_conv.bias"), element => Assert.Equal(0, element));

        List<float> Ending(params string[] names) => [.. names.SelectMany(name =>
        {
            var entries = network.StateDict.Entries.Where(entry => entry.Name.EndsWith(name, StringComparison.Ordinal)).ToList();
            Assert.NotEmpty(entries);
            return entries.SelectMany(entry => entry.Value.Span.ToArray());
        }).Select(element => element.Value)];
    }
}
