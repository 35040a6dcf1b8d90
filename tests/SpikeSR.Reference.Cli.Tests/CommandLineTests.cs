using System.Text.RegularExpressions;

namespace SpikeSR.Reference.Cli;

/// <summary>What the command does before a verb runs: a line that begins with a verb is parsed by that verb alone, help knows them all.</summary>
public sealed partial class CommandLineTests : IDisposable
{
    private readonly Tool _tool = new();

    public void Dispose() => _tool.Dispose();

    [Fact]
    public void Every_verb_that_help_lists_can_be_named_with_and_without_help()
    {
        var help = _tool.Run("--help").Output;
        var verbs = VerbLine().Matches(help[help.IndexOf("Commands:", StringComparison.Ordinal)..]).Select(match => match.Groups["verb"].Value).ToArray();
        Assert.Contains("upscale", verbs);
        Assert.Equal(12, verbs.Length);
        Assert.All(verbs, verb =>
        {
            var told = _tool.Run(verb, "--help");
            Assert.Equal((ExitCode.Done, string.Empty), (told.ExitCode, told.Error));
            Assert.Contains($"  spikesr {verb}", told.Output, StringComparison.Ordinal);
            var refused = _tool.Run(verb, "--nonsense");
            Assert.Equal(ExitCode.BadInput, refused.ExitCode);
            Assert.EndsWith($"('spikesr {verb} --help' tells more)", refused.Error.TrimEnd(), StringComparison.Ordinal);
        });
    }

    [Fact]
    public void A_word_that_is_no_verb_is_refused_with_all_verbs_known()
    {
        var refused = _tool.Run("upscal", "image.png");
        Assert.Equal((ExitCode.BadInput, "spikesr: Unrecognized command or argument 'upscal'. ('spikesr --help' tells more)"), (refused.ExitCode, refused.Error.TrimEnd()));
    }

    [Theory]
    [InlineData("--sample needs --accuracy", "info", "--sample", "3")]
    [InlineData("--show needs --picture", "score", "images", "--show", "a.png")]
    [InlineData("--resume goes on and --overwrite begins again, expected one of them", "train", "images", "-o", "model.safetensors", "--resume", "--overwrite")]
    [InlineData("--engine is for an engine of this program, --backend for another backend, expected one of them", "conform", "run", "--backend", "b {case} {out}", "--engine", "simd")]
    public void Options_that_mean_nothing_together_are_refused(string message, params string[] words)
    {
        var refused = _tool.Run(words);
        Assert.Equal((ExitCode.BadInput, string.Empty), (refused.ExitCode, refused.Output));
        Assert.StartsWith($"spikesr: {message}", refused.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("upscale none.png 2>&-", "")]
    [InlineData("upscale none.png 2>/dev/full", "")]
    [InlineData("neuron >/dev/full", "spikesr: standard output: No space left on device\n")]
    public void A_full_or_closed_standard_stream_ends_with_the_status_that_is_due(string line, string error)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var result = _tool.RunLine(line);
        Assert.Equal((ExitCode.BadInput, string.Empty, error), (result.ExitCode, result.Output, result.Error));
    }

    // Two spaces, a word, and more than one space before what it does.
    [GeneratedRegex(@"^  (?<verb>\w+) ", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex VerbLine();
}
