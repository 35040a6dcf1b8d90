using System.CommandLine;
using System.CommandLine.Parsing;
using SpikeSR.Reference.Conformance.Backends;
using SpikeSR.Reference.Conformance.Golden;
using SpikeSR.Reference.Conformance.Judging;
using SpikeSR.Reference.Conformance.Reports;
using SpikeSR.Reference.Conformance.Running;

namespace SpikeSR.Reference.Cli.Verbs;

/// <summary>The options of the verbs that choose cases and judge answers.</summary>
internal sealed class ConformOptions
{
    private readonly Option<string> _suite = new("--suite") { Description = "The folder of the suite.", DefaultValueFactory = _ => Path.Combine("golden", "v1"), HelpName = "DIR" };

    private readonly Option<LevelRange> _levels = new("--levels")
    {
        Description = "Levels to ask, as 2 or 1-3: 1 operators, 2 their gradients, 3 blocks, 4 networks, 5 networks on images.",
        HelpName = "N-M",
        DefaultValueFactory = _ => LevelRange.All,
        CustomParser = ParseLevels,
    };

    private readonly Option<string?> _operators = OperatorNames();

    private readonly Option<string?> _cases = CaseNames("Cases to ask, with commas between; a name may end with *. [default: all]");

    private readonly Option<string> _profile = Profiles("What the backend promises about its arithmetic (SPEC BND-2).");

    private readonly Option<string?> _capabilities = new("--capabilities") { Description = "The backend's capability file: what it supports. The rest is debt.", HelpName = "FILE" };

    private readonly Option<string?> _report = new("--report") { Description = "Write the report as JSON, for 'spikesr conform report'.", HelpName = "FILE" };

    private readonly Option<bool> _all = new("--all-cases", "-a") { Description = "Print every case, not only those that did not pass." };

    /// <summary>Adds the options to a verb.</summary>
    /// <param name="verb">The verb.</param>
    /// <param name="judges">Whether it judges answers.</param>
    /// <param name="chooses">Whether it chooses cases by their levels, operators and names.</param>
    public ConformOptions(Command verb, bool judges = true, bool chooses = true)
    {
        Option[] choice = chooses ? [_levels, _operators, _cases] : [];
        foreach (var option in judges ? [_profile, _suite, .. choice, _capabilities, _report, _all] : (Option[])[_suite, .. choice])
        {
            verb.Options.Add(option);
        }
    }

    /// <summary><c>--profile</c>, a name for <see cref="Profile.Find"/>.</summary>
    /// <param name="description">What it does, in a sentence.</param>
    public static Option<string> Profiles(string description) => Options.Choice("--profile", description, ["fp32", .. Profile.All.Select(profile => profile.Name).Where(name => name != "fp32")]);

    /// <summary><c>--operators</c>, for <see cref="Names"/>.</summary>
    public static Option<string?> OperatorNames() => new("--operators") { Description = "Operators to ask, with commas between. [default: all]", HelpName = "NAMES" };

    /// <summary><c>--cases</c>, for <see cref="Names"/>.</summary>
    /// <param name="description">What it does, in a sentence.</param>
    public static Option<string?> CaseNames(string description) => new("--cases") { Description = description, HelpName = "NAMES" };

    /// <summary>Names with commas between.</summary>
    /// <param name="text">The names; null: none.</param>
    public static string[] Names(string? text) => text?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    /// <summary>The suite.</summary>
    public GoldenSet Suite(ParseResult parsed) => new(parsed.GetRequiredValue(_suite));

    /// <summary>The cases to ask.</summary>
    public RunSelection Selection(ParseResult parsed)
    {
        var levels = parsed.GetValue(_levels);
        return new() { LowestLevel = levels.Lowest, HighestLevel = levels.Highest, Operators = Names(parsed.GetValue(_operators)), Cases = Names(parsed.GetValue(_cases)) };
    }

    /// <summary>Judges a backend, prints what it finds and writes the report.</summary>
    /// <returns>The exit status.</returns>
    public int Judge(ParseResult parsed, ICaseBackend backend, CancellationToken cancellation)
    {
        // Before the first case, not after the last.
        var file = parsed.GetValue(_report);
        if (file is not null && (Directory.Exists(file) || !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(file)))))
        {
            throw new ArgumentException($"--report is {file}, expected a file in a folder that is there");
        }

        var capabilities = parsed.GetValue(_capabilities) is { } path ? Capabilities.Load(path) : Capabilities.All;
        var suite = Suite(parsed);
        var run = new ConformanceRun(suite.Manifest, backend, capabilities, new ProfileJudge(Profile.Find(parsed.GetRequiredValue(_profile))!, suite)) { ReplayOptions = Given(parsed, _suite) + Given(parsed, _capabilities) };
        var report = run.Run(Selection(parsed), result =>
        {
            if (parsed.GetValue(_all) || result.Outcome is CaseOutcome.Failed or CaseOutcome.NotJudged)
            {
                Console.WriteLine(TerminalReport.Case(result));
            }
        }, cancellation);
        Console.WriteLine(TerminalReport.Summary(report));
        if (file is not null)
        {
            report.Save(file);
        }

        if (report.NotReached > 0)
        {
            throw new OperationCanceledException(cancellation);
        }

        return report.Count(CaseOutcome.Failed) > 0 ? ExitCode.Failed : report.IsClean ? ExitCode.Done : ExitCode.Partly;
    }

    // An option as it was given, for a command that does the same again.
    private static string Given(ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false } given ? $" {option.Name} \"{given.Tokens[0].Value}\"" : string.Empty;

    private static LevelRange ParseLevels(ArgumentResult result)
    {
        var (lowest, highest) = (LevelRange.All.Lowest, LevelRange.All.Highest);
        return LevelRange.Parse(Options.Text(result)) ?? Options.Refuse<LevelRange>(result, "--levels", $"a level or a range of levels from {lowest} to {highest}, as 1-3");
    }
}
