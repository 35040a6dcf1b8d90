using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using SpikeSR.Reference.Imaging;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;
using SpikeSR.Reference.Training;

namespace SpikeSR.Reference.Cli.Verbs;

/// <summary><c>spikesr lanes</c>: shows that neither the lane nor the number of threads changes a byte (SPEC REP-5).</summary>
internal static class LanesVerb
{
    // Switches that the runtime reads when a process starts, and the widest lane that each leaves.
    private static readonly (string? Variable, string? Value, int WidestLane)[] Settings =
    [
        (null, null, 512),
        ("DOTNET_EnableAVX512", "0", 256),
        ("DOTNET_PreferredVectorBitWidth", "128", 128),
        ("DOTNET_EnableAVX2", "0", 0),
        ("DOTNET_EnableHWIntrinsic", "0", 0),
    ];

    private static readonly Option<string> Preset = Options.Preset("Size of the network.");

    private static readonly Option<int> Side = Options.Integer("--side", "Side of the crops and of the image, in pixels.", minimum: 16, maximum: 256, fallback: 16);

    private static readonly Option<int> Steps = Options.Integer("--steps", "Steps of training.", minimum: 1, maximum: 1000, fallback: 20);

    private static readonly Option<int[]?> ThreadCounts = Options.Integers("--threads", "Numbers of threads. [default: 1 2 3 7]", minimum: 1, maximum: 1024, "-j");

    private static readonly Option<bool> Here = new("--here") { Description = "Compute in this process, on the lane that it has, and print the digests." };

    /// <summary>Makes the verb.</summary>
    public static Command Create()
    {
        var verb = new Command(
            "lanes",
            """
            Train a new network and evaluate it on every lane that this machine has, in processes of their own, with several numbers of threads, and compare the
            bytes of all weights and of the output. The exit status is 1 where they differ. Without vector instructions the larger networks take hours.

            Example: spikesr lanes
            """)
        {
            Preset, Side, Steps, ThreadCounts, Here,
        };

        // The lanes are the runtime's to choose; a native program has its own alone.
        verb.SetAction(parsed => parsed.GetValue(Here) ? Compute(parsed) : ManagedProgram.IsThis ? Compare(parsed) : ManagedProgram.Continue(Environment.GetCommandLineArgs()[1..]));
        return verb;
    }

    private static int Compare(ParseResult parsed)
    {
        // A framework-dependent program started by the dotnet host names its assembly as the first word of its command line.
        var host = Environment.ProcessPath!;
        string[] managed = Path.GetFileNameWithoutExtension(host) == "dotnet" ? [host, Environment.GetCommandLineArgs()[0]] : [host];
        var answers = new HashSet<string>(StringComparer.Ordinal);
        var lanesAsExpected = true;
        foreach (var (variable, value, widestLane) in Settings)
        {
            Console.WriteLine(variable is null ? "as it is" : $"{variable}={value}");
            Show(managed, variable, value, LaneNameOf(Math.Min(widestLane, SimdDispatch.LaneBits)));
        }

        if (ManagedProgram.NativeBeside() is { } native)
        {
            Console.WriteLine("the native program, which has the lane that it was compiled for");
            Show([native], null, null, null);
        }

        Console.WriteLine(answers.Count == 1 ? "all bytes are equal" : $"{answers.Count} DIFFERENT answers");
        return answers.Count == 1 && lanesAsExpected ? ExitCode.Done : ExitCode.Failed;

        void Show(string[] program, string? variable, string? value, string? expected)
        {
            foreach (var line in AnswersOf(parsed, program, variable, value))
            {
                var (lane, rest) = (line[..line.IndexOf(' ', StringComparison.Ordinal)], line[line.IndexOf("weights", StringComparison.Ordinal)..]);
                var isExpected = lane == (expected ?? lane);
                Console.WriteLine($"    {line}{(isExpected ? string.Empty : $"  EXPECTED {expected}")}");
                lanesAsExpected &= isExpected;
                answers.Add(rest);
            }
        }
    }

    private static int[] ThreadCountsOf(ParseResult parsed) => parsed.GetValue(ThreadCounts) is { Length: > 0 } counts ? counts : [1, 2, 3, 7];

    private static string[] AnswersOf(ParseResult parsed, string[] program, string? variable, string? value)
    {
        var start = new ProcessStartInfo(
            program[0],
            [
                .. program[1..], "lanes", "--here", "--preset", parsed.GetRequiredValue(Preset), "--side", Text(parsed.GetValue(Side)), "--steps", Text(parsed.GetValue(Steps)),
                "--threads", .. ThreadCountsOf(parsed).Select(Text),
            ])
        {
            UseShellExecute = false, RedirectStandardOutput = true,
        };
        foreach (var setting in Settings)
        {
            if (setting.Variable is { } other)
            {
                start.Environment.Remove(other);
            }
        }

        if (variable is not null)
        {
            start.Environment[variable] = value;
        }

        using var process = Process.Start(start)!;
        var lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();
        return process.ExitCode == ExitCode.Done && lines.Length == ThreadCountsOf(parsed).Length
            ? lines
            : throw new InvalidOperationException($"the process with {variable}={value} ended with status {process.ExitCode} after {lines.Length} lines");
    }

    private static int Compute(ParseResult parsed)
    {
        foreach (var threads in ThreadCountsOf(parsed))
        {
            var (weights, output) = DigestsOf(SpikeSrConfiguration.Preset(parsed.GetRequiredValue(Preset)), parsed.GetValue(Side), parsed.GetValue(Steps), threads);
            Console.WriteLine($"{SimdDispatch.LaneName} {threads} threads  weights {weights}  output {output}");
        }

        return ExitCode.Done;
    }

    private static (string Weights, string Output) DigestsOf(SpikeSrConfiguration configuration, int side, int steps, int threads)
    {
        var network = new SpikeSr<F32>(configuration);
        network.StateDict.Initialise(seed: 1);
        var backend = SimdBackend.Create<F32>(new Workspace(), new Parallelism(threads));
        var settings = new TrainingSettings { Crop = side, Batch = 1, Steps = steps, WarmUp = 1 };
        var trainer = new Trainer(network, settings, backend, new ImagePool([Noise(side, configuration.Scale)]));
        for (var step = 0; step < steps; step++)
        {
            trainer.Advance();
        }

        using var weights = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var entry in network.StateDict.Entries)
        {
            weights.AppendData(MemoryMarshal.AsBytes(entry.Value.Span));
        }

        var x = TensorView<F32>.Allocate(new Shape(1, side, side, 3));
        var y = TensorView<F32>.Allocate(new Shape(1, side * configuration.Scale, side * configuration.Scale, 3));
        Noise(side, configuration.Scale).CopyLow(0, 0, 0, x.Reshape(side, side, 3));
        network.Evaluate(backend, x, y);
        return (Hex(weights.GetHashAndReset()), Hex(SHA256.HashData(MemoryMarshal.AsBytes(y.Span))));
    }

    private static TrainingImage Noise(int side, int scale)
    {
        var picture = new Image(new ImageHeader(side * scale, side * scale, 3, SampleKind.UInt8));
        var uniform = new UniformStream(seed: 1, stream: 0);
        for (var row = 0; row < picture.Height; row++)
        {
            foreach (ref var sample in picture.Row(row))
            {
                sample = (float)Math.Floor(256 * uniform.Next());
            }
        }

        return TrainingImage.Of("noise", picture, scale, side, Parallelism.Single);
    }

    private static string LaneNameOf(int bits) => bits == 0 ? "LaneScalar" : $"Lane{bits}";

    private static string Hex(byte[] digest) => Convert.ToHexStringLower(digest);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
