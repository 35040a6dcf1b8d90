using System.CommandLine;
using SpikeSR.Reference.Cli;
using SpikeSR.Reference.Cli.Verbs;
using SpikeSR.Reference.Imaging;
using SpikeSR.Reference.Serialization;
using SpikeSR.Reference.Training;

var trace = new Option<bool>("--trace") { Description = "On an error, print where it happened.", Recursive = true };
var root = new RootCommand("SpikeSR: an attention spiking neural network for the super-resolution of remote-sensing images, as a verifiable reference.")
{
    trace, UpscaleVerb.Create(), TrainVerb.Create(), InfoVerb.Create(),
};
var parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    foreach (var error in parsed.Errors)
    {
        await Console.Error.WriteLineAsync("spikesr: " + error.Message).ConfigureAwait(false);
    }

    await Console.Error.WriteLineAsync("spikesr: see spikesr --help").ConfigureAwait(false);
    return ExitCode.BadInput;
}

try
{
    // After Ctrl-C a verb gets time to save what it has.
    return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromMinutes(1) }).ConfigureAwait(false);
}
#pragma warning disable CA1031 // every failure ends as one line and an exit code
catch (Exception failure)
#pragma warning restore CA1031
{
    var (code, message) = failure switch
    {
        MalformedFileException or ArgumentException => (ExitCode.BadInput, failure.Message),
        IOException or UnauthorizedAccessException => (ExitCode.BadInput, failure.Message),
        LimitExceededException => (ExitCode.OverLimit, failure.Message),
        TrainingDivergedException => (ExitCode.Failed, failure.Message),
        OperationCanceledException => (ExitCode.Interrupted, "stopped"),
        _ => (ExitCode.Internal, $"internal error: {failure.Message} (--trace tells where)"),
    };
    await Console.Error.WriteLineAsync("spikesr: " + (parsed.GetValue(trace) ? failure.ToString() : message.ReplaceLineEndings(" "))).ConfigureAwait(false);
    return code;
}
