using SpikeSR.Reference.Conformance.Running;

namespace SpikeSR.Reference.Mutants.Kit;

public sealed class PlantedFaultTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("spikesr-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void There_are_at_least_20_and_each_stands_in_its_example_once()
    {
        Assert.True(PlantedFault.All.Count >= 20);
        Assert.All(PlantedFault.All, fault =>
        {
            var source = Directory.GetFiles(Path.Combine(RepositoryPaths.Root, "golden", "examples", fault.Example), "backend.*").Single();
            Assert.True(File.ReadAllText(source).Split(fault.Right).Length == 2, fault.Mistake);
        });
    }

    [Theory]
    [InlineData("H on the threshold does not fire", "lif-on-threshold-hard")]
    [InlineData("tau is cut to a whole number", "lif-hard")]
    [InlineData("unknown attributes are passed over", "avg-pool-unknown-attribute")]
    [InlineData("the answer is called F64 and is F32", "avg-pool-image")]
    public void The_kit_kills_a_fault_planted_in_C(string mistake, string golden)
    {
        if (File.Exists("/usr/bin/cc"))
        {
            Assert.Equal(1, KitMutants.Run(PlantedFault.All.Single(fault => fault.Mistake == mistake), _folder, golden).Count(CaseOutcome.Failed));
        }
    }
}
