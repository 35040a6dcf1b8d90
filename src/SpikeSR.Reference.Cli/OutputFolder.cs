namespace SpikeSR.Reference.Cli;

/// <summary>The folder that an output shall lie in.</summary>
internal static class OutputFolder
{
    /// <summary>Makes it, if it is not there.</summary>
    /// <param name="output">The output as the user named it.</param>
    /// <exception cref="IOException">It cannot be made; the message names the output.</exception>
    public static void Create(string output)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(output))!);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{output}: its folder cannot be made: {failure.Message}", failure);
        }
    }
}
