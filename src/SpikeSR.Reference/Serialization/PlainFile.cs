namespace SpikeSR.Reference.Serialization;

/// <summary>What can be read as a file of data at all.</summary>
public static class PlainFile
{
    /// <summary>
    /// Throws before a file is opened that has no length: nothing to read, a named pipe, whose opener waits for a writer for ever, or a device, which may never end.
    /// </summary>
    /// <param name="path">The file; one that is missing is left to its opener.</param>
    /// <exception cref="MalformedFileException">It has no length.</exception>
    public static void Check(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var file = new FileInfo(path);
        if ((file.LinkTarget is null ? file : file.ResolveLinkTarget(returnFinalTarget: true)) is FileInfo { Exists: true, Length: 0 })
        {
            throw new MalformedFileException(path, "file", "no bytes, or a pipe or device", "a file that can be read at any place");
        }
    }
}
