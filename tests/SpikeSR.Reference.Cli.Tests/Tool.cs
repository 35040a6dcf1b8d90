using System.Diagnostics;

namespace SpikeSR.Reference.Cli;

/// <summary>The command as a process of its own, in a folder of its own that is removed afterwards.</summary>
internal sealed class Tool : IDisposable
{
    /// <summary>What a run left behind.</summary>
    public sealed record Result(int ExitCode, string Output, string Error);

    // The built command itself, as a user runs it: ahead-of-time code works only where the build put it.
    private static readonly string Program = Path.Combine(
        RepositoryPaths.Root, "src", "SpikeSR.Reference.Cli", "bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, new DirectoryInfo(AppContext.BaseDirectory).Name, "spikesr");

    /// <summary>Whether it is a native program, beside which the managed one lies.</summary>
    public static bool IsNative { get; } = File.Exists(Program + "-managed");

    public string Folder { get; } = Directory.CreateTempSubdirectory("spikesr-").FullName;

    public string At(string name) => Path.Combine(Folder, name);

    public string[] Files(string name = "") => [.. Directory.GetFiles(At(name)).Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal)];

    public Result Run(params IEnumerable<string> arguments)
    {
        using var process = Start(arguments);
        return Wait(process);
    }

    /// <summary>Runs the command through the shell.</summary>
    /// <param name="line">What stands after the command's name, redirections included.</param>
    public Result RunLine(string line)
    {
        using var process = StartProgram("/bin/sh", ["-c", $"\"$0\" {line}", Program]);
        return Wait(process);
    }

    /// <summary>Starts the command; standard input is empty.</summary>
    public Process Start(params IEnumerable<string> arguments) => StartProgram(Program, arguments);

    private Process StartProgram(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // The runtime that runs the tests, wherever it lies.
        if (Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { } host)
        {
            start.Environment["DOTNET_ROOT"] = Path.GetDirectoryName(host);
        }

        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }

    public static Result Wait(Process process)
    {
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new Result(process.ExitCode, output, error.Result);
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
