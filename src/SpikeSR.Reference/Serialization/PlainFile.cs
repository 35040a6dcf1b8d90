namespace SpikeSR.Reference.Serialization;

/// <summary>What can be read as a file of data at all.</summary>
public static class PlainFile
{
    /// <summary>
    /// Throws before a file is opened that has no length: nothing to read, a named pipe, whose opener waits for a writer for ever, or a device, which may never end.
    /// </summary>
    /// <param name="path">The file; one that is missing is left to its opener.</param>
    /// <returns>Its length in bytes, through links.</returns>
    /// <exception cref="MalformedFileException">It has no length.</exception>
    public static long Check(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var file = new FileInfo(path);
        return (file.LinkTarget is null ? file : file.ResolveLinkTarget(returnFinalTarget: true)) is not FileInfo { Exists: true } found ? 0
            : found.Length > 0 ? found.Length
            : throw new MalformedFileException(path, "file", "no bytes, or a pipe or device", "a file that can be read at any place");
    }
}
