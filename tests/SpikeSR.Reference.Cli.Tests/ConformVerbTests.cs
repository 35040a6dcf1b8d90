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
