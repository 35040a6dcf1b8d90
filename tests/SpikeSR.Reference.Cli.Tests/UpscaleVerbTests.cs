using System.Diagnostics;
using System.Text;
using System.Text.Json;
using SpikeSR.Reference.Imaging;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Cli;

/// <summary>upscale as a process: files, folders, what it refuses, and what is left when it is killed.</summary>
public sealed class UpscaleVerbTests : IDisposable
{
    private const string Model = "small.safetensors";
    private readonly Tool _tool = new();

    public UpscaleVerbTests()
    {
        var network = new SpikeSr<F32>(new SpikeSrConfiguration { Steps = 1, Channels = 16, Groups = 1, Blocks = 1, PatchSizes = [6], QueryDepth = 4, Hidden = 8, Scale = 2 });
        network.StateDict.Initialise(1);
        ModelFile.Save(network, _tool.At(Model));
    }

    public void Dispose() => _tool.Dispose();

    [Fact]
    public void The_output_is_beside_the_input_unless_it_is_named_and_nothing_is_replaced_unasked()
    {
        Save("a.png", new ImageHeader(20, 12, 3, SampleKind.UInt8));
        var result = _tool.Run("upscale", "a.png", "-m", Model);
        Assert.Equal((ExitCode.Done, string.Empty), (result.ExitCode, result.Error));
        Assert.StartsWith("wrote a-x2.png, 40 x 24 pixels", result.Output, StringComparison.Ordinal);
        Refuse(ExitCode.BadInput, "spikesr: a-x2.png is there already; --overwrite replaces it", "upscale", "a.png", "-m", Model);
        Assert.Equal(ExitCode.Done, _tool.Run("upscale", "-i", "a.png", "-m", Model, "--overwrite", "-s", "2", "-j", "1").ExitCode);
        Assert.Equal(ExitCode.Done, _tool.Run("upscale", "a.png", "-m", Model, "-o", "new/", "-f", "jpg", "-q", "50").ExitCode);
        Assert.Equal((40, 24), Size("new/a.jpg"));
        Assert.Equal(["a-x2.png", "a.png", Model], _tool.Files());
    }

    [Fact]
    public void What_makes_no_sense_is_one_line_and_leaves_no_file()
    {
        Save("a.png", new ImageHeader(20, 12, 4, SampleKind.UInt16) { Alpha = AlphaKind.Straight });
        Save("bands.tif", new ImageHeader(20, 12, 5, SampleKind.UInt16));
        Refuse(ExitCode.BadInput, "spikesr: --scale is 4, but the network small.safetensors enlarges 2 times", "upscale", "a.png", "-m", Model, "-s", "4");
        Refuse(ExitCode.BadInput, "spikesr: none.png: there is no such file", "upscale", "none.png", "-m", Model);
        Refuse(ExitCode.BadInput, "spikesr: no image is named", "upscale", "-m", Model);
        Refuse(ExitCode.BadInput, "spikesr: Unrecognized option '--overwite'.", "upscale", "a.png", "-m", Model, "--overwite");
        Refuse(ExitCode.BadInput, "spikesr: Unrecognized command or argument 'upscal'.", "upscal", "a.png", "-m", Model);
        Refuse(ExitCode.BadInput, "spikesr: a.png/b.png: its folder cannot be made: ", "upscale", "a.png", "-m", Model, "-o", "a.png/b.png");
        Refuse(ExitCode.BadInput, "spikesr: --output is 'a.png', the input itself", "upscale", "a.png", "-m", Model, "-o", "a.png");
        Refuse(ExitCode.BadInput, "spikesr: a.jpg: JPEG holds", "upscale", "a.png", "-m", Model, "-o", "a.jpg");
        Refuse(ExitCode.BadInput, "spikesr: bands.tif: 5 bands, expected one or three; --bands says which", "upscale", "bands.tif", "-m", Model);
        Refuse(ExitCode.BadInput, "spikesr: bands 6,1,2, expected different numbers from 1 to 5", "upscale", "bands.tif", "-m", Model, "--bands", "6,1,2");
        Refuse(ExitCode.BadInput, "spikesr: --bands: found '4,3', expected one number or three", "upscale", "bands.tif", "-m", Model, "--bands", "4,3");
        Refuse(ExitCode.BadInput, "spikesr: --range: found '9,3', expected", "upscale", "bands.tif", "-m", Model, "--range", "9,3");
        Refuse(ExitCode.BadInput, "spikesr: --nodata: found 'nan', expected a number such as -9999", "upscale", "a.png", "-m", Model, "--nodata", "nan");
        Refuse(ExitCode.BadInput, "spikesr: nodata is -1, expected a number that a sample of kind UInt16 can be", "upscale", "a.png", "-m", Model, "--nodata", "-1");
        Refuse(ExitCode.BadInput, "spikesr: tiles of 36 pixels, expected 0 for automatic, or at least 42", "upscale", "a.png", "bands.tif", "-m", Model, "-t", "36");
        Assert.Equal(["a.png", "bands.tif", Model], _tool.Files());
    }

    [Fact]
    public void What_cannot_be_read_in_bands_is_refused_over_the_limit_and_taken_below_it()
    {
        // Interlaced, 3000 x 2800 pixels of zeros: 25 MB, over a quarter of 96 MiB.
        var path = _tool.At("interlaced.png");
        File.WriteAllBytes(path, InterlacedZeros(3000, 2800));
        Refuse(ExitCode.OverLimit, "spikesr: interlaced.png: an interlaced PNG takes", "upscale", "interlaced.png", "-m", Model, "--max-memory", "96");
        Assert.Equal(["interlaced.png", Model], _tool.Files());
        File.WriteAllBytes(path, InterlacedZeros(30, 28));
        Assert.Equal(ExitCode.Done, _tool.Run("upscale", "interlaced.png", "-m", Model, "--max-memory", "96").ExitCode);
    }

    [Fact]
    public void A_folder_goes_on_after_a_bad_file_lists_it_and_skips_what_is_done()
    {
        Directory.CreateDirectory(_tool.At("in"));
        Save("in/a.png", new ImageHeader(20, 12, 3, SampleKind.UInt8));
        File.WriteAllBytes(_tool.At("in/b.png"), File.ReadAllBytes(_tool.At("in/a.png"))[..^30]);
        Save("in/c.tif", new ImageHeader(9, 8, 1, SampleKind.Float32));
        File.WriteAllText(_tool.At("in/notes.txt"), "no image");
        var first = _tool.Run("upscale", "in", "-m", Model);
        Assert.Equal(ExitCode.Partly, first.ExitCode);
        Assert.Equal(["a.png", "c.tif"], _tool.Files("in-x2"));
        var lines = first.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("2 enlarged, 0 skipped, 1 failed", lines[^2]);
        Assert.StartsWith("failed  in/b.png: ", lines[^1], StringComparison.Ordinal);

        var second = _tool.Run("upscale", "in/*.png", "in/c.tif", "in/d.png", "-o", "in-x2", "-m", Model, "--json");
        var reports = second.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        Assert.Equal(["skipped", "failed", "skipped", "failed"], reports[..^1].Select(report => report.GetProperty("status").GetString()));
        Assert.Equal("in/d.png: there is no such file or folder", reports[3].GetProperty("error").GetString());
        Assert.Equal((0, 2, 2), (reports[^1].GetProperty("done").GetInt32(), reports[^1].GetProperty("skipped").GetInt32(), reports[^1].GetProperty("failed").GetInt32()));
        var single = _tool.Run("upscale", "in/b.png", "-o", "b-x2.png", "-m", Model, "--json");
        var report = JsonDocument.Parse(single.Output).RootElement;
        Assert.Equal(("failed", single.ExitCode), (report.GetProperty("status").GetString(), report.GetProperty("exitCode").GetInt32()));
        Assert.Equal($"spikesr: {report.GetProperty("error").GetString()}\n", single.Error);
        Assert.All(new[] { ("in/none.png", "in/none.png: there is no such file or folder"), ("in/a.png", "in-x2/a.png is there already; --overwrite replaces it") }, each =>
        {
            var refused = _tool.Run("upscale", each.Item1, "-o", "in-x2/a.png", "-m", Model, "--json");
            Assert.Equal((ExitCode.BadInput, each.Item2), (refused.ExitCode, JsonDocument.Parse(refused.Output).RootElement.GetProperty("error").GetString()));
        });
        File.Delete(_tool.At("in/b.png"));
        Assert.Equal(ExitCode.Done, _tool.Run("upscale", "in", "-m", Model).ExitCode);
    }

    [Fact]
    public void Two_images_never_share_an_output_and_a_pattern_can_be_run_again()
    {
        Save("a.png", new ImageHeader(9, 8, 3, SampleKind.UInt8));
        Save("a.ppm", new ImageHeader(9, 8, 3, SampleKind.UInt8));
        var result = _tool.Run("upscale", "a.p*", "-o", "out", "-f", "png", "-m", Model);
        Assert.Equal(ExitCode.Partly, result.ExitCode);
        Assert.Contains("failed  a.ppm: its output out/a.png is that of a.png", result.Output, StringComparison.Ordinal);
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(ExitCode.Done, _tool.Run("upscale", "*.png", "-m", Model).ExitCode);
            Assert.Equal(["a-x2.png", "a.png", "a.ppm", Model], _tool.Files());
        }
    }

    [Fact]
    public void Reflectance_keeps_its_range_and_its_place()
    {
        var ground = new Georeference { PixelScale = [10, 10, 0], TiePoints = [0, 0, 0, 500000, 4000000, 0], Keys = [1, 1, 0, 1, 1025, 0, 1, 1], NoData = "0\0"u8.ToArray() };
        var image = Noise(new ImageHeader(40, 30, 5, SampleKind.UInt16) { Metadata = new ImageMetadata { Georeference = ground } }, lowest: 300, highest: 4000);
        image.Row(7).Clear();
        image.Save(_tool.At("s2.tif"));
        var result = _tool.Run("upscale", "s2.tif", "-o", "large.tif", "--bands", "4,3,2", "-m", Model, "--json");
        Assert.Equal((ExitCode.Done, string.Empty), (result.ExitCode, result.Error));
        var range = JsonDocument.Parse(result.Output).RootElement.GetProperty("range");
        Assert.InRange(range[0].GetSingle(), 300, 330);
        Assert.InRange(range[1].GetSingle(), 3970, 4002);
        var large = Image.Load(_tool.At("large.tif"));
        Assert.Equal((80, 60, 3, SampleKind.UInt16), (large.Width, large.Height, large.Channels, large.Header.Kind));
        Assert.Equal([5.0, 5.0, 0], large.Header.Metadata.Georeference!.PixelScale);
        Assert.Equal([0, 0, 0, 500000.0, 4000000, 0], large.Header.Metadata.Georeference!.TiePoints);
        for (var y = 0; y < 60; y++)
        {
            Assert.All(large.Row(y).ToArray(), sample => Assert.Equal(y is 14 or 15, sample == 0));
        }
    }

    [Fact]
    public void A_fill_value_that_no_file_names_is_told_of_and_can_be_named()
    {
        var image = Noise(new ImageHeader(40, 30, 1, SampleKind.Float32), lowest: 100, highest: 900);
        image.Row(7).Fill(-9999);
        image.Save(_tool.At("heights.tif"));
        const string notice = "several samples are -9999, far from all others; if that stands for no data, say --nodata -9999";
        var told = _tool.Run("upscale", "heights.tif", "-m", Model);
        Assert.Equal((ExitCode.Done, $"spikesr: heights.tif: {notice}\n"), (told.ExitCode, told.Error));
        var json = _tool.Run("upscale", "heights.tif", "-m", Model, "--json", "--overwrite");
        Assert.Equal((notice, string.Empty), (JsonDocument.Parse(json.Output).RootElement.GetProperty("notice").GetString(), json.Error));

        var named = _tool.Run("upscale", "heights.tif", "-m", Model, "--overwrite", "--nodata", "-9999");
        Assert.Equal((ExitCode.Done, string.Empty), (named.ExitCode, named.Error));
        var large = Image.Load(_tool.At("heights-x2.tif"));
        Assert.Equal(-9999, large.Header.Metadata.Georeference!.NoDataValue);
        for (var y = 0; y < 60; y++)
        {
            Assert.All(large.Row(y).ToArray(), sample => Assert.Equal(y is 14 or 15, sample == -9999));
            Assert.All(large.Row(y).ToArray(), sample => Assert.True(sample is -9999 or > -1000));
        }
    }

    [Fact]
    public void No_input_is_replaced_whatever_it_is_called_by()
    {
        Directory.CreateDirectory(_tool.At("in"));
        Save("in/a.png", new ImageHeader(20, 20, 3, SampleKind.UInt8));
        Save("in/a.jpg", new ImageHeader(20, 20, 3, SampleKind.UInt8));
        Directory.CreateSymbolicLink(_tool.At("link"), _tool.At("in"));
        File.CreateSymbolicLink(_tool.At("image.png"), _tool.At("in/a.png"));
        byte[][] before = [File.ReadAllBytes(_tool.At("in/a.png")), File.ReadAllBytes(_tool.At("in/a.jpg"))];
        foreach (var arguments in (string[][])[["in", "-o", "in", "-f", "jpg"], ["in", "-o", "link"], ["link", "-o", "in", "-f", "png"]])
        {
            var result = _tool.Run(["upscale", .. arguments, "-m", Model, "--overwrite"]);
            Assert.Equal(ExitCode.Partly, result.ExitCode);
            Assert.Contains("its output would replace ", result.Error, StringComparison.Ordinal);
        }

        Assert.Equal(ExitCode.BadInput, _tool.Run("upscale", "image.png", "-o", "in/a.png", "-m", Model, "--overwrite").ExitCode);
        Assert.Equal(before, [File.ReadAllBytes(_tool.At("in/a.png")), File.ReadAllBytes(_tool.At("in/a.jpg"))]);
    }

    [Fact]
    public void An_output_among_the_named_inputs_is_skipped_and_told()
    {
        Save("a.png", new ImageHeader(20, 20, 3, SampleKind.UInt8));
        Save("a-x2.png", new ImageHeader(20, 20, 3, SampleKind.UInt8));
        var result = _tool.Run("upscale", "a.png", "a-x2.png", "-m", Model, "--overwrite");
        Assert.Equal(ExitCode.Done, result.ExitCode);
        Assert.Contains("skipped a-x2.png: it is the output of a.png\n1 enlarged, 1 skipped, 0 failed\n", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void An_image_on_standard_output_is_alone_there()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        Save("a.png", new ImageHeader(20, 20, 3, SampleKind.UInt8));
        Assert.Equal(ExitCode.Done, _tool.Run("upscale", "a.png", "-o", "file.pnm", "-m", Model).ExitCode);
        using var process = _tool.Start("upscale", "a.png", "-o", "/dev/stdout", "-f", "pnm", "-m", Model);
        using var output = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(output);
        process.WaitForExit();
        Assert.Equal(File.ReadAllBytes(_tool.At("file.pnm")), output.ToArray());
    }

    [Fact]
    public void An_endless_image_is_refused_before_its_tiles_are_listed()
    {
        using (var file = File.Create(_tool.At("tall.pbm")))
        {
            file.Write("P4\n8 500000000\n"u8);
            file.SetLength(500000015);
        }

        var result = _tool.Run("upscale", "tall.pbm", "-m", Model, "--max-memory", "96");
        Assert.Equal(ExitCode.OverLimit, result.ExitCode);
        Assert.StartsWith("spikesr: tall.pbm: an image of 8 x 500000000 pixels takes ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_images_is_one_line()
    {
        Directory.CreateDirectory(_tool.At("empty"));
        var result = _tool.Run("upscale", "empty", "-m", Model);
        Assert.Equal((ExitCode.BadInput, "spikesr: empty: no image in it\n"), (result.ExitCode, result.Error));
    }

    [Fact]
    public void Killed_at_any_moment_it_leaves_no_incomplete_file_under_a_final_name_and_the_next_run_removes_its_remains()
    {
        Directory.CreateDirectory(_tool.At("in"));
        for (var i = 0; i < 12; i++)
        {
            Save($"in/{i:00}.png", new ImageHeader(90, 80, 3, SampleKind.UInt8));
        }

        // Later each time, so that every part of a run is hit on a slow machine and on a fast one.
        var whole = 0;
        for (var delay = 250; whole < 12 && delay <= 4000; delay *= 2)
        {
            using var process = _tool.Start("upscale", "in", "-o", "out", "-m", Model, "-t", "44", "-j", "1");
            var output = process.StandardOutput.ReadToEndAsync();
            process.WaitForExit(delay);
            process.Kill();
            process.WaitForExit();
            whole = Directory.Exists(_tool.At("out")) ? Whole() : 0;
        }

        // What a kill while the first image was written leaves, whether or not one of these hit such a moment.
        File.WriteAllText(_tool.At("out/.00.png.tmp-0123456789abcdef"), "half");
        Assert.Equal(ExitCode.Done, _tool.Run("upscale", "in", "-o", "out", "-m", Model, "-t", "44").ExitCode);
        Assert.Equal(12, Whole());
        Assert.Equal(12, _tool.Files("out").Length);

        // Every file with a final name can be read to its end.
        int Whole()
        {
            var files = _tool.Files("out").Where(name => name[0] != '.').ToList();
            Assert.All(files, name => Assert.Equal((180, 160), Size("out/" + name)));
            return files.Count;
        }
    }

    // Up to its last moment, when the verb has ended and the process has not.
    [Fact]
    public void Told_to_stop_again_and_again_it_leaves_nothing_behind()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        Save("long.png", new ImageHeader(900, 900, 3, SampleKind.UInt8));
        using var process = _tool.Start("upscale", "long.png", "-m", Model, "-t", "44", "-j", "1");
        while (!process.HasExited && _tool.Files().Length < 3)
        {
            Thread.Sleep(5);
        }

        using var signals = Process.Start("/bin/sh", ["-c", $"kill -INT {process.Id}; while kill -TERM {process.Id} 2>/dev/null; do :; done"]);
        var result = Tool.Wait(process);
        Assert.Equal((ExitCode.Interrupted, "spikesr: stopped\n"), (result.ExitCode, result.Error));
        Assert.Equal(["long.png", Model], _tool.Files());
    }

    private static Image Noise(ImageHeader header, float lowest, float highest)
    {
        var random = new Random(1);
        return new Image(header, [.. Enumerable.Range(0, (int)header.Samples).Select(_ => MathF.Round(lowest + ((highest - lowest) * random.NextSingle())))]);
    }

    private static byte[] InterlacedZeros(int width, int height)
    {
        using var file = new MemoryStream();
        file.Write([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);
        byte[] size = [(byte)(width >> 24), (byte)(width >> 16), (byte)(width >> 8), (byte)width, (byte)(height >> 24), (byte)(height >> 16), (byte)(height >> 8), (byte)height];
        Chunk("IHDR", [.. size, 8, 2, 0, 0, 1]);
        using (var data = new MemoryStream())
        {
            using (var deflate = new System.IO.Compression.ZLibStream(data, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true))
            {
                int[][] passes = [[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]];
                foreach (var pass in passes)
                {
                    var (columns, lines) = ((width - pass[0] + pass[2] - 1) / pass[2], (height - pass[1] + pass[3] - 1) / pass[3]);
                    deflate.Write(new byte[((3 * columns) + 1) * lines]);
                }
            }

            Chunk("IDAT", data.ToArray());
        }

        Chunk("IEND", []);
        return file.ToArray();

        void Chunk(string type, byte[] data)
        {
            byte[] named = [.. Encoding.ASCII.GetBytes(type), .. data];
            file.Write([(byte)(data.Length >> 24), (byte)(data.Length >> 16), (byte)(data.Length >> 8), (byte)data.Length, .. named]);
            var crc = Serialization.Crc32.Of(named);
            file.Write([(byte)(crc >> 24), (byte)(crc >> 16), (byte)(crc >> 8), (byte)crc]);
        }
    }

    private void Save(string name, ImageHeader header) => Noise(header, 0, header.MaxValue).Save(_tool.At(name));

    private (int Width, int Height) Size(string name)
    {
        var image = Image.Load(_tool.At(name));
        return (image.Width, image.Height);
    }

    private void Refuse(int exitCode, string start, params string[] arguments)
    {
        var result = _tool.Run(arguments);
        Assert.Equal(exitCode, result.ExitCode);
        Assert.Equal(string.Empty, result.Output);
        Assert.StartsWith(start, result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
