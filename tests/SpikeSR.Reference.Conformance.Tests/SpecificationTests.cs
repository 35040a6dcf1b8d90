using System.Text.RegularExpressions;
using SpikeSR.Reference.Conformance.Golden;

namespace SpikeSR.Reference.Conformance.Tests;

/// <summary>SPEC.md holds together: what a clause names exists, and what names a clause names one that exists.</summary>
public sealed partial class SpecificationTests
{
    private static readonly GoldenManifest Manifest = GoldenManifest.Load(Path.Combine(RepositoryPaths.Root, "golden", "v1", "manifest.json"));
    private static readonly IReadOnlyList<SpecificationClause> Clauses = SpecificationText.Load(Path.Combine(RepositoryPaths.Root, "SPEC.md")).Clauses;

    [Fact]
    public void Every_clause_names_a_definition_that_exists() =>
        Assert.All(Clauses, clause => Assert.True(File.Exists(Path.Combine(RepositoryPaths.Root, clause.File)), $"{clause.Name}: {clause.File}"));

    [Fact]
    public void Every_clause_names_golden_cases_that_exist()
    {
        var known = Manifest.Cases.SelectMany(golden => new[] { golden.Id, golden.Op }).ToHashSet(StringComparer.Ordinal);
        Assert.All(Clauses, clause => Assert.All(clause.Cases, name => Assert.True(known.Contains(name), $"{clause.Name}: {name}")));
    }

    [Fact]
    public void Every_clause_names_test_classes_that_exist()
    {
        var classes = Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Root, "tests"), "*Tests.cs", SearchOption.AllDirectories)
            .Select(Path.GetFileNameWithoutExtension).ToHashSet(StringComparer.Ordinal);
        Assert.All(Clauses, clause => Assert.All(clause.Tests, name => Assert.True(classes.Contains(name), $"{clause.Name}: {name}")));
    }

    [Fact]
    public void Every_operator_has_a_clause()
    {
        var covered = Clauses.SelectMany(clause => clause.Cases).ToHashSet(StringComparer.Ordinal);
        Assert.All(
            CaseOperators.All,
            @operator => Assert.True(
                covered.Contains(@operator.Name) || Manifest.Cases.Any(golden => golden.Op == @operator.Name && covered.Contains(golden.Id)), @operator.Name));
    }

    [Fact]
    public void Every_golden_case_names_clauses_that_exist()
    {
        var names = Clauses.Select(clause => clause.Name).ToHashSet(StringComparer.Ordinal);
        Assert.All(Manifest.Cases, golden => Assert.All(golden.Clauses, name => Assert.True(names.Contains(name), $"{golden.Id}: {name}")));
    }

    [Fact]
    public void Every_golden_case_that_a_clause_names_names_the_clause() =>
        Assert.All(
            from clause in Clauses from name in clause.Cases select (clause, name),
            named => Assert.True(
                Manifest.Cases.Any(golden => (golden.Id == named.name || golden.Op == named.name) && golden.Clauses.Contains(named.clause.Name)), $"{named.clause.Name}: {named.name}"));

    [Fact]
    public void Every_clause_that_the_source_names_exists()
    {
        var names = Clauses.Select(clause => clause.Name).ToHashSet(StringComparer.Ordinal);
        var families = names.Select(name => name[..name.IndexOf('-', StringComparison.Ordinal)]).ToHashSet(StringComparer.Ordinal);
        foreach (var path in Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Root, "src"), "*.cs", SearchOption.AllDirectories).Where(path => !path.Contains("/obj/", StringComparison.Ordinal)))
        {
            foreach (Match mention in Mention().Matches(File.ReadAllText(path)))
            {
                var name = mention.Groups["name"].Value;
                Assert.True(names.Contains(name) || families.Contains(name), $"{Path.GetFileName(path)}: SPEC {name}");
            }
        }
    }

    [GeneratedRegex("SPEC (?<name>[A-Z][A-Z0-9]*(-[0-9]+)?)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Mention();
}
