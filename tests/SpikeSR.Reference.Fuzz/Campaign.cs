using System.Diagnostics;
using System.Globalization;

namespace SpikeSR.Reference.Fuzz;

/// <summary>All cases of one format, in child processes of 512 MiB heap; after a finding another child goes on with the next case.</summary>
internal static class Campaign
{
    private const string HeapBytes = "20000000"; // hexadecimal

    /// <summary>Runs.</summary>
    /// <param name="format">Of <see cref="Decoder.Formats"/>.</param>
    /// <param name="seed">Seed.</param>
    /// <param name="cases">How many inputs.</param>
    /// <returns>How many findings.</returns>
    public static int Run(string format, ulong seed, int cases)
    {
        var watch = Stopwatch.StartNew();
        var input = Path.Combine(Path.GetTempPath(), $"fuzz-{format}-{Environment.ProcessId}");
        var (findings, sound) = (0, "none");
        for (var next = 0; next < cases;)
        {
            var (exitCode, output) = Child(format, seed, next, cases - next, input);
            if (exitCode == 0)
            {
                sound = output.Trim();
                break;
            }

            var (number, bytes) = Saved(input);
            var finding = $"finding-{format}-{seed}-{number}";
            File.WriteAllBytes(finding, bytes);
            Console.WriteLine($"{finding}: exit status {exitCode}: {output.Trim()}");
            findings++;
            next = number + 1;
        }

        File.Delete(input);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{format}: {cases} inputs, {findings} findings, {sound} sound{(findings > 0 ? " since the last" : string.Empty)}, {watch.Elapsed.TotalSeconds:0} s"));
        return findings;
    }

    private static (int ExitCode, string Output) Child(string format, ulong seed, int first, int count, string input)
    {
        string[] command =
        [
            typeof(Campaign).Assembly.Location, "worker", format, seed.ToString(CultureInfo.InvariantCulture),
            first.ToString(CultureInfo.InvariantCulture), count.ToString(CultureInfo.InvariantCulture), input,
        ];
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", command) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_GCHeapHardLimit"] = HeapBytes;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.Result);
    }

    private static (int Number, byte[] Bytes) Saved(string input)
    {
        var saved = File.ReadAllBytes(input);
        return (BitConverter.ToInt32(saved, 0), saved[8..(8 + BitConverter.ToInt32(saved, 4))]);
    }
}
