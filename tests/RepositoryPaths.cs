namespace SpikeSR.Reference;

/// <summary>Where the tests find files that are not built: the working tree, and the shared folder beside it.</summary>
internal static class RepositoryPaths
{
    /// <summary>The folder of SpikeSR.Reference.sln, found by walking up from the test assembly.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The folder ../shared beside the working tree, or null where there is none.</summary>
    public static string? Shared { get; } = ExistingFolder(Path.Combine(Root, "..", "shared"));

    /// <summary>A file under tests/PROJECT/Data.</summary>
    public static string TestData(string project, string name) => Path.Combine(Root, "tests", project, "Data", name);

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "SpikeSR.Reference.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"no SpikeSR.Reference.sln above {AppContext.BaseDirectory}");
    }

    private static string? ExistingFolder(string path) => Directory.Exists(path) ? Path.GetFullPath(path) : null;
}
