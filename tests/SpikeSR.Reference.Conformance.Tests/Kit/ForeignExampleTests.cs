using System.ComponentModel;
using System.Diagnostics;
using SpikeSR.Reference.Conformance.Backends;
using SpikeSR.Reference.Conformance.Judging;
using SpikeSR.Reference.Conformance.Running;

namespace SpikeSR.Reference.Conformance.Kit;

/// <summary>The foreign examples, where their tools are there.</summary>
public sealed class ForeignExampleTests : IDisposable
{
    private const int LongestExample = 120;

    private readonly string _folder = Directory.CreateTempSubdirectory("spikesr-").FullName;

    private static string Examples => Path.Combine(RepositoryPaths.Root, "golden", "examples");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Each_fits_on_a_page() =>
        Assert.All(Directory.GetFiles(Examples, "backend.*", SearchOption.AllDirectories), file => Assert.True(File.ReadLines(file).Count() < LongestExample, file));

    [Theory]
    [InlineData("-O0")]
    [InlineData("-O3 -ffast-math")]
    public void The_C_example_passes_however_it_is_compiled(string flags)
    {
        var program = Path.Combine(_folder, "backend");
        if (Runs("cc", [.. flags.Split(' '), Path.Combine(Examples, "c", "backend.c"), "-o", program, "-lm"]))
        {
            Passes("c", $"'{program}' {{case}} {{out}}", "lif-hard", "lif-on-threshold-soft", "lif-nan", "avg-pool-large-mean", "lif-wrong-name");
        }
    }

    [Fact]
    public void The_Python_example_passes()
    {
        var python = new[] { "python3", "/usr/bin/python3" }.FirstOrDefault(python => Runs(python, ["-c", "import numpy"]));
        if (python is not null)
        {
            Passes("python", $"{python} '{Path.Combine(Examples, "python", "backend.py")}' {{case}} {{out}}", "lif-decay-soft", "linear-dyadic", "relu-zeros", "linear-wrong-parameter");
        }
    }

    [Fact]
    public void The_JavaScript_example_passes()
    {
        if (Runs("node", ["--version"]))
        {
            Passes("javascript", $"node '{Path.Combine(Examples, "javascript", "backend.mjs")}' {{case}} {{out}}", "softmax-huge", "pixel-shuffle-3", "sigmoid-tail", "softmax-wrong-name");
        }
    }

    /// <summary>Nobody's kernels but PyTorch's: right in their own profile, and only there.</summary>
    [Theory]
    [InlineData("float32", "fp32")]
    [InlineData("bfloat16", "bf16")]
    [InlineData("float16", "fp16")]
    public void PyTorch_passes_the_profile_of_its_precision(string precision, string profile)
    {
        string[] cases = ["lif-hard", "conv2d-k3", "batch-norm-train", "layer-norm-tokens", "deform-v2", "softmax-rows", "gelu-middle"];
        var (questions, answers) = (Path.Combine(_folder, "questions"), Path.Combine(_folder, "answers"));
        Directory.CreateDirectory(questions);
        foreach (var id in cases)
        {
            File.WriteAllBytes(Path.Combine(questions, id + ".safetensors"), Suite.Case(id).BuildQuestion());
        }

        if (Runs("/usr/bin/python3", ["-c", "import torch"]))
        {
            Assert.True(Runs("/usr/bin/python3", [Path.Combine(Examples, "..", "torch", "answer.py"), questions, "-o", answers, "--dtype", precision]));
            Assert.Equal(cases.Length, Passed(profile));
            Assert.Equal(profile == "fp32" ? cases.Length : 0, Passed("fp32"));

            // The judge in Python has the same stored bounds, and misses the answers of all other cases.
            Assert.False(Runs("/usr/bin/python3", [Path.Combine(Examples, "..", "torch", "judge.py"), Suite.Folder, answers], out var printed));
            var failed = printed.Split('\n').Where(line => line.StartsWith("FAIL", StringComparison.Ordinal) && !line.EndsWith("no answer", StringComparison.Ordinal)).ToList();
            Assert.Equal(profile == "fp32" ? 0 : cases.Length, cases.Count(id => failed.Exists(line => line.StartsWith($"FAIL  {id}: ", StringComparison.Ordinal))));
            Assert.Equal(profile == "fp32" ? 0 : cases.Length, failed.Count);
        }

        int Passed(string name) =>
            new ConformanceRun(Suite.Manifest, new AnswerFolder(answers, new BackendLimits().Disk), Capabilities.All, new ProfileJudge(Profile.Find(name)!, Suite.Set)).Run(Suite.Only(cases)).Count(CaseOutcome.Passed);
    }

    private static bool Runs(string program, IReadOnlyList<string> arguments) => Runs(program, arguments, out _);

    private static bool Runs(string program, IReadOnlyList<string> arguments, out string printed)
    {
        printed = string.Empty;
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true })!;
            printed = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    private static void Passes(string example, string command, params string[] cases)
    {
        var capabilities = Capabilities.Load(Path.Combine(Examples, example, "capabilities.json"));
        var report = new ConformanceRun(Suite.Manifest, new ProcessBackend(new CommandTemplate(command), new BackendLimits()), capabilities, Suite.Single).Run(Suite.Only(cases));
        Assert.All(report.Cases, result => Assert.True(result.Outcome == CaseOutcome.Passed, $"{result.Id}: {result.Cause} {result.Message}"));
    }
}
