namespace SpikeSR.Reference.Tests.Properties;

public class LawTests
{
    public static TheoryData<string> Names => [.. LawTable.All.Select(law => law.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_definitions_obey(string law) => Falsification.Attempt(LawTable.All.Single(other => other.Name == law), DefinitionEngine.Instance);
}
