using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using SpikeSR.Reference.Cli.Upscaling;
using SpikeSR.Reference.Imaging;
using SpikeSR.Reference.Imaging.Upscaling;
using SpikeSR.Reference.Serialization;

namespace SpikeSR.Reference.Cli.Verbs;

/// <summary>spikesr upscale: images in, larger ones out.</summary>
internal static class UpscaleVerb
{
    private const int Mebibyte = 20;
    private static readonly Argument<string[]> Inputs = new("IMAGE") { Description = "Images, folders of images, or patterns such as 'tiles/*.tif'.", Arity = ArgumentArity.ZeroOrMore };
    private static readonly Option<string[]> MoreInputs = new("--input", "-i") { Description = "The same as IMAGE.", HelpName = "IMAGE", DefaultValueFactory = _ => [] };
    private static readonly Option<string?> Output = new("--output", "-o")
    {
        Description = """
            The enlarged image; for several images, or with / at its end, a folder for them, which is made if missing.
            [default: of an image NAME-x4.EXT beside it, of a folder the folder FOLDER-x4 beside it]
            """,
        HelpName = "FILE|DIR",
    };

    private static readonly Option<int> Scale = Options.Integer("--scale", "Enlargement; a network has one, and another is refused. 0: the network's.", 0, 4, 0, "-s");
    private static readonly Option<int> TileSize = Options.Integer("--tile", "Longest side of a tile in input pixels; 0: the largest that --max-memory allows.", 0, 1 << 20, 0, "-t");
    private static readonly Option<int> MaxMemory = Options.Integer("--max-memory", "Memory that the process should stay below, in MiB; it decides how large tiles are, unless --tile does.", 96, 1 << 24, (int)(UpscaleSettings.Default.MaxMemory >> Mebibyte));
    private static readonly Option<string> Format = Options.Choice("--format", "Format of the output; auto: by the name of --output, else the input's.", ["auto", "png", "jpg", "tif", "pnm"], "-f");

    private static readonly Option<int> Quality = Options.Integer("--quality", "Quality of JPEG output.", 1, 100, ImageWriteSettings.Default.JpegQuality, "-q");
    private static readonly Option<string> Alpha = Options.Choice("--alpha", "What to do with opacity; kept, it is enlarged bicubically.", ["keep", "drop"]);
    private static readonly Option<int[]?> Bands = new("--bands")
    {
        Description = "Bands to take as red, green and blue, counted from 1, such as 4,3,2; or one band, as grey.",
        HelpName = "N,N,N",
        CustomParser = ParseBands,
    };

    private static readonly Option<RangeChoice> Range = new("--range")
    {
        Description = """
            Samples that the network sees as black and white; the output is in the input's units all the same.
            full: 0 and the largest that the kind can hold; LOW,HIGH: these; N%: those that leave out N % of the samples at each end;
            auto: full for 8 bits, and for 16 bits with neither georeferencing nor nodata, else 0.5%.
            """,
        HelpName = "auto|full|LOW,HIGH|N%",
        DefaultValueFactory = _ => RangeChoice.Automatic,
        CustomParser = ParseRange,
    };

    private static readonly Option<float?> NoData = new("--nodata")
    {
        Description = "The sample that stands for no data, in each band by itself, such as -9999. [default: what a TIFF says, else none]",
        HelpName = "VALUE",
        CustomParser = ParseNoData,
    };

    private static readonly Option<bool> Overwrite = new("--overwrite") { Description = "Replace outputs that are there already, instead of skipping them (folders) or refusing." };
    private static readonly Option<bool> Json = new("--json") { Description = "Print a line of JSON for each image instead of text, and no progress; of several images one more at the end, with the numbers done, skipped and failed." };

    public static Command Create()
    {
        var command = new Command(
            "upscale",
            """
            Enlarge images: PNG, JPEG, TIFF and GeoTIFF, PBM, PGM, PPM. Large ones are enlarged in tiles, in bounded memory. Of several images a bad one does not stop the
            others, and an output that is there already is skipped; the exit status is 3 where some failed.

            Example: spikesr upscale small.png -o large.png
            """)
        {
            Inputs, MoreInputs, Output, Scale, ModelOption.Model, TileSize, MaxMemory, EngineOptions.Threads, Format, Quality, Alpha, Bands, Range, NoData, Overwrite, Json,
        };
        command.SetAction((parsed, cancellation) => Task.FromResult(Run(parsed, cancellation)));
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken cancellation)
    {
        _ = Rehearsal.Begin(EngineOptions.ThreadsOf(parsed));
        string[] inputs = [.. parsed.GetValue(Inputs) ?? [], .. parsed.GetRequiredValue(MoreInputs)];
        var upscaler = new SpikeSrUpscaler(ModelOption.Load(parsed), EngineOptions.Simd(parsed));
        var scale = parsed.GetValue(Scale);
        if (scale != 0 && scale != upscaler.Scale)
        {
            throw new ArgumentException($"--scale is {scale}, but the network {parsed.GetValue(ModelOption.Model)} enlarges {upscaler.Scale} times");
        }

        ImageFormat? format = parsed.GetValue(Format) switch
        {
            "png" => ImageFormat.Png,
            "jpg" => ImageFormat.Jpeg,
            "tif" => ImageFormat.Tiff,
            "pnm" => ImageFormat.Pnm,
            _ => null,
        };
        var list = ImageList.Of(inputs, parsed.GetValue(Output), format, upscaler.Scale);
        var maxMemory = (long)parsed.GetValue(MaxMemory) << Mebibyte;
        var job = new ImageJob(upscaler)
        {
            Settings = new UpscaleSettings { TileSize = parsed.GetValue(TileSize), MaxMemory = maxMemory },
            WriteSettings = new ImageWriteSettings { JpegQuality = parsed.GetValue(Quality) },
            Format = format,
            Bands = parsed.GetValue(Bands) is { Length: > 0 } bands ? bands : null,
            KeepAlpha = parsed.GetValue(Alpha) == "keep",
            Range = parsed.GetRequiredValue(Range),
            NoData = parsed.GetValue(NoData),
            Overwrite = parsed.GetValue(Overwrite),
        };
        upscaler.Check(job.Settings);
        AtomicFile.RemoveRemains(list.Images.Select(image => image.Output));
        using var reporter = Reporter.Create(parsed.GetValue(Json), list.Images);
        return list.IsSingle ? Single(job, list.Images[0], reporter, cancellation) : Several(job, list, reporter, cancellation);
    }

    private static int Single(ImageJob job, ImageList.Entry image, Reporter reporter, CancellationToken cancellation)
    {
        try
        {
            var problem = image.Problem ?? (!job.Overwrite && IsThere(image) ? $"{image.Output} is there already; --overwrite replaces it" : null);
            Enlarge(job, image with { Problem = problem }, reporter, cancellation);
            return ExitCode.Done;
        }
        catch (Exception exception) when (reporter is JsonReporter && Failure.Of(exception) is { ExitCode: not (ExitCode.Internal or ExitCode.Interrupted) } failure)
        {
            reporter.Failed(image, failure);
            throw;
        }
    }

    private static int Several(ImageJob job, ImageList list, Reporter reporter, CancellationToken cancellation)
    {
        foreach (var image in list.Images)
        {
            cancellation.ThrowIfCancellationRequested();
            if (image.Skip is not null || (image.Problem is null && !job.Overwrite && IsThere(image)))
            {
                reporter.Skipped(image);
                continue;
            }

            try
            {
                Enlarge(job, image, reporter, cancellation);
            }
            catch (Exception exception) when (Failure.Of(exception) is { ExitCode: not (ExitCode.Internal or ExitCode.Interrupted) } failure)
            {
                reporter.Failed(image, failure);
            }
        }

        return reporter.Summarise() == 0 ? ExitCode.Done : ExitCode.Partly;
    }

    private static void Enlarge(ImageJob job, ImageList.Entry image, Reporter reporter, CancellationToken cancellation)
    {
        if (image.Problem is { } problem)
        {
            throw new ArgumentException(problem);
        }

        reporter.Start(image.Input);
        reporter.Done(job.Run(image, reporter.Progress, cancellation));
    }

    // A device is written to, not replaced.
    private static bool IsThere(ImageList.Entry image) => File.Exists(image.Output) && !AtomicFile.IsDevice(image.Output);

    private static int[]? ParseBands(ArgumentResult result)
    {
        var bands = new List<int>();
        foreach (var part in Options.Text(result, ',').Split(','))
        {
            bands.Add(int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var band) ? band - 1 : -1);
        }

        if (bands.Count is 1 or 3 && bands.TrueForAll(band => band >= 0))
        {
            return [.. bands];
        }

        return Options.Refuse<int[]>(result, "--bands", "one number or three, from 1, such as 4,3,2", ',');
    }

    private static float? ParseNoData(ArgumentResult result) =>
        double.TryParse(Options.Text(result), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && float.IsFinite((float)value)
            ? (float)value
            : Options.Refuse<float?>(result, "--nodata", "a number such as -9999; what is not finite is without data anyhow");

    private static RangeChoice ParseRange(ArgumentResult result)
    {
        return RangeChoice.TryParse(Options.Text(result, ','), out var choice)
            ? choice
            : Options.Refuse<RangeChoice>(result, "--range", "auto, full, two ascending numbers such as 0,10000, or a percentage below 50 such as 2%", ',') ?? RangeChoice.Automatic;
    }
}
