using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using SpikeSR.Reference.Imaging;
using SpikeSR.Reference.Training;
using SpikeSR.Reference.Training.Scoring;

namespace SpikeSR.Reference.Cli.Verbs;

/// <summary>spikesr score: what a network is worth on a folder of images.</summary>
internal static partial class ScoreVerb
{
    private static readonly Argument<string> Folder = new("FOLDER") { Description = "High-resolution images (8 bits a sample); what the network gets is made by antialiased bicubic reduction." };
    private static readonly Option<bool> Json = new("--json") { Description = "Print JSON instead of tables; infinite PSNR, of equal images, is the text \"Infinity\"." };
    private static readonly Option<string?> Picture = new("--picture") { Description = "Write crops of bicubic, the network and the truth side by side as an image.", HelpName = "FILE" };
    private static readonly Option<bool> Overwrite = new("--overwrite") { Description = "Replace a picture that is there already." };
    private static readonly Option<string[]> Show = new("--show") { Description = "An image that --picture shows; may be repeated. [default: all]", HelpName = "NAME", DefaultValueFactory = _ => [] };

    /// <summary>Makes the verb.</summary>
    public static Command Create()
    {
        var command = new Command(
            "score",
            """
            Score a network on a folder of images, beside bicubic: PSNR and SSIM (border of the scale's pixels cut), spike rates, and an estimate of energy.
            An image that cannot be read or is too small does not stop the others; the exit status is 3 then.

            Example: spikesr score images --model model.safetensors
            """)
        { Folder, ModelOption.Model, Json, Picture, Overwrite, Show, EngineOptions.Threads };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        var (picture, show, sheet) = (parsed.GetValue(Picture), parsed.GetRequiredValue(Show), new ComparisonPicture());
        if (show.Length > 0 && picture is null)
        {
            throw new ArgumentException("--show needs --picture, which shows them");
        }

        var (network, backend, json) = (ModelOption.Load(parsed), EngineOptions.Simd(parsed), parsed.GetValue(Json));
        var paths = ImagePool.List(parsed.GetRequiredValue(Folder));
        var width = paths.Max(path => Path.GetFileName(path).Length);
        if (show.FirstOrDefault(name => !paths.Any(path => Path.GetFileName(path) == name)) is { } missing)
        {
            throw new ArgumentException($"--show is '{missing}', expected the name of an image in the folder");
        }

        if (picture is not null)
        {
            // Before the first image, not after the last.
            if (ImageFormats.OfExtension(picture) is null || Directory.Exists(picture))
            {
                throw new ArgumentException($"--picture is '{picture}', expected a file with the extension of an image format, such as .png");
            }

            if (File.Exists(picture) && !parsed.GetValue(Overwrite))
            {
                throw new ArgumentException($"{picture} is there already; --overwrite replaces it");
            }

            OutputFolder.Create(picture);
        }

        Write(json, string.Empty.PadRight(width) + "  PSNR-Y  bicubic    gain  SSIM-Y  bicubic  PSNR-RGB  bicubic  SSIM-RGB  bicubic");
        var failed = new List<string>();
        var score = ModelScore.Of(network, backend, Pictures(), (image, made) =>
        {
            Write(json, Row(image.Name.PadRight(width), image.Model, image.Bicubic));
            if (picture is not null && (show.Length == 0 || show.Contains(image.Name, StringComparer.Ordinal)))
            {
                Try(image.Name, _ => sheet.Add(made));
            }
        });
        if (picture is not null && !sheet.IsEmpty)
        {
            sheet.Draw().Save(picture);
        }

        var status = failed.Count == 0 ? ExitCode.Done : ExitCode.Partly;
        Write(json, Row($"mean of {score.Images.Count}".PadRight(width), score.Model, score.Bicubic));
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(score, ScoreJson.Default.ModelScore));
            return status;
        }

        Console.WriteLine($"\n{score.WorseThanBicubic} of {score.Images.Count} images worse than bicubic\n");
        foreach (var site in score.Spikes)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{site.Name,-32} {site.Rate,8:P2} of the neurons fire a step"));
        }

        var energy = score.Energy;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"""

            {EnergyEstimate.Side} x {EnergyEstimate.Side} pixels: {energy.MultiplyAdds / 1e9:F3} G multiply-adds and {energy.SynapticOperations / 1e9:F3} G synaptic operations, {energy.Joules * 1e3:F2} mJ
            without spikes: {energy.DenseMultiplyAdds / 1e9:F3} G multiply-adds, {energy.DenseJoules * 1e3:F2} mJ; in one time step {energy.OneStepJoules * 1e3:F2} mJ
            (4.6 pJ a multiply-add, 0.9 pJ an addition, memory left out)
            """));
        foreach (var complaint in failed)
        {
            Console.WriteLine($"failed  {complaint}");
        }

        return status;

        IEnumerable<TrainingImage> Pictures()
        {
            foreach (var path in paths)
            {
                TrainingImage? image = null;
                Try(path, _ => image = TrainingImage.Load(path, network.Configuration.Scale, network.Configuration.MinimumSide, backend.Threads));
                if (image is not null)
                {
                    yield return image;
                }
            }
        }

        void Try(string file, Action<string> handle)
        {
            if (EachFile.Complaint(file, handle) is { } complaint)
            {
                failed.Add(complaint);
            }
        }
    }

    private static void Write(bool json, string line)
    {
        if (!json)
        {
            Console.WriteLine(line);
        }
    }

    private static string Row(string name, ImageQuality model, ImageQuality bicubic) => string.Create(
        CultureInfo.InvariantCulture,
        $"{name}  {model.PsnrY,6:F3}  {bicubic.PsnrY,7:F3}  {model.PsnrY - bicubic.PsnrY,6:+0.000;-0.000}  {model.SsimY,6:F4}  {bicubic.SsimY,7:F4}  {model.PsnrRgb,8:F3}  {bicubic.PsnrRgb,7:F3}  {model.SsimRgb,8:F4}  {bicubic.SsimRgb,7:F4}");

    [JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
    [JsonSerializable(typeof(ModelScore))]
    private sealed partial class ScoreJson : JsonSerializerContext;
}
