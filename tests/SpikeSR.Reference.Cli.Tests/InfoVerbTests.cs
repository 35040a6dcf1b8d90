using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Cli;

public sealed class InfoVerbTests : IDisposable
{
    private readonly Tool _tool = new();

    public void Dispose() => _tool.Dispose();

    [Fact]
    public void A_network_is_told_by_its_name_and_its_sizes()
    {
        Assert.Equal(_tool.Run("info", "tiny").Output, _tool.Run("info").Output);
        var published = Lines("published");
        Assert.Equal(["network             published", "time steps T        4", "channels C          64", "groups x blocks     4 x 2", "patch sizes P       16"], published[..5]);

        var network = new SpikeSr<F32>(new SpikeSrConfiguration { Steps = 1, Channels = 16, Groups = 1, Blocks = 2, PatchSizes = [6, 8], QueryDepth = 4, Hidden = 8, Scale = 2 });
        ModelFile.Save(network, _tool.At("own.safetensors"));
        var own = Lines("own.safetensors");
        Assert.Contains("network             own.safetensors", own);
        Assert.Contains("patch sizes P       6, 8", own);
        Assert.Contains("scale               2", own);
    }

    [Fact]
    public void What_is_no_network_is_refused()
    {
        File.WriteAllText(_tool.At("text.safetensors"), "no network");
        var result = _tool.Run("info", "text.safetensors");
        Assert.Equal((ExitCode.BadInput, string.Empty), (result.ExitCode, result.Output));
        Assert.StartsWith("spikesr: text.safetensors: ", result.Error, StringComparison.Ordinal);
    }

    private string[] Lines(string model) => _tool.Run("info", model).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
