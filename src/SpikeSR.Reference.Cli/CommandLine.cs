using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using SpikeSR.Reference.Cli.Verbs;

namespace SpikeSR.Reference.Cli;

/// <summary>The command <c>spikesr</c>: parses, runs a verb, and turns whatever goes wrong into one line and an exit status.</summary>
internal static class CommandLine
{
    // In the order in which help tells of them. Those that find their classes and fields at run time are the managed program's alone.
    private static readonly (string Name, Func<Command>? Create)[] Verbs =
    [
        ("upscale", UpscaleVerb.Create),
        ("train", TrainVerb.Create),
        ("score", ScoreVerb.Create),
        ("info", InfoVerb.Create),
        ("neuron", NeuronVerb.Create),
        ("eval", EvalVerb.Create),
        ("check", CheckVerb.Create),
        ("cases", CasesVerb.Create),
        ("golden", ManagedProgram.IsThis ? GoldenVerb.Create : null),
        ("conform", ManagedProgram.IsThis ? ConformVerb.Create : null),
        ("bounds", ManagedProgram.IsThis ? BoundsVerb.Create : null),
        ("lanes", LanesVerb.Create),
    ];

    private static readonly Option<bool> Trace = new("--trace") { Description = "On an error, print where it happened.", Recursive = true };

    /// <summary>Runs one command line.</summary>
    /// <param name="arguments">The words after <c>spikesr</c>.</param>
    /// <returns>The exit status, one of <see cref="ExitCode"/>.</returns>
    public static int Run(string[] arguments)
    {
        ParseResult? parsed = null;
        try
        {
            var first = arguments.FirstOrDefault(string.Empty);
            if (!ManagedProgram.IsThis && IsForManaged(first))
            {
                return ManagedProgram.Continue(arguments);
            }

            // No response files: a path may begin with '@'.
            parsed = Create(first).Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
            if (parsed.Errors.Count > 0)
            {
                return Refuse(parsed, Complaint(parsed));
            }

            if (UnknownOption(parsed) is { } option)
            {
                return Refuse(parsed, option);
            }

            return Invoke(parsed);
        }
#pragma warning disable CA1031 // the last resort: nobody is above us
        catch (Exception exception)
#pragma warning restore CA1031
        {
            var failure = Failure.Of(exception);
            Report(failure.Message);
            if (parsed?.GetValue(Trace) ?? false)
            {
                Console.Error.WriteLine(exception);
            }

            return failure.ExitCode;
        }
    }

    /// <summary>Says on standard error what went wrong.</summary>
    /// <param name="message">One line.</param>
    public static void Report(string message) => Console.Error.WriteLine($"spikesr: {message}");

    // Whether the native program leaves a command line with this first word to the managed one: besides its verbs, where there is a choice, help, which tells of all
    // verbs, and the complaint about a word that is none.
    private static bool IsForManaged(string first) => Verbs.FirstOrDefault(verb => verb.Name == first) switch
    {
        (null, _) => first != "--version" && ManagedProgram.IsBeside,
        (_, var create) => create is null,
    };

    // A command line that begins with a verb needs that verb alone: a start spends milliseconds on the options of the others.
    private static RootCommand Create(string first)
    {
        var root = new RootCommand("SpikeSR: an attention spiking neural network for the super-resolution of remote-sensing images, as a verifiable reference.") { Trace };
        var named = Verbs.Any(verb => verb.Name == first);
        foreach (var (name, create) in Verbs)
        {
            if (create is not null && (name == first || !named))
            {
                root.Add(create());
            }
        }

        return root;
    }

    private static int Invoke(ParseResult parsed)
    {
        using var interruption = new Interruption(isCancellable: parsed.Action is AsynchronousCommandLineAction);
        var invocation = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
        return parsed.InvokeAsync(invocation, interruption.Token).GetAwaiter().GetResult();
    }

    private static int Refuse(ParseResult parsed, string complaint)
    {
        Report($"{complaint.ReplaceLineEndings(" ")} ('{VerbPath(parsed.CommandResult)} --help' tells more)");
        return ExitCode.BadInput;
    }

    // The first word that has no meaning explains all others; of other complaints the last is the most specific.
    private static string Complaint(ParseResult parsed) =>
        UnknownOption(parsed) is { } option ? option
        : parsed.UnmatchedTokens is [var word, ..] && parsed.Errors.FirstOrDefault(error => error.Message.Contains($"'{word}'", StringComparison.Ordinal)) is { } first ? first.Message
        : parsed.Errors[^1].Message;

    // What looks like an option and is none would be an argument.
    private static string? UnknownOption(ParseResult parsed)
    {
        var words = parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(argument => argument.Tokens).Select(token => token.Value);
        return !parsed.Tokens.Any(token => token.Type == TokenType.DoubleDash) && words.FirstOrDefault(word => word is ['-', _, ..]) is { } option
            ? $"Unrecognized option '{option}'."
            : null;
    }

    // "spikesr eval" for the verb eval.
    private static string VerbPath(CommandResult result) => result.Parent is CommandResult parent ? $"{VerbPath(parent)} {result.Command.Name}" : "spikesr";
}
