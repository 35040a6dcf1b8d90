using System.CommandLine;
using System.Globalization;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Serialization;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Cli.Verbs;

/// <summary>spikesr info: what a network is, and what runs it.</summary>
internal static class InfoVerb
{
    // Large enough that the overlap of patches counts as it does in a real image: 16 + 14 * 8.
    private const int CostSide = 128;

    private static readonly Argument<string?> Model = new("MODEL")
    {
        Description = $"A network (.safetensors or .pth) or a preset: {string.Join(", ", SpikeSrConfiguration.PresetNames)}. [default: {ShippedModels.Default}]",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<bool> Kernels = new("--kernels") { Description = "List the code behind each operator, direction and scalar of the SIMD engine." };

    private static readonly Option<bool> Accuracy = new("--accuracy")
    {
        Description = "Measure the error of exp, sigmoid, tanh, erf, GELU and GELU's derivative in float over all 2^32 arguments (some minutes); exit status 1 if one passes its limit.",
    };

    private static readonly Option<int> Sample = Options.Integer("--sample", "With --accuracy: take every N-th argument only.", 1, int.MaxValue, 1);

    /// <summary>Makes the verb.</summary>
    public static Command Create()
    {
        var command = new Command("info", "Tell a network's sizes, parameters and cost, or what computes it.\n\nExample: spikesr info published") { Model, Kernels, Accuracy, Sample, EngineOptions.Threads };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        if (Options.IsGiven(parsed, Sample) && !parsed.GetValue(Accuracy))
        {
            throw new ArgumentException("--sample needs --accuracy, whose arguments it thins out");
        }

        if (parsed.GetValue(Kernels))
        {
            ListKernels();
            return ExitCode.Done;
        }

        if (parsed.GetValue(Accuracy))
        {
            return MeasureAccuracy(parsed.GetValue(Sample), EngineOptions.ThreadsOf(parsed));
        }

        Describe(parsed.GetValue(Model) ?? ShippedModels.Default);
        return ExitCode.Done;
    }

    private static void ListKernels()
    {
        foreach (var entry in KernelCatalogue.Entries)
        {
            Console.WriteLine($"{entry.Operator,-24} {entry.Direction,-9} {entry.ScalarType,-4} {entry.Code}  {entry.Lane}");
        }
    }

    private static int MeasureAccuracy(int stride, Parallelism threads)
    {
        var failed = false;
        foreach (var function in Enum.GetValues<ElementaryFunction>())
        {
            var (finding, limit) = (ExactMathAccuracy.Measure(function, threads, stride), ExactMathAccuracy.Limit(function));
            failed |= finding.WorstUlps > limit;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{function,-8} worst {finding.WorstUlps:F4} ulp at {finding.WorstArgument:R}, limit {limit}, {finding.Arguments:N0} arguments"));
        }

        return failed ? ExitCode.Failed : ExitCode.Done;
    }

    private static void Describe(string model)
    {
        SpikeSrConfiguration configuration;
        if (SpikeSrConfiguration.PresetNames.Contains(model, StringComparer.Ordinal) && !File.Exists(model))
        {
            configuration = SpikeSrConfiguration.Preset(model);
        }
        else
        {
            using var file = StateDictFile.Open(model);
            var network = ModelFile.Load<F32>(file);
            configuration = network.Configuration;
            foreach (var (key, value) in file.Metadata)
            {
                Console.WriteLine($"{MalformedFileException.Printable(key)}: {MalformedFileException.Printable(value)}");
            }
        }

        var macs = NetworkCost.MultiplyAdds(configuration, CostSide, CostSide) / (double)(CostSide * CostSide);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"""
            network             {MalformedFileException.Printable(model)}
            time steps T        {configuration.Steps}
            channels C          {configuration.Channels}
            groups x blocks     {configuration.Groups} x {configuration.Blocks}
            patch sizes P       {string.Join(", ", configuration.PatchSizes)}
            qk, mlp             {configuration.QueryDepth}, {configuration.Hidden}
            scale               {configuration.Scale}
            parameters          {new SpikeSr<F32>(configuration).StateDict.TrainedCount:N0}
            multiply-adds       {macs / 1e6:F3} million an input pixel (counted at {CostSide} x {CostSide})
            """));
    }
}
