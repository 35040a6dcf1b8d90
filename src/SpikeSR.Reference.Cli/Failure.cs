using SpikeSR.Reference.Imaging;
using SpikeSR.Reference.Serialization;
using SpikeSR.Reference.Training;

namespace SpikeSR.Reference.Cli;

/// <summary>What an exception means to the user: an exit status and one line.</summary>
/// <param name="ExitCode">The status of a command that ends with it.</param>
/// <param name="Message">One line.</param>
internal sealed record Failure(int ExitCode, string Message)
{
    /// <summary>Judges an exception.</summary>
    /// <param name="exception">Whatever a verb threw.</param>
    public static Failure Of(Exception exception) => exception switch
    {
        AggregateException { InnerExceptions: [var only] } => Of(only),
        MalformedFileException or IOException or UnauthorizedAccessException or ArgumentException => new(Cli.ExitCode.BadInput, OneLine(exception.Message)),
        LimitExceededException => new(Cli.ExitCode.OverLimit, OneLine(exception.Message)),
        OutOfMemoryException => new(Cli.ExitCode.OverLimit, "not enough memory: ask for less at once, or give the process more"),
        TrainingDivergedException => new(Cli.ExitCode.Failed, OneLine(exception.Message)),
        OperationCanceledException => new(Cli.ExitCode.Interrupted, "stopped"),
        _ => new(Cli.ExitCode.Internal, $"internal error, {exception.GetType().Name}: {OneLine(exception.Message)} (--trace shows where)"),
    };

    // Which parameter of a method it was tells the user nothing.
    private static string OneLine(string text)
    {
        var end = text.LastIndexOf(" (Parameter '", StringComparison.Ordinal);
        return (end < 0 ? text : text[..end]).ReplaceLineEndings(" ").Trim();
    }
}
