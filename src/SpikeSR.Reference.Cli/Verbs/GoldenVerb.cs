using System.CommandLine;
using SpikeSR.Reference.Conformance;
using SpikeSR.Reference.Conformance.Golden;

namespace SpikeSR.Reference.Cli.Verbs;

/// <summary><c>spikesr golden</c>: builds and checks the golden cases.</summary>
internal static class GoldenVerb
{
    private static readonly Argument<string> Folder = new("FOLDER") { Description = "The golden set.", DefaultValueFactory = _ => Path.Combine("golden", "v1") };

    /// <summary>Makes the verb.</summary>
    public static Command Create() => new("golden", "Build the golden cases' questions, or check the definitions against their answers.")
    {
        Check(), Questions(), Digest(),
    };

    private static Command Check()
    {
        var verb = new Command(
            "check",
            """
            Rebuild every question and every answer of the definitions, compare their SHA-256 with the manifest's, and the answers with PyTorch's.

            Example: spikesr golden check --engine simd
            """)
        { Folder };
        var options = new CaseOptions(verb, withPath: false);
        verb.SetAction(parsed =>
        {
            var (set, failed) = (new GoldenSet(parsed.GetRequiredValue(Folder)), 0);
            foreach (var golden in set.Manifest.Cases)
            {
                var finding = set.Check(golden, options.Settings(parsed));
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
        var output = new Option<string>("--output", "-o") { Description = "Folder of the questions; it is made if missing.", Required = true };
        var verb = new Command("questions", "Write every question as a case file.\n\nExample: spikesr golden questions -o questions") { Folder, output };
        verb.SetAction(parsed => new GoldenSet(parsed.GetRequiredValue(Folder)).WriteQuestions(parsed.GetRequiredValue(output)));
        return verb;
    }

    private static Command Digest()
    {
        var verb = new Command("digest", "Answer every question with the definitions and write the answers' SHA-256 into the manifest. State the reason when one changes.") { Folder };
        verb.SetAction(parsed => new GoldenSet(parsed.GetRequiredValue(Folder)).WriteDefinitionDigests(golden => Console.WriteLine(golden.Id)));
        return verb;
    }
}
