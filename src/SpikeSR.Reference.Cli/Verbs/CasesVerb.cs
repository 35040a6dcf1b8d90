using System.CommandLine;
using SpikeSR.Reference.Conformance;

namespace SpikeSR.Reference.Cli.Verbs;

/// <summary><c>spikesr cases</c>: what a case can ask.</summary>
internal static class CasesVerb
{
    /// <summary>Makes the verb.</summary>
    public static Command Create()
    {
        var verb = new Command(
            "cases",
            """
            List what a case file can ask: every operator with its inputs, outputs, parameters and attributes.

            Example: spikesr cases
            """);
        verb.SetAction(_ =>
        {
            foreach (var known in CaseOperators.All)
            {
                Console.WriteLine($"{known.Name}: {known.Signature}");
                foreach (var attribute in known.Attributes)
                {
                    Console.WriteLine($"    {attribute}");
                }
            }

            return ExitCode.Done;
        });
        return verb;
    }
}
