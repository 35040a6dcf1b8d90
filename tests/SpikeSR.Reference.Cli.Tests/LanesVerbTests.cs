namespace SpikeSR.Reference.Cli;

public class LanesVerbTests
{
    [Fact]
    public void A_step_of_training_and_the_output_have_the_same_bytes_on_every_lane_and_with_any_number_of_threads()
    {
        using var tool = new Tool();

        var result = tool.Run("lanes", "--steps", "1", "--threads", "1", "3");

        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        Assert.Equal(Tool.IsNative ? 12 : 10, result.Output.Split('\n').Count(line => line.Contains("weights", StringComparison.Ordinal)));
        Assert.EndsWith("all bytes are equal\n", result.Output.ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_process_that_is_asked_for_no_numbers_of_threads_takes_one_two_three_and_seven()
    {
        using var tool = new Tool();

        var result = tool.Run("lanes", "--here", "--steps", "1");

        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        Assert.Equal(["1", "2", "3", "7"], result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ').TakeWhile(word => word != "threads").Last()));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("2,x")]
    public void Numbers_of_threads_that_are_none_are_refused(string numbers)
    {
        using var tool = new Tool();

        var result = tool.Run("lanes", "--threads", numbers);

        Assert.Equal((ExitCode.BadInput, true), (result.ExitCode, result.Error.StartsWith($"spikesr: --threads: found '{numbers}', expected a whole number from 1 to 1024", StringComparison.Ordinal)));
    }
}
