using SpikeSR.Reference.Serialization;

namespace SpikeSR.Reference.Tests.Serialization;

public class SharedCasesTests
{
    [Fact]
    public void Every_shared_case_file_is_read_whole()
    {
        if (RepositoryPaths.Shared is not { } shared)
        {
            return;
        }

        var paths = Directory.GetFiles(Path.Combine(shared, "cases"), "*.safetensors");
        Assert.NotEmpty(paths);
        foreach (var path in paths)
        {
            using var file = StateDictFile.Open(path);
            Assert.Equal("spikesr-case/1", file.Metadata["schema"]);
            Assert.NotEmpty(file.Tensors);
            foreach (var tensor in file.Tensors.Values)
            {
                Assert.Equal(tensor.Length, tensor.ToShape().Length);
                Assert.True(Array.TrueForAll(tensor.ToDoubles(), double.IsFinite), $"{path}: {tensor.Name}");
            }
        }
    }
}
