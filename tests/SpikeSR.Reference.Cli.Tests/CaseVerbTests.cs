using System.Diagnostics;
using SpikeSR.Reference.Conformance;
using SpikeSR.Reference.Serialization;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Cli;

/// <summary>eval, check and cases as processes: exit status, one line on standard error, and what lies in the folder afterwards.</summary>
public sealed class CaseVerbTests : IDisposable
{
    private readonly Tool _tool = new();

    public void Dispose() => _tool.Dispose();

    [Fact]
    public void Eval_writes_the_answer()
    {
        WriteRelu("asked.safetensors");
        var result = _tool.Run("eval", "asked.safetensors", "-o", "answer.safetensors");
        Assert.Equal((ExitCode.Done, string.Empty, string.Empty), (result.ExitCode, result.Output, result.Error));
        using var answer = SafetensorsFile.Open(_tool.At("answer.safetensors"));
        Assert.Equal([0.0, 0.5], answer.Require("out/y").ToDoubles());
        Assert.Equal("relu", answer.Metadata["op"]);
    }

    [Theory]
    [InlineData("definition")]
    [InlineData("simd")]
    public void Eval_computes_in_the_precision_that_is_asked_for(string engine)
    {
        WriteRelu("asked.safetensors");
        Assert.Equal(ExitCode.Done, _tool.Run("eval", "asked.safetensors", "-o", "answer.safetensors", "--precision", "f32", "--threads", "2", "--engine", engine).ExitCode);
        using var answer = SafetensorsFile.Open(_tool.At("answer.safetensors"));
        Assert.Equal(ElementType.F32, answer.Require("out/y").ElementType);
    }

    [Fact]
    public void A_folder_keeps_its_names_and_goes_on_after_a_bad_case()
    {
        Directory.CreateDirectory(_tool.At("asked"));
        WriteRelu("asked/a.safetensors");
        File.WriteAllText(_tool.At("asked/b.safetensors"), "no case");
        WriteRelu("asked/c.safetensors", op: "rely");
        WriteRelu("asked/d.safetensors");
        var result = _tool.Run("eval", "asked", "-o", "new/answers");
        Assert.Equal(ExitCode.Partly, result.ExitCode);
        Assert.Equal(["a.safetensors", "d.safetensors"], _tool.Files("new/answers"));
        var lines = result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.StartsWith("spikesr: asked/b.safetensors: ", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("spikesr: asked/c.safetensors: metadata 'op': found 'rely', expected one of", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_bad_case_is_one_line_and_leaves_no_file()
    {
        WriteRelu("asked.safetensors", op: "rely");
        BadInput("spikesr: asked.safetensors: metadata 'op': found 'rely'", "eval", "asked.safetensors", "-o", "answer.safetensors");
        Assert.Equal(["asked.safetensors"], _tool.Files());
    }

    [Fact]
    public void A_truncated_case_is_one_line_and_leaves_no_file()
    {
        WriteRelu("asked.safetensors");
        var bytes = File.ReadAllBytes(_tool.At("asked.safetensors"));
        File.WriteAllBytes(_tool.At("asked.safetensors"), bytes[..^1]);
        BadInput("spikesr: asked.safetensors: tensor 'in/x': found data up to byte 16, expected at most 15", "eval", "asked.safetensors", "-o", "answer.safetensors");
        Assert.Equal(["asked.safetensors"], _tool.Files());
    }

    [Fact]
    public void The_answer_never_replaces_the_case()
    {
        Directory.CreateDirectory(_tool.At("asked"));
        WriteRelu("asked/a.safetensors");
        var before = File.ReadAllBytes(_tool.At("asked/a.safetensors"));
        BadInput("spikesr: asked/a.safetensors: the answer would replace the case", "eval", "asked/a.safetensors", "-o", "asked/a.safetensors");
        BadInput("spikesr: asked/: the answers would replace the cases", "eval", "asked", "-o", "asked/");
        Assert.Equal(before, File.ReadAllBytes(_tool.At("asked/a.safetensors")));
    }

    [Fact]
    public void An_answer_that_cannot_be_written_is_one_line()
    {
        WriteRelu("asked.safetensors");
        BadInput("spikesr: asked.safetensors/answer.safetensors: its folder cannot be made", "eval", "asked.safetensors", "-o", "asked.safetensors/answer.safetensors");
    }

    [Fact]
    public void The_folder_of_an_answer_is_made()
    {
        WriteRelu("asked.safetensors");
        Assert.Equal(ExitCode.Done, _tool.Run("eval", "asked.safetensors", "-o", "new/folder/").ExitCode);
        Assert.Equal(["asked.safetensors"], _tool.Files("new/folder"));
    }

    [Theory]
    [InlineData("spikesr: missing: found nothing, expected a case file or a folder of them", "eval", "missing", "-o", "answer")]
    [InlineData("spikesr: .: found no *.safetensors file, expected at least one case", "eval", ".", "-o", "answers")]
    [InlineData("spikesr: --precision: found 'f16', expected f64 or f32", "eval", "x", "-o", "y", "--precision", "f16")]
    [InlineData("spikesr: --engine: found 'gpu', expected ", "eval", "x", "-o", "y", "--engine", "gpu")]
    [InlineData("spikesr: --threads: found '-1', expected a whole number from 0 to 1024", "eval", "x", "-o", "y", "--threads", "-1")]
    [InlineData("spikesr: --threads: found 'two', expected a whole number from 0 to 1024", "check", "x", "-j", "two")]
    [InlineData("spikesr: Option '--output' is required.", "eval", "x")]
    [InlineData("spikesr: Required argument 'CASE' missing", "eval", "-o", "x")]
    [InlineData("spikesr: Unrecognized command or argument 'evaluate'.", "evaluate")]
    [InlineData("spikesr: Required command was not provided.")]
    public void Bad_usage_is_one_line(string message, params string[] arguments) => BadInput(message, arguments);

    [Fact]
    public void Check_agrees_with_a_right_answer()
    {
        WriteRelu("asked.safetensors", answer: [0, 0.5]);
        var result = _tool.Run("check", "asked.safetensors");
        Assert.Equal(ExitCode.Done, result.ExitCode);
        Assert.StartsWith("agrees   asked.safetensors: 1 tensors, worst out/y off by 0", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_says_where_an_answer_differs()
    {
        WriteRelu("asked.safetensors", answer: [0, 0.25]);
        var result = _tool.Run("check", "asked.safetensors");
        Assert.Equal(ExitCode.Failed, result.ExitCode);
        Assert.Contains("DIFFERS  out/y  off by 2.50e-01, limit 2.50e-10, largest 2.50e-01; [1]: 0.5, stored 0.25", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_compares_with_answers_in_other_files()
    {
        Directory.CreateDirectory(_tool.At("asked"));
        Directory.CreateDirectory(_tool.At("right"));
        WriteRelu("asked/a.safetensors");
        WriteRelu("right/a.safetensors", answer: [0, 0.5]);
        Assert.Equal(ExitCode.Done, _tool.Run("check", "asked", "--against", "right").ExitCode);
        WriteRelu("right/a.safetensors", answer: [0.5, 0.5]);
        Assert.Equal(ExitCode.Failed, _tool.Run("check", "asked", "--against", "right").ExitCode);
        File.Delete(_tool.At("right/a.safetensors"));
        Assert.Equal(ExitCode.Partly, _tool.Run("check", "asked", "--against", "right").ExitCode);
    }

    [Fact]
    public void Cases_lists_every_operator()
    {
        var result = _tool.Run("cases");
        Assert.Equal(ExitCode.Done, result.ExitCode);
        Assert.All(CaseOperators.All, known => Assert.Contains($"{known.Name}: {known.Signature}", result.Output, StringComparison.Ordinal));
        Assert.Contains("    tau: a number above 0 (default 1)", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("eval")]
    [InlineData("check")]
    [InlineData("cases")]
    public void Every_verb_has_an_example(string verb)
    {
        var result = _tool.Run(verb, "--help");
        Assert.Equal((ExitCode.Done, string.Empty), (result.ExitCode, result.Error));
        Assert.Contains($"Example: spikesr {verb}", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Trace_shows_where_an_error_came_from()
    {
        WriteRelu("asked.safetensors", op: "rely");
        Assert.Contains("   at SpikeSR.Reference", _tool.Run("eval", "asked.safetensors", "-o", "answer", "--trace").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_interrupted_folder_run_leaves_whole_files_only()
    {
        Directory.CreateDirectory(_tool.At("asked"));
        WriteRelu("asked/a.safetensors");
        WriteConvolution("asked/b.safetensors", channels: 64, side: 256);
        using var process = _tool.Start("eval", "asked", "-o", "answers", "--engine", "definition", "--threads", "1");
        while (!File.Exists(_tool.At("answers/a.safetensors")) && !process.HasExited)
        {
            Thread.Sleep(10);
        }

        using (var kill = Process.Start("kill", ["-TERM", process.Id.ToString()]))
        {
            kill.WaitForExit();
        }

        Assert.Equal(ExitCode.Interrupted, Tool.Wait(process).ExitCode);
        Assert.Equal(["a.safetensors"], _tool.Files("answers"));
    }

    private void BadInput(string message, params string[] arguments)
    {
        var result = _tool.Run(arguments);
        Assert.StartsWith(message, result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.TrimEnd('\n').Split('\n'));
        Assert.Equal((ExitCode.BadInput, string.Empty), (result.ExitCode, result.Output));
    }

    // relu of -0.5 and 0.5.
    private void WriteRelu(string path, string op = "relu", double[]? answer = null)
    {
        var writer = Header(op, "{}");
        writer.Add("in/x", new Shape(2), [-0.5, 0.5]);
        if (answer is not null)
        {
            writer.Add("out/y", new Shape(2), answer);
        }

        writer.Write(_tool.At(path));
    }

    // Some seconds of work for plain loops.
    private void WriteConvolution(string path, int channels, int side)
    {
        var writer = Header("conv2d", """{"stride": 1, "padding": 1, "dilation": 1, "groups": 1}""");
        writer.Add("in/x", new Shape(1, channels, side, side), new bool[channels * side * side]);
        writer.Add("param/weight", new Shape(channels, channels, 3, 3), new bool[channels * channels * 9]);
        writer.Write(_tool.At(path));
    }

    private static SafetensorsWriter Header(string op, string attributes)
    {
        var writer = new SafetensorsWriter();
        foreach (var (key, value) in new[] { ("schema", CaseFile.Schema), ("op", op), ("attrs", attributes), ("name", "asked") })
        {
            writer.AddMetadata(key, value);
        }

        return writer;
    }
}
