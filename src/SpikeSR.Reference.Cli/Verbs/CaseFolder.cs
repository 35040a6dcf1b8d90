namespace SpikeSR.Reference.Cli.Verbs;

/// <summary>Going through a folder's cases: a bad one is reported, the others go on.</summary>
internal static class CaseFolder
{
    /// <summary>Handles every file.</summary>
    /// <param name="files">Paths.</param>
    /// <param name="handle">Throws where a file is bad.</param>
    /// <returns>How many were bad.</returns>
    public static int ForEach(IReadOnlyList<string> files, Action<string> handle)
    {
        var bad = 0;
        foreach (var file in files)
        {
            try
            {
                handle(file);
            }
            catch (Exception exception) when (Failure.Of(exception) is { ExitCode: not ExitCode.Internal } failure)
            {
                CommandLine.Report(failure.Message.Contains(file, StringComparison.Ordinal) ? failure.Message : $"{file}: {failure.Message}");
                bad++;
            }
        }

        return bad;
    }
}
