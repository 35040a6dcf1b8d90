namespace SpikeSR.Reference.Cli.Upscaling;

/// <summary>Paths without links, so that one file has one.</summary>
internal static class RealPath
{
    /// <summary>That of what a path leads to.</summary>
    /// <param name="path">A path; what is not there is taken as it stands.</param>
    public static string Of(string path) => Follow(OfLink(path));

    /// <summary>That of what stands at a path itself, a link for one, which is what a new file replaces.</summary>
    /// <param name="path">A path; what is not there is taken as it stands.</param>
    public static string OfLink(string path)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        return Path.GetDirectoryName(full) is { } folder ? Path.Combine(Of(folder), Path.GetFileName(full)) : full;
    }

    private static string Follow(string path)
    {
        FileSystemInfo info = Directory.Exists(path) ? new DirectoryInfo(path) : new FileInfo(path);
        return info.LinkTarget is not null && info.ResolveLinkTarget(returnFinalTarget: true) is { Exists: true } target ? Of(target.FullName) : path;
    }
}
