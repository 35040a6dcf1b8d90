using System.Diagnostics;

namespace SpikeSR.Reference.Imaging.Tests;

/// <summary>Runs another program.</summary>
internal static class Tool
{
    public static bool Exists(string name) =>
        Path.IsPathRooted(name) ? File.Exists(name) : (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, name)));

    /// <summary>Runs to the end and gives what was printed on standard output; anything but exit code 0 fails.</summary>
    public static byte[] Run(string name, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(name, arguments) 
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = process.StandardError.ReadToEndAsync();
        using var output = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(output);
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{name} {string.Join(' ', arguments)}: exit code {process.ExitCode}: {errors.Result}");
        return output.ToArray();
    }
}
