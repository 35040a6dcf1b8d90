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
        Description = $"A network (.safetensors or .pth) or a preset: {string.Join(", ", SpikeSrConfiguration.PresetNames)}.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public static Command Create()
    {
        var command = new Command("info", "Tell a network's sizes, parameters and cost.\n\nExample: spikesr info published") { Model };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        Describe(parsed.GetValue(Model) ?? ShippedModels.Default);
        return 0;
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
