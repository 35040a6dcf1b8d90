using System.CommandLine;
using SpikeSR.Reference.Conformance.Backends;
using SpikeSR.Reference.Conformance.Confusions;
using SpikeSR.Reference.Conformance.Golden;
using SpikeSR.Reference.Conformance.Reports;
using SpikeSR.Reference.Conformance.Running;

namespace SpikeSR.Reference.Cli.Verbs;

/// <summary><c>spikesr conform</c>: judges backends.</summary>
internal static class ConformVerb
{
    /// <summary>Makes the verb.</summary>
    public static Command Create() => new("conform", "Judge a backend: ask it the cases of the suite, and say what is wrong and why.")
    {
        Run(), Verify(), List(), Explain(), Report(), ListConfusions(),
    };

    private static Command Run()
    {
        var backend = new Option<string?>("--backend") { Description = "The backend's command line, with {case} and {out} for the files. It ends with status 0, or with status 2 and no answer where the case is bad.", HelpName = "COMMAND" };
        var timeout = Options.Integer("--timeout", "Seconds that a backend may take for a case.", minimum: 1, maximum: 86400, fallback: 60);
        var memory = Options.Integer("--memory", "Memory that a backend and its children may hold, in MiB.", minimum: 16, maximum: 1 << 24, fallback: 16384);
        var disk = Options.Integer("--disk", "What a backend may write for a case, in MiB.", minimum: 1, maximum: 1 << 20, fallback: 64);
        var verb = new Command(
            "run",
            """
            Ask a backend the suite's cases, one at a time, and judge its answers. A backend that crashes, hangs, writes nothing or too much, or leaves a process
            behind gets its verdict for that case, and the run goes on. Without --backend an engine of this program is judged the same way.
            Stopped, it judges and reports what it has, and leaves nothing of the backend behind.
            Exit status: 0 everything that was asked passed, 1 something failed, 3 nothing failed but something could not be judged, 130 stopped.

            Example: spikesr conform run --backend "python3 golden/examples/python/backend.py {case} {out}" --capabilities golden/examples/python/capabilities.json
            """)
        { backend, timeout, memory, disk };
        var asked = new ConformOptions(verb);
        var engine = new CaseOptions(verb, withPath: false);
        verb.SetAction((parsed, cancellation) =>
        {
            engine.RefuseBeside(backend, parsed);
            ICaseBackend judged = parsed.GetValue(backend) is { } command
                ? new ProcessBackend(new CommandTemplate(command), new BackendLimits
                {
                    Time = TimeSpan.FromSeconds(parsed.GetValue(timeout)),
                    Memory = (long)parsed.GetValue(memory) << 20,
                    Disk = (long)parsed.GetValue(disk) << 20,
                })
                : EngineBackend.Of(engine.Settings(parsed));
            return Task.FromResult(asked.Judge(parsed, judged, cancellation));
        });
        return verb;
    }

    private static Command Verify()
    {
        var folder = new Argument<string>("DIR") { Description = "Answers, ID.safetensors each; an empty file ID.refused says that a case was refused." };
        var verb = new Command(
            "verify",
            """
            Judge answers that were made anywhere, without the backend. Questions for it: spikesr golden questions. A case without an answer fails.
            Exit status: 0 everything passed, 1 something failed, 3 nothing failed but something could not be judged.

            Example: spikesr conform verify answers --profile fp32 --levels 1-3
            """)
        { folder };
        var asked = new ConformOptions(verb);
        verb.SetAction((parsed, cancellation) =>
        {
            var path = parsed.GetRequiredValue(folder);
            return Directory.Exists(path) ? Task.FromResult(asked.Judge(parsed, new AnswerFolder(path, new BackendLimits().Disk), cancellation)) : throw new ArgumentException($"{path}: found nothing, expected a folder of answers");
        });
        return verb;
    }

    private static Command List()
    {
        var verb = new Command("list", "List the suite's cases: name, level, kind, operator, clauses.\n\nExample: spikesr conform list --operators lif,if");
        var asked = new ConformOptions(verb, judges: false);
        verb.SetAction(parsed =>
        {
            foreach (var golden in asked.Selection(parsed).Of(asked.Suite(parsed).Manifest))
            {
                Console.WriteLine($"{golden.Id,-36} {golden.Level}  {golden.Kind,-10}  {golden.Op,-22} {string.Join(", ", golden.Clauses)}");
            }

            return ExitCode.Done;
        });
        return verb;
    }

    private static Command Explain()
    {
        var name = new Argument<string>("CASE") { Description = "A case's name." };
        var verb = new Command("explain", "Tell why a case exists, what it asks and which confusions it separates.\n\nExample: spikesr conform explain lif-on-threshold-hard") { name };
        var asked = new ConformOptions(verb, judges: false, chooses: false);
        verb.SetAction(parsed =>
        {
            var suite = asked.Suite(parsed).Manifest;
            var golden = suite.Cases.FirstOrDefault(golden => golden.Id == parsed.GetValue(name)) ?? throw new ArgumentException($"{parsed.GetValue(name)}: found no such case, expected a name of 'spikesr conform list'");
            Print(golden);
            return ExitCode.Done;
        });
        return verb;
    }

    private static Command Report()
    {
        var path = new Argument<string>("REPORT") { Description = "What conform run or verify wrote with --report." };
        var format = Options.Choice("--format", "What to make of it.", ["text", "junit", "html"]);
        var output = new Option<string?>("--output", "-o") { Description = "Where to. [default: standard output]", HelpName = "FILE" };
        var verb = new Command("report", "Show the report of a run as text, as JUnit's XML or as one page of HTML.\n\nExample: spikesr conform report report.json --format html -o report.html") { path, format, output };
        verb.SetAction(parsed =>
        {
            var report = RunReport.Load(parsed.GetRequiredValue(path));
            var text = parsed.GetValue(format) switch { "junit" => JUnitReport.Write(report), "html" => HtmlReport.Write(report), _ => Text(report) };
            if (parsed.GetValue(output) is { } file)
            {
                Serialization.AtomicFile.Write(file, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));
            }
            else
            {
                Console.WriteLine(text);
            }

            return ExitCode.Done;
        });
        return verb;
    }

    private static Command ListConfusions()
    {
        var verb = new Command("confusions", "List the catalogue of confusions: wrong meanings that wrong answers are compared with.\n\nExample: spikesr conform confusions");
        verb.SetAction(_ =>
        {
            foreach (var confusion in Confusion.All)
            {
                Console.WriteLine($"{confusion.Name,-26} {confusion.Clause,-8} {confusion.Mistake}");
            }

            return ExitCode.Done;
        });
        return verb;
    }

    private static string Text(RunReport report) =>
        string.Join('\n', report.Cases.Where(result => result.Outcome != CaseOutcome.Passed).Select(TerminalReport.Case).Append(TerminalReport.Summary(report)));

    private static void Print(GoldenCase golden)
    {
        Console.WriteLine($"{golden.Id}: {golden.Why}");
        Console.WriteLine($"operator    {golden.Op} {golden.Attrs}");
        Console.WriteLine($"level       {golden.Level}, {golden.Kind}");
        Console.WriteLine($"clauses     SPEC {string.Join(", ", golden.Clauses)}");
        foreach (var tensor in golden.Tensors)
        {
            var recipe = tensor.Recipe.GetRawText();
            Console.WriteLine($"tensor      {tensor.Name} {tensor.Dtype} [{string.Join(", ", tensor.Shape)}] {(recipe.Length > 100 ? recipe[..100] + " ..." : recipe)}");
        }

        Console.WriteLine($"requires    {string.Join(", ", golden.Requires)}");
        foreach (var confusion in golden.Separates.Select(Confusion.Find).OfType<Confusion>())
        {
            Console.WriteLine($"separates   {confusion.Name}: {confusion.Mistake} (SPEC {confusion.Clause})");
        }

        Console.WriteLine($"provenance  {golden.Provenance}, seed {golden.Seed}");
        Console.WriteLine($"again       spikesr conform run --backend COMMAND --cases {golden.Id}");
    }
}
