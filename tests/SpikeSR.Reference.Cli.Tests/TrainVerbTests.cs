using System.Security.Cryptography;
using SpikeSR.Reference.Imaging;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Cli;

/// <summary>train as a process: the same weights whatever the threads and however often it is killed, and one line when something is wrong.</summary>
public sealed class TrainVerbTests : IDisposable
{
    private const int Killed = 17;

    // The smallest network there is, so that a step takes milliseconds.
    private static readonly string[] _sizes = ["--channels", "16", "--groups", "1", "--blocks", "1", "--time-steps", "2", "--qk", "4", "--mlp", "8"];
    private readonly Tool _tool = new();

    public TrainVerbTests()
    {
        Directory.CreateDirectory(_tool.At("images"));
        for (var i = 0; i < 3; i++)
        {
            SaveImage($"images/{i}.png", 80 + (8 * i), 72);
        }
    }

    public void Dispose() => _tool.Dispose();

    [Fact]
    public void Thirty_steps_give_the_same_weights_with_one_and_two_threads_and_when_killed_at_step_17_and_resumed()
    {
        Done(_tool.Run(Train("one.safetensors", "--steps", "30", "--threads", "1")));
        Done(_tool.Run(Train("two.safetensors", "--steps", "30", "--threads", "2")));
        string[] arguments = Train("killed.safetensors", "--steps", "30", "--threads", "2", "--checkpoint-every", $"{Killed}", "--validate-every", $"{Killed}");
        using (var process = _tool.Start(arguments))
        {
            // The line of step 17 comes after that step's checkpoint.
            while (process.StandardOutput.ReadLine() is { } line && !line.StartsWith($"step {Killed}/", StringComparison.Ordinal))
            {
            }

            process.Kill();
            process.WaitForExit();
        }

        Assert.False(File.Exists(_tool.At("killed.safetensors")));
        var resumed = _tool.Run([.. arguments, "--resume"]);
        Done(resumed);
        Assert.Contains($"steps {Killed} to 30", resumed.Output, StringComparison.Ordinal);
        Assert.Single(new[] { "one", "two", "killed" }.Select(name => Sha256($"{name}.safetensors")).Distinct(StringComparer.Ordinal));
    }

    [Fact]
    public void A_loss_that_is_not_a_number_is_one_line_and_leaves_the_files_as_they_were()
    {
        var before = WithCheckpoint();
        var network = ModelFile.Load<F32>(_tool.At("model.safetensors"));
        network.StateDict.Find("tail.0.bias")!.Value.Span[0] = new F32(float.NaN);
        ModelFile.Save(network, _tool.At("nan.safetensors"));
        Refused(ExitCode.Failed, "spikesr: training diverged at step 1: loss NaN", before, "--from", "nan.safetensors");
    }

    [Fact]
    public void A_weight_for_no_image_is_one_line_and_leaves_the_files_as_they_were() =>
        Refused(ExitCode.BadInput, "spikesr: --weight is for 'none', expected what an image's name begins with", WithCheckpoint(), "--weight", "none=2");

    [Theory]
    [InlineData("--log", "images/0.png", "spikesr: images/0.png is there already; --resume goes on from the checkpoint, --overwrite begins again")]
    [InlineData("--checkpoint", "new.safetensors", "spikesr: new.safetensors: found a folder or another output, expected a file of its own")]
    [InlineData("--log", "images", "spikesr: images: found a folder or another output, expected a file of its own")]
    public void An_output_that_would_replace_something_is_refused_before_the_first_step(string option, string file, string message)
    {
        var result = _tool.Run(Train("new.safetensors", "--steps", "2", option, file));
        Assert.Equal((ExitCode.BadInput, string.Empty, message + "\n"), (result.ExitCode, result.Output, result.Error));
    }

    [Theory]
    [InlineData("--time-steps", "0", "a whole number from 1 to 1024")]
    [InlineData("--lr", "0", "a number above 0")]
    [InlineData("--average", "1", "a number of at least 0 and below 1")]
    public void A_value_out_of_range_names_its_option(string option, string value, string expected)
    {
        var result = _tool.Run("train", "images", "-o", "new.safetensors", option, value);
        Assert.Equal((ExitCode.BadInput, $"spikesr: {option}: found '{value}', expected {expected} ('spikesr train --help' tells more)\n"), (result.ExitCode, result.Error));
    }

    [Fact]
    public void Holding_every_image_back_is_refused() =>
        Refused(ExitCode.BadInput, "spikesr: --hold-back is 1, which leaves no image to train on", WithCheckpoint(), "--hold-back", "1");

    [Fact]
    public void A_run_does_not_go_on_with_other_images()
    {
        var before = WithCheckpoint();
        Refused(
            ExitCode.BadInput,
            "spikesr: model.safetensors.checkpoint: metadata 'images_sha256': found other images, another order or other weights, expected those that the run began with",
            before,
            "--resume",
            "--weight",
            "0=2");
    }

    [Theory]
    [InlineData("images/0.png", "spikesr: images/0.png is there already; --overwrite replaces it")]
    [InlineData("sheet.bmp", "spikesr: --picture is 'sheet.bmp', expected a file with the extension of an image format, such as .png")]
    public void A_picture_that_cannot_be_written_is_refused_before_the_first_score(string file, string message)
    {
        var result = _tool.Run("score", "images", "--picture", file);
        Assert.Equal((ExitCode.BadInput, message + "\n"), (result.ExitCode, result.Error));
        Assert.DoesNotContain("0.png", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_folders_of_a_log_and_a_curve_are_made()
    {
        Done(_tool.Run(Train("model.safetensors", "--steps", "1", "--log", "logs/run.csv", "--curve", "curves/run.svg")));
        Assert.All(["logs/run.csv", "curves/run.svg"], file => Assert.True(File.Exists(_tool.At(file)), file));
    }

    [Theory]
    [InlineData("broken.png", "spikesr: images/broken.png: ")]
    [InlineData("small.png", "spikesr: images/small.png: size: found 60 x 72 pixels, expected at least 64 x 64 pixels")]
    public void An_image_that_does_not_serve_is_one_line_and_leaves_the_files_as_they_were(string name, string message)
    {
        var before = WithCheckpoint();
        SaveImage($"images/{name}", 60, 72);
        if (name.StartsWith("broken", StringComparison.Ordinal))
        {
            File.WriteAllBytes(_tool.At($"images/{name}"), File.ReadAllBytes(_tool.At($"images/{name}"))[..100]);
        }

        Refused(ExitCode.BadInput, message, before);
    }

    [Fact]
    public void A_full_disk_is_one_line_and_leaves_the_files_as_they_were()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var before = WithCheckpoint();
        // A device that is always full.
        Refused(ExitCode.BadInput, "spikesr: No space left on device", before, "--checkpoint", "/dev/full");
        Refused(ExitCode.BadInput, "spikesr: No space left on device", before, "--log", "/dev/full");
    }

    [Fact]
    public void A_finished_run_is_neither_begun_again_nor_lost_unless_asked_for()
    {
        var before = WithCheckpoint();
        var result = _tool.Run(Train("model.safetensors", "--steps", "2"));
        Assert.Equal(
            (ExitCode.BadInput, "spikesr: model.safetensors is there already; --resume goes on from the checkpoint, --overwrite begins again\n"), (result.ExitCode, result.Error));
        Assert.Equal(before.Values, before.Keys.Select(Sha256));
        Done(_tool.Run(Train("model.safetensors", "--steps", "3", "--overwrite")));
        Assert.NotEqual(before.Values, before.Keys.Select(Sha256));
    }

    [Fact]
    public void A_folder_for_the_network_is_made_before_the_first_step()
    {
        Done(_tool.Run(Train("new/model.safetensors", "--steps", "2")));
        Assert.True(File.Exists(_tool.At("new/model.safetensors")));
        File.WriteAllText(_tool.At("file"), "no folder");
        var result = _tool.Run(Train("file/model.safetensors", "--steps", "2"));
        Assert.Equal((ExitCode.BadInput, string.Empty), (result.ExitCode, result.Output));
    }

    [Fact]
    public void A_network_grows_from_another_whose_own_sizes_stay()
    {
        Done(_tool.Run(Train("model.safetensors", "--steps", "2")));
        Done(_tool.Run(Train("deeper.safetensors", "--steps", "2", "--from", "model.safetensors", "--groups", "2")));
        Assert.Equal(2, ModelFile.Load<F32>(_tool.At("deeper.safetensors")).Configuration.Groups);
        var refused = _tool.Run(Train("wider.safetensors", "--steps", "2", "--from", "model.safetensors", "--channels", "32"));
        Assert.Equal(
            (ExitCode.BadInput, "spikesr: --channels is for a new network; that of --from has its own sizes, and only --groups can add to it\n"), (refused.ExitCode, refused.Error));
    }

    [Fact]
    public void A_curve_and_a_log_are_written_and_a_curve_without_a_log_is_refused()
    {
        Done(_tool.Run(Train("model.safetensors", "--steps", "3", "--log", "log.csv", "--curve", "curve.svg")));
        Assert.Equal("step,loss,rate,gradient_norm,psnr", File.ReadLines(_tool.At("log.csv")).First());
        Assert.Contains("<polyline", File.ReadAllText(_tool.At("curve.svg")), StringComparison.Ordinal);
        var result = _tool.Run(Train("model.safetensors", "--steps", "3", "--curve", "curve.svg"));
        Assert.Equal((ExitCode.BadInput, "spikesr: --curve needs --log, whose lines it draws\n"), (result.ExitCode, result.Error));
    }

    [Fact]
    public void Score_prints_a_table_or_JSON()
    {
        var table = _tool.Run("score", "images");
        Done(table);
        Assert.Contains("mean of 3", table.Output, StringComparison.Ordinal);
        var json = _tool.Run("score", "images", "--json");
        Done(json);
        using var document = System.Text.Json.JsonDocument.Parse(json.Output);
        Assert.Equal(3, document.RootElement.GetProperty("images").GetArrayLength());
        Assert.True(document.RootElement.GetProperty("energy").GetProperty("joules").GetDouble() > 0);
        Assert.InRange(document.RootElement.GetProperty("spikes")[0].GetProperty("rate").GetDouble(), 0, 1);
    }

    [Fact]
    public void Score_goes_on_after_images_that_do_not_serve_and_lists_them()
    {
        SaveImage("images/small.png", 60, 72);
        File.WriteAllText(_tool.At("images/broken.png"), "no image");
        var result = _tool.Run("score", "images", "--picture", "sheet.png");
        Assert.Equal(ExitCode.Partly, result.ExitCode);
        Assert.Contains("mean of 3", result.Output, StringComparison.Ordinal);
        Assert.All(["images/broken.png: file: ", "images/small.png: size: found 60 x 72"], complaint =>
        {
            Assert.Contains("spikesr: " + complaint, result.Error, StringComparison.Ordinal);
            Assert.Contains("failed  " + complaint, result.Output, StringComparison.Ordinal);
        });
        Directory.CreateDirectory(_tool.At("none"));
        File.Move(_tool.At("images/broken.png"), _tool.At("none/broken.png"));
        Assert.Equal(ExitCode.BadInput, _tool.Run("score", "none").ExitCode);
    }

    private static void Done(Tool.Result result) => Assert.Equal((ExitCode.Done, string.Empty), (result.ExitCode, result.Error));

    private static string[] Train(string output, params string[] more) =>
    [
        "train", "images", "-o", output, .. more.Contains("--from") ? [] : _sizes, "--crop", "16", "--batch", "1", "--fit-tail", "2", .. more.Contains("--hold-back") ? [] : new[] { "--hold-back", "3" }, .. more,
    ];

    // A finished run's files, and their digests.
    private Dictionary<string, string> WithCheckpoint()
    {
        Done(_tool.Run(Train("model.safetensors", "--steps", "2")));
        return new[] { "model.safetensors", "model.safetensors.checkpoint" }.ToDictionary(name => name, Sha256, StringComparer.Ordinal);
    }

    private void Refused(int exitCode, string message, Dictionary<string, string> before, params string[] more)
    {
        var result = _tool.Run(Train("model.safetensors", ["--steps", "2", .. more.Contains("--resume") ? [] : new[] { "--overwrite" }, .. more]));
        Assert.Equal(exitCode, result.ExitCode);
        Assert.StartsWith(message, Assert.Single(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.Equal(before.Values, before.Keys.Select(Sha256));
        Assert.DoesNotContain(_tool.Files(), name => name.Contains(".tmp-", StringComparison.Ordinal));
    }

    private string Sha256(string name) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(_tool.At(name))));

    private void SaveImage(string name, int width, int height)
    {
        var image = new Image(new ImageHeader(width, height, 3, SampleKind.UInt8));
        for (var k = 0; k < image.Samples.Length; k++)
        {
            image.Samples[k] = (float)Math.Floor(128 + (100 * Math.Sin((k / 3 % width / 5.0) + (k % 3)) * Math.Cos(k / 3 / width / 4.0)));
        }

        image.Save(_tool.At(name));
    }
}
