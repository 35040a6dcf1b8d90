using System.CommandLine;
using System.Globalization;
using SpikeSR.Reference.Imaging;
using SpikeSR.Reference.Imaging.Upscaling;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Cli.Verbs;

/// <summary>spikesr upscale: an image in, a larger one out.</summary>
internal static class UpscaleVerb
{
    private static readonly Argument<string> Input = new("IMAGE") { Description = "The image." };
    private static readonly Option<string> Output = new("--output", "-o") { Description = "The enlarged image; its extension says which format.", Required = true };
    private static readonly Option<string> Model = new("--model", "-m")
    {
        Description = $"A network (.safetensors or .pth), or a shipped one: {string.Join(", ", ShippedModels.Names)}.",
        DefaultValueFactory = _ => ShippedModels.Default,
    };

    public static Command Create()
    {
        var command = new Command("upscale", "Enlarge an image.\n\nExample: spikesr upscale small.png -o large.png") { Input, Output, Model, EngineOptions.Threads };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        var (input, output) = (parsed.GetRequiredValue(Input), parsed.GetRequiredValue(Output));
        if (ImageFormats.OfExtension(output) is null)
        {
            throw new ArgumentException($"--output is '{output}', expected an extension of an image format, such as .png");
        }

        var network = LoadModel(parsed.GetRequiredValue(Model));
        var result = new SpikeSrUpscaler(network, EngineOptions.Simd(parsed)).Upscale(Image.Load(input));
        result.Save(output);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"wrote {output}, {result.Width} x {result.Height} pixels"));
        return 0;
    }

    private static SpikeSr<F32> LoadModel(string model)
    {
        if (File.Exists(model))
        {
            return ModelFile.Load<F32>(model);
        }

        if (ShippedModels.Names.Contains(model, StringComparer.Ordinal))
        {
            return ShippedModels.Load<F32>(model);
        }

        throw new ArgumentException(SpikeSrConfiguration.PresetNames.Contains(model, StringComparer.Ordinal)
            ? $"--model is '{model}', a size without shipped weights; make some with 'spikesr train FOLDER -o MODEL --preset {model}', or use {string.Join(" or ", ShippedModels.Names)}"
            : $"--model is '{model}', expected a file, or a shipped model: {string.Join(", ", ShippedModels.Names)}");
    }
}
