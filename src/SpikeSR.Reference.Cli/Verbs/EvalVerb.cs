using System.CommandLine;
using SpikeSR.Reference.Conformance;

namespace SpikeSR.Reference.Cli.Verbs;

/// <summary><c>spikesr eval</c>: answers cases.</summary>
internal static class EvalVerb
{
    /// <summary>Makes the verb.</summary>
    public static Command Create()
    {
        var verb = new Command(
            "eval",
            """
            Answer a case, or every case of a folder: outputs, and gradients where the case brings a gradient of its loss. Answers that a case holds are ignored.
            A folder's answers keep the names; a bad case is one line on standard error, the others go on, and the exit status is 3.

            Example: spikesr eval case.safetensors -o answer.safetensors --precision f32
            """);
        var options = new CaseOptions(verb);
        var output = new Option<string>("--output", "-o") { Description = "The answer file, or the folder of answers (of one case: where / ends it); folders are made if missing.", HelpName = "FILE|DIR", Required = true };
        verb.Options.Add(output);
        verb.SetAction(result => Run(options.Path(result), result.GetRequiredValue(output), options.Settings(result)));
        return verb;
    }

    private static int Run(string path, string output, EvaluationSettings settings)
    {
        var files = CaseOptions.Files(path);
        if (!Directory.Exists(path))
        {
            var answer = Directory.Exists(output) || Path.EndsInDirectorySeparator(output) ? Path.Combine(output, Path.GetFileName(path)) : output;
            OutputFolder.Create(answer);
            Answer(path, answer, settings);
            return ExitCode.Done;
        }

        if (IsSame(output, path))
        {
            throw new ArgumentException($"{output}: the answers would replace the cases, expected another folder");
        }

        Directory.CreateDirectory(output);
        return EachFile.Handle(files, file => Answer(file, Path.Combine(output, Path.GetFileName(file)), settings)) == 0 ? ExitCode.Done : ExitCode.Partly;
    }

    private static bool IsSame(string path, string other) =>
        Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)) == Path.TrimEndingDirectorySeparator(Path.GetFullPath(other));

    private static void Answer(string path, string output, EvaluationSettings settings)
    {
        if (IsSame(output, path))
        {
            throw new ArgumentException($"{output}: the answer would replace the case, expected another file");
        }

        using var question = CaseFile.Open(path);
        CaseEvaluator.Evaluate(question, settings).Write(output);
    }
}
