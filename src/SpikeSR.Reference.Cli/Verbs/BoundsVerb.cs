using System.CommandLine;
using SpikeSR.Reference.Conformance;
using SpikeSR.Reference.Conformance.Golden;
using SpikeSR.Reference.Conformance.Judging;
using SpikeSR.Reference.Conformance.Running;

namespace SpikeSR.Reference.Cli.Verbs;

/// <summary><c>spikesr bounds</c>: tries the certified bounds on backends that round at random (SPEC BND-6).</summary>
internal static class BoundsVerb
{
    /// <summary>Makes the verb.</summary>
    public static Command Create()
    {
        var profile = ConformOptions.Profiles("What the backends promise about their arithmetic (SPEC BND-2).");
        var runs = Options.Integer("--runs", "Backends on each case; run i has seed i.", minimum: 1, maximum: 1_000_000, fallback: 10);
        var operators = ConformOptions.OperatorNames();
        var verb = new Command(
            "bounds",
            $"""
            Judge backends that round at random, using all that a profile grants. None may fail; for each operator the median over its cases of
            bound / largest error is printed, and one above {BoundTrial.LargestFactor:g} fails.

            Example: spikesr bounds --profile bf16 --runs 100 --operators conv2d,lif
            """)
        { GoldenVerb.Folder, profile, runs, operators };
        verb.SetAction(parsed => Run(new GoldenSet(GoldenVerb.FolderOf(parsed)), Profile.Find(parsed.GetRequiredValue(profile))!, parsed.GetRequiredValue(runs), new RunSelection { Operators = ConformOptions.Names(parsed.GetValue(operators)) }));
        return verb;
    }

    private static int Run(GoldenSet golden, Profile profile, int runs, RunSelection selection)
    {
        var isSound = true;
        foreach (var cases in selection.Of(golden.Manifest).GroupBy(known => known.Op))
        {
            var findings = cases.Select(known => Try(known, profile, runs)).OfType<BoundFinding>().ToList();
            foreach (var finding in findings.Where(finding => finding.Failures > 0))
            {
                Console.WriteLine($"{finding.Case}: {finding.Failures} of {finding.Runs} leave their bounds: {finding.Message}");
            }

            if (findings.Count > 0)
            {
                var factor = findings.Select(finding => finding.MedianFactor).Order().ElementAt(findings.Count / 2);
                var line = $"{cases.Key,-22} {findings.Sum(finding => finding.Runs)} backends, {findings.Sum(finding => finding.Failures)} failures, bound / error {factor:g3}, largest error / bound {findings.Max(finding => finding.WorstRatio):g3}, {findings.Sum(finding => finding.Unbounded)} elements without bound";
                Console.WriteLine(line);
                isSound &= findings.TrueForAll(finding => finding.Failures == 0) && factor <= BoundTrial.LargestFactor;
            }
        }

        return isSound ? ExitCode.Done : ExitCode.Failed;
    }

    // Null where the question is one that must be refused.
    private static BoundFinding? Try(GoldenCase golden, Profile profile, int runs)
    {
        try
        {
            using var question = CaseFile.Open(golden.BuildQuestion(), golden.Id);
            return BoundTrial.Try(question, profile, runs);
        }
        catch (Serialization.MalformedFileException)
        {
            return null;
        }
    }
}
