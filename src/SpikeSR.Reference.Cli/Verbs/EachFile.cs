namespace SpikeSR.Reference.Cli.Verbs;

/// <summary>Going through files of which a bad one is reported and does not stop the others.</summary>
internal static class EachFile
{
    /// <summary>Handles every file.</summary>
    /// <param name="files">Paths.</param>
    /// <param name="handle">Throws where a file is bad.</param>
    /// <returns>How many were bad.</returns>
    public static int Handle(IReadOnlyList<string> files, Action<string> handle) => files.Count(file => Complaint(file, handle) is not null);

    /// <summary>Handles a file, and reports it if it is bad.</summary>
    /// <param name="file">Path.</param>
    /// <param name="handle">Throws where the file is bad.</param>
    /// <returns>What was reported; null if the file is sound.</returns>
    public static string? Complaint(string file, Action<string> handle)
    {
        try
        {
            handle(file);
            return null;
        }
        catch (Exception exception) when (Failure.Of(exception) is { ExitCode: not ExitCode.Internal } failure)
        {
            var complaint = failure.Message.Contains(file, StringComparison.Ordinal) ? failure.Message : $"{file}: {failure.Message}";
            CommandLine.Report(complaint);
            return complaint;
        }
    }
}
