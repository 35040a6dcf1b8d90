using System.Globalization;

namespace SpikeSR.Reference.Cli;

/// <summary>neuron as a process: the columns t, X, H, S and V, worked by hand.</summary>
public sealed class NeuronVerbTests : IDisposable
{
    private readonly Tool _tool = new();

    public void Dispose() => _tool.Dispose();

    [Theory]
    [InlineData("--input 0.125 --steps 4 --threshold 0.25", "0.125 . 0.125, 0.1875 . 0.1875, 0.21875 . 0.21875, 0.234375 . 0.234375")]
    [InlineData("--input 0.125,0.25 --steps 3 --threshold 0.25", "0.125 . 0.125, 0.3125 1 0, 0.125 . 0.125")]
    [InlineData("--input 0.75 --steps 3 --threshold 0.5 --reset soft", "0.75 1 0.25, 0.875 1 0.375, 0.9375 1 0.4375")]
    [InlineData("--input 0.25 --steps 3 --threshold 0.5 --kind if --reset -0.25", "0 . 0, 0.25 . 0.25, 0.5 1 -0.25")]
    [InlineData("--input 0.5 --steps 2 --threshold 1 --decay-input", "0.25 . 0.25, 0.375 . 0.375")]
    [InlineData("--input 0.5 --steps 2 --threshold 1 --kind plif --w 0", "0.5 . 0.5, 0.75 . 0.75")]
    public void A_neuron_charges_fires_and_resets(string options, string expected)
    {
        var result = _tool.Run(["neuron", .. options.Split(' ')]);
        Assert.Equal((ExitCode.Done, string.Empty), (result.ExitCode, result.Error));
        var rows = result.Output.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(words => words.Length >= 6 && int.TryParse(words[0], CultureInfo.InvariantCulture, out _));
        Assert.Equal(expected, string.Join(", ", rows.Where(words => words[1] != "spikes").Select(words => $"{words[2]} {words[3]} {words[4]}")));
    }

    [Fact]
    public void Without_options_the_neuron_of_the_network_fires_every_other_step()
    {
        var result = _tool.Run("neuron");
        Assert.Contains("LIF, V_th = 0.15, V_reset = 0, tau = 2", result.Output, StringComparison.Ordinal);
        Assert.EndsWith("6 spikes in 12 steps: 50 %", result.Output.TrimEnd(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--input", "0.1,x", "spikesr: --input: found '0.1,x', expected numbers with commas between, such as 0.1,0,0.3 ('spikesr neuron --help' tells more)")]
    [InlineData("--reset", "hard", "spikesr: --reset: found 'hard', expected a number or soft ('spikesr neuron --help' tells more)")]
    [InlineData("--tau", "1", "spikesr: tau is 1, expected above 1")]
    [InlineData("--w", "1", "spikesr: --w is for --kind plif, not for lif")]
    public void A_bad_option_is_one_line(string option, string value, string expected)
    {
        var result = _tool.Run("neuron", option, value);
        Assert.Equal((ExitCode.BadInput, string.Empty, expected), (result.ExitCode, result.Output, result.Error.TrimEnd()));
    }
}
