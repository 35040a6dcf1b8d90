using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SpikeSR.Reference.Cli;

/// <summary>
/// The command in .NET's runtime. A Release build makes a native program of it where it can, which starts at once but can neither look for classes and fields at run time
/// nor be told to leave instructions out; for those verbs it becomes the managed program, which lies beside it.
/// </summary>
internal static partial class ManagedProgram
{
    private const string Name = "spikesr-managed";
    private const string NativeName = "spikesr";

    /// <summary>Whether this is it.</summary>
    public static bool IsThis => RuntimeFeature.IsDynamicCodeSupported;

    /// <summary>Whether it lies beside this one, a native program.</summary>
    public static bool IsBeside => File.Exists(Beside(Name));

    /// <summary>The native program that this one lies beside; null where there is none.</summary>
    public static string? NativeBeside() => Path.GetFileName(Environment.ProcessPath) == Name ? Beside(NativeName) : null;

    /// <summary>Becomes the managed program: the same process, with the same arguments.</summary>
    /// <param name="arguments">The words after <c>spikesr</c>.</param>
    /// <returns>Never.</returns>
    public static int Continue(string[] arguments)
    {
        var path = Beside(Name);
        if (!IsBeside)
        {
            throw new FileNotFoundException($"{path} is missing, expected the managed program, which a Release build lays beside this one", path);
        }

        _ = Execute(path, [path, .. arguments, null]);
        throw new IOException($"{path} could not be started: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
    }

    private static string Beside(string name) => Path.Combine(Path.GetDirectoryName(Environment.ProcessPath)!, name);

    [LibraryImport("libc", EntryPoint = "execv", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Execute(string path, string?[] arguments);
}
