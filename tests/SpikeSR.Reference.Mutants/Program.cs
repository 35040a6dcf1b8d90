using System.Globalization;
using System.Text;
using SpikeSR.Reference;
using SpikeSR.Reference.Mutants;
using SpikeSR.Reference.Mutants.Kit;

switch (args)
{
    case ["answer", var confusion, var question, var answer]:
        return KitMutants.Answer(confusion, question, answer);
    case ["kit"]:
        return KitMutants.Run() == 0 ? 0 : 1;
}

// Tries every mutant, or those named, against the whole suite, and writes MUTANTS.md. Exit status 1: one of them survived.
var chosen = args.Length == 0 ? Mutant.All : [.. Mutant.All.Where(mutant => args.Contains(mutant.Name, StringComparer.Ordinal))];
if (chosen.Count == 0)
{
    Console.Error.WriteLine($"no mutant has one of these names: {string.Join(", ", args)}");
    return 2;
}

var catches = new List<Check>[chosen.Count];
Parallel.For(0, chosen.Count, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, i =>
{
    catches[i] = [.. Enum.GetValues<CheckKind>().SelectMany(kind => Suite.All.Where(check => check.Kind == kind && check.Catch(chosen[i]) is not null).Take(Shown + 1))];
    Console.Error.WriteLine($"{chosen[i].Name}: {Describe(catches[i])}");
});

if (args.Length == 0)
{
    var path = Path.Combine(RepositoryPaths.Root, "tests", "SpikeSR.Reference.Mutants", "MUTANTS.md");
    File.WriteAllText(path, Table());
    Console.WriteLine($"{path}: {chosen.Count} mutants, {catches.Count(caught => caught.Count == 0)} survived");
}

return catches.Any(caught => caught.Count == 0) ? 1 : 0;

static string Describe(IReadOnlyList<Check> caught) => caught.Count == 0 ? "survived" : $"caught by {string.Join("; ", caught)}";

// The first few names: quick checks come first in the suite.
static string Cell(IReadOnlyList<Check> caught, CheckKind kind)
{
    var names = caught.Where(check => check.Kind == kind).Select(check => check.Name).ToList();
    return names.Count == 0 ? "none" : string.Join("; ", names.Take(Shown)) + (names.Count > Shown ? "; more" : string.Empty);
}

string Table()
{
    var text = new StringBuilder()
        .Append("# Mutants\n\n")
        .Append("Each mutant is the definitions with one mistake. `dotnet run -c Release --project tests/SpikeSR.Reference.Mutants` tries all of them against ")
        .Append("the laws (at fixed samples), the golden cases and, where they are there, the cases of `../shared/cases`, and writes this table; ")
        .Append("cases of more than 512 KiB are left out. The tests of this project ask that each is caught at least once.\n\n")
        .Append(CultureInfo.InvariantCulture, $"{chosen.Count} mutants, {catches.Count(caught => caught.Count == 0)} survived, {Suite.All.Count} checks.\n\n")
        .Append("| mutant | its mistake | laws | golden cases | shared cases |\n| --- | --- | --- | --- | --- |\n");
    foreach (var (mutant, caught) in chosen.Zip(catches))
    {
        text.Append(CultureInfo.InvariantCulture, $"| {mutant.Name} | {mutant.Mistake} | {Cell(caught, CheckKind.Law)} | {Cell(caught, CheckKind.Golden)} | {Cell(caught, CheckKind.Shared)} |\n");
    }

    return text.ToString();
}

/// <summary>The command.</summary>
internal static partial class Program
{
    // How many catches of a kind are named; the search stops after one more.
    private const int Shown = 3;
}
