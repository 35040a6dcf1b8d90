using System.CommandLine;
using System.Globalization;
using SpikeSR.Reference.Imaging;
using SpikeSR.Reference.Imaging.Upscaling;

namespace SpikeSR.Reference.Cli.Verbs;

/// <summary>spikesr upscale: an image in, a larger one out.</summary>
internal static class UpscaleVerb
{
    private static readonly Argument<string> Input = new("IMAGE") { Description = "The image." };
    private static readonly Option<string> Output = new("--output", "-o") { Description = "The enlarged image; its extension says which format.", Required = true };
    public static Command Create()
    {
        var command = new Command("upscale", "Enlarge an image.\n\nExample: spikesr upscale small.png -o large.png") { Input, Output, ModelOption.Model, EngineOptions.Threads };
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

        var network = ModelOption.Load(parsed);
        var result = new SpikeSrUpscaler(network, EngineOptions.Simd(parsed)).Upscale(Image.Load(input));
        result.Save(output);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"wrote {output}, {result.Width} x {result.Height} pixels"));
        return 0;
    }
}
