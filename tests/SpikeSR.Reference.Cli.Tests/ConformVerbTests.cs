using System.Diagnostics;

namespace SpikeSR.Reference.Cli;

/// <summary>conform as a process: what its help says, and exit statuses.</summary>
public sealed class ConformVerbTests : IDisposable
{
    private readonly Tool _tool = new();

    private static string Suite => Path.Combine(RepositoryPaths.Root, "golden", "v1");

    public void Dispose() => _tool.Dispose();

    [Fact]
    public void Help_shows_defaults_as_they_are_typed()
    {
        var help = _tool.Run("conform", "run", "--help").Output;
        Assert.Contains("[default: fp32]", help, StringComparison.Ordinal);
        Assert.Contains("[default: 1-5]", help, StringComparison.Ordinal);
        Assert.DoesNotContain("{ Name", help, StringComparison.Ordinal);
    }

    [Fact]
    public void An_engine_passes_and_a_folder_without_answers_fails()
    {
        Assert.Equal(ExitCode.Done, _tool.Run("conform", "run", "--suite", Suite, "--engine", "simd", "--precision", "f32", "--levels", "1-2", "--operators", "relu").ExitCode);
        Directory.CreateDirectory(_tool.At("answers"));
        var result = _tool.Run("conform", "verify", "answers", "--suite", Suite, "--cases", "relu-one");
        Assert.Equal(ExitCode.Failed, result.ExitCode);
        Assert.Contains("FAIL  relu-one", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_report_that_cannot_be_written_is_refused_before_the_first_case()
    {
        var result = _tool.Run("conform", "run", "--suite", Suite, "--engine", "simd", "--cases", "relu-one", "--report", "none/report.json");
        Assert.Equal((ExitCode.BadInput, string.Empty, "spikesr: --report is none/report.json, expected a file in a folder that is there\n"), (result.ExitCode, result.Output, result.Error));
    }

    [Fact]
    public void Told_to_stop_it_reports_what_it_has_and_ends_its_backend()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        File.WriteAllText(_tool.At("backend.sh"), "echo $$ > pid.part; mv pid.part pid; while :; do sleep 1; done");
        using var process = _tool.Start("conform", "run", "--suite", Suite, "--operators", "relu", "--report", "report.json", "--backend", "sh backend.sh {case} {out}");
        while (!process.HasExited && !File.Exists(_tool.At("pid")))
        {
            Thread.Sleep(5);
        }

        using var signal = Process.Start("/bin/sh", ["-c", $"kill -TERM {process.Id}"]);
        var result = Tool.Wait(process);
        Assert.Equal((ExitCode.Interrupted, "spikesr: stopped\n"), (result.ExitCode, result.Error));
        Assert.Contains("0 of 0 passed", result.Output, StringComparison.Ordinal);
        Assert.Contains("; stopped before the last ", _tool.Run("conform", "report", "report.json").Output, StringComparison.Ordinal);
        using var left = Process.Start("/bin/sh", ["-c", $"kill -0 {File.ReadAllText(_tool.At("pid")).Trim()} 2>/dev/null"]);
        left.WaitForExit();
        Assert.NotEqual(0, left.ExitCode);
    }

    [Theory]
    [InlineData("--runs", "0")]
    [InlineData("--profile", "fp8")]
    [InlineData("--operators", "relu,rely")]
    public void Bounds_names_what_it_was_given_and_what_there_is(string option, string value)
    {
        var result = _tool.Run("bounds", Suite, option, value);
        Assert.Equal(ExitCode.BadInput, result.ExitCode);
        var line = Assert.Single(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains($"{option}: found '{value.Split(',')[^1]}', expected ", line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_suite_that_is_not_there_is_one_line()
    {
        var result = _tool.Run("conform", "list");
        Assert.Equal((ExitCode.BadInput, "spikesr: golden/v1: manifest.json: found nothing, expected the folder of a golden set: golden/v1 in the repository\n"), (result.ExitCode, result.Error));
    }

    [Theory]
    [InlineData("0-3")]
    [InlineData("3-1")]
    [InlineData("1-6")]
    [InlineData("one")]
    public void Levels_that_are_none_are_bad_usage(string levels)
    {
        var result = _tool.Run("conform", "list", "--suite", Suite, "--levels", levels);
        Assert.Equal(ExitCode.BadInput, result.ExitCode);
        Assert.Contains($"--levels: found '{levels}'", result.Error, StringComparison.Ordinal);
    }
}
