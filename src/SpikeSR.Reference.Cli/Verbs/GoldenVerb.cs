using System.CommandLine;
using SpikeSR.Reference.Conformance;
using SpikeSR.Reference.Conformance.Golden;
using SpikeSR.Reference.Conformance.Running;

namespace SpikeSR.Reference.Cli.Verbs;

/// <summary><c>spikesr golden</c>: builds and checks the golden cases.</summary>
internal static class GoldenVerb
{
    /// <summary>The golden set, for <see cref="FolderOf"/>.</summary>
    public static readonly Argument<string?> Folder = new("FOLDER") { Description = "The golden set. [default: golden/v1]", Arity = ArgumentArity.ZeroOrOne };

    private static readonly Option<string> Specification = new("--spec") { Description = "The specification.", DefaultValueFactory = _ => "SPEC.md", HelpName = "FILE" };

    /// <summary>Makes the verb.</summary>
    public static Command Create() => new("golden", "Build and check the golden cases.")
    {
        Build(), Check(), Lint(), Coverage(), Questions(),
    };

    /// <summary>The golden set that was named, or the repository's own.</summary>
    /// <param name="parsed">Of a verb that has <see cref="Folder"/>.</param>
    public static string FolderOf(ParseResult parsed) => parsed.GetValue(Folder) ?? Path.Combine("golden", "v1");

    private static Command Check()
    {
        var verb = new Command(
            "check",
            """
            Rebuild every question, every answer of the definitions and every file of bounds, compare their SHA-256 with the manifest's, and the answers with PyTorch's.
            Bounds are found anew only with the definitions in f64, where they take a minute or two.

            Example: spikesr golden check --engine simd
            """)
        { Folder };
        var options = new CaseOptions(verb, withPath: false);
        verb.SetAction(parsed =>
        {
            var (set, failed) = (new GoldenSet(FolderOf(parsed)), 0);
            foreach (var golden in set.Manifest.Cases)
            {
                var settings = options.Settings(parsed);
                var finding = set.Check(golden, settings, findsBounds: settings is { Engine: EngineKind.Definition, Precision: Precision.F64 });
                failed += finding.Problems.Count > 0 ? 1 : 0;
                foreach (var problem in finding.Problems)
                {
                    Console.WriteLine($"{golden.Id}: {problem}");
                }
            }

            Console.WriteLine($"{set.Manifest.Cases.Count - failed} of {set.Manifest.Cases.Count} cases hold");
            return failed == 0 ? ExitCode.Done : ExitCode.Failed;
        });
        return verb;
    }

    private static Command Questions()
    {
        var output = new Option<string>("--output", "-o") { Description = "Folder of the questions; it is made if missing.", HelpName = "DIR", Required = true };
        var verb = new Command("questions", "Write every question as a case file.\n\nExample: spikesr golden questions -o questions") { Folder, output };
        verb.SetAction(parsed => new GoldenSet(FolderOf(parsed)).WriteQuestions(parsed.GetRequiredValue(output)));
        return verb;
    }

    private static Command Build()
    {
        var verb = new Command(
            "build",
            """
            Answer every question with the definitions and with every confusion, and write into the manifest the digests of the answers and the confusions that each
            case separates; write the fp32 bounds and the manifest's JSON Schema beside it. State the reason when a digest changes.

            Example: spikesr golden build
            """)
        { Folder };
        var bounds = new Option<bool>("--bounds") { Description = "Find only the bounds anew: after a change of what a profile grants." };
        var cases = ConformOptions.CaseNames("Build only these, with commas between; a name may end with *. [default: all]");
        verb.Options.Add(bounds);
        verb.Options.Add(cases);
        verb.SetAction(parsed =>
        {
            var set = new GoldenSet(FolderOf(parsed));
            var chosen = new RunSelection { Cases = ConformOptions.Names(parsed.GetValue(cases)) }.Of(set.Manifest);
            set.Build(
                (golden, built) =>
                {
                    var changed = golden.DefinitionSha256 is { } before && before != built.DefinitionSha256 ? "  ANOTHER ANSWER" : string.Empty;
                    Console.WriteLine($"{golden.Id}: separates {built.Separates.Count}{changed}");
                },
                parsed.GetValue(bounds),
                chosen.Select(golden => golden.Id).ToHashSet(StringComparer.Ordinal));
        });
        return verb;
    }

    private static Command Lint()
    {
        var verb = new Command(
            "lint",
            """
            Check what the suite has to be: enough cases of each kind for every operator, every name known, every clause covered, every confusion separated.

            Example: spikesr golden lint
            """)
        { Folder, Specification };
        verb.SetAction(parsed =>
        {
            var problems = GoldenLint.Problems(new GoldenSet(FolderOf(parsed)), SpecificationText.Load(parsed.GetRequiredValue(Specification)));
            foreach (var problem in problems)
            {
                Console.WriteLine(problem);
            }

            Console.WriteLine($"{problems.Count} problems");
            return problems.Count == 0 ? ExitCode.Done : ExitCode.Failed;
        });
        return verb;
    }

    private static Command Coverage()
    {
        var verb = new Command("coverage", "Print a table of every clause and the cases that can show it broken; of clauses that no case can ask, the tests.\n\nExample: spikesr golden coverage") { Folder, Specification };
        verb.SetAction(parsed =>
        {
            var (suite, holes) = (new GoldenSet(FolderOf(parsed)).Manifest, 0);
            foreach (var clause in SpecificationText.Load(parsed.GetRequiredValue(Specification)).Clauses)
            {
                var cases = clause.CasesOf(suite);
                holes += clause.IsAskable && cases.Count == 0 ? 1 : 0;
                var held = cases.Count > 0 ? string.Join(", ", cases.Take(4).Select(golden => golden.Id)) + (cases.Count > 4 ? ", ..." : string.Empty)
                    : clause.IsAskable ? "A HOLE" : $"tests: {(clause.Tests.Count == 0 ? "none" : string.Join(", ", clause.Tests))}";
                Console.WriteLine($"{clause.Name,-8} {cases.Count,4}  {clause.Title,-34} {held}");
            }

            Console.WriteLine($"{holes} holes");
            return holes == 0 ? ExitCode.Done : ExitCode.Failed;
        });
        return verb;
    }
}
