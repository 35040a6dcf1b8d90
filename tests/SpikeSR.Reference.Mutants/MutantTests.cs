namespace SpikeSR.Reference.Mutants;

public class MutantTests
{
    public static TheoryData<string> Names => [.. Mutant.All.Select(mutant => mutant.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_suite_catches(string mutant)
    {
        var suspect = Mutant.All.Single(other => other.Name == mutant);
        Assert.NotEmpty(suspect.Primitives);
        Assert.True(Suite.All.Any(check => check.Catch(suspect) is not null), $"nothing catches {mutant}: {suspect.Mistake}");
    }

    /// <summary>A mutant differs from the definitions in what it overrides and in nothing else, or checks that do not call it might be skipped wrongly.</summary>
    [Fact]
    public void There_are_at_least_25_mutants() => Assert.True(Mutant.All.Count >= 25);
}
