using System.CommandLine;
using SpikeSR.Reference.Conformance;

namespace SpikeSR.Reference.Cli.Verbs;

/// <summary><c>spikesr check</c>: answers cases and compares with the stored answers.</summary>
internal static class CheckVerb
{
    /// <summary>Makes the verb.</summary>
    public static Command Create()
    {
        var verb = new Command(
            "check",
            """
            Answer a case, or every case of a folder, and compare with the answers that it holds: in f64 within 1e-9 of each tensor's largest magnitude and every
            spike equal; in f32 within 2e-5, gradients within 2e-2. The exit status is 1 where an answer differs, 3 where a case of a folder is bad.

            Example: spikesr check cases --precision f64
            """);
        var options = new CaseOptions(verb);
        var against = new Option<string?>("--against") { Description = "Compare with the answers in this file, or in the files of the same names in this folder. [default: the case itself]", HelpName = "FILE|DIR" };
        var all = new Option<bool>("--all-tensors", "-a") { Description = "Print every tensor, not only those that differ." };
        verb.Options.Add(against);
        verb.Options.Add(all);
        verb.SetAction(result => Run(options.Path(result), result.GetValue(against), result.GetValue(all), options.Settings(result)));
        return verb;
    }

    private static int Run(string path, string? against, bool all, EvaluationSettings settings)
    {
        var (checkedCases, differing) = (0, 0);
        void Check(string file)
        {
            var report = Compare(file, Directory.Exists(against) ? Path.Combine(against, Path.GetFileName(file)) : against, settings);
            Print(report, all);
            checkedCases++;
            differing += report.Agrees ? 0 : 1;
        }

        var files = CaseOptions.Files(path);
        if (!Directory.Exists(path))
        {
            Check(path);
            return differing == 0 ? ExitCode.Done : ExitCode.Failed;
        }

        var bad = EachFile.Handle(files, Check);
        Console.WriteLine($"{checkedCases - differing} cases agree, {differing} differ, {bad} bad");
        return bad > 0 ? ExitCode.Partly : differing > 0 ? ExitCode.Failed : ExitCode.Done;
    }

    private static CaseReport Compare(string path, string? against, EvaluationSettings settings)
    {
        using var question = CaseFile.Open(path);
        using var stored = against is null ? null : CaseFile.Open(against);
        return CaseComparer.Compare(question, CaseEvaluator.Evaluate(question, settings), stored);
    }

    private static void Print(CaseReport report, bool all)
    {
        var worst = report.Tensors.MaxBy(tensor => tensor.Limit == 0 ? tensor.Error : tensor.Error / tensor.Limit)!;
        var verdict = report.Agrees ? report.Excuse is null ? "agrees " : "excused" : "DIFFERS";
        Console.WriteLine($"{verdict}  {Path.GetFileName(report.Path)}: {report.Tensors.Count} tensors, worst {worst.Name} off by {worst.RelativeError:0.0e+00}{(report.Excuse is null ? string.Empty : $" ({report.Excuse})")}");
        foreach (var tensor in report.Tensors.Where(tensor => all || !(tensor.Agrees || report.Agrees)))
        {
            Console.WriteLine($"    {(tensor.Agrees ? "ok     " : "DIFFERS")}  {tensor.Name}  off by {tensor.Error:0.00e+00}, limit {tensor.Limit:0.00e+00}, largest {tensor.Largest:0.00e+00}{(tensor.Note.Length == 0 ? string.Empty : $"; {tensor.Note}")}");
        }
    }
}
