using System.CommandLine;
using System.Globalization;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Serialization;
using SpikeSR.Reference.Tensors;
using SpikeSR.Reference.Training;

namespace SpikeSR.Reference.Cli.Verbs;

/// <summary>spikesr train: images of a folder in, a network out.</summary>
internal static class TrainVerb
{
    private static readonly Argument<string[]> Folders = new("FOLDER")
    {
        Description = "Folders of high-resolution images (8 bits a sample); low-resolution ones are made by antialiased bicubic reduction.",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<string> Output = new("--output", "-o") { Description = "The trained network (.safetensors).", HelpName = "FILE", Required = true };
    private static readonly Option<string> Preset = Options.Preset("Size of a new network.");
    private static readonly Option<string?> From = new("--from") { Description = "Start from this network, a file or a shipped one, instead of a new one; with --groups, a deeper one is grown from it that starts at its output.", HelpName = "FILE|NAME" };
    private static readonly Option<int> Scale = Options.Integer("--scale", "Enlargement of a new network.", 2, 4, 4, "-s");
    private static readonly Option<int?> Channels = Options.Integer("--channels", "C of a new network, a multiple of 16, instead of the preset's.", 16, 4096);
    private static readonly Option<int?> Groups = Options.Integer("--groups", "Groups of a new network, or of the deeper one that is grown from --from.", 1, 256);
    private static readonly Option<int?> Blocks = Options.Integer("--blocks", "Blocks a group of a new network.", 1, 256);
    private static readonly Option<int?> TimeSteps = Options.Integer("--time-steps", "T of a new network.", 1, 1024);
    private static readonly Option<int?> QueryDepth = Options.Integer("--qk", "Depth of queries and keys of a new network.", 1, 4096);
    private static readonly Option<int?> Hidden = Options.Integer("--mlp", "Width of the token MLPs of a new network.", 1, 65536);
    private static readonly Option<int> Steps = Options.Integer("--steps", "Steps of the optimiser.", 1, 100000000, 1000);
    private static readonly Option<int> Crop = Options.Integer("--crop", "Side of the low-resolution crops; 30, 44, 58 and 72 waste least.", 3, 8192, 30);
    private static readonly Option<int> Batch = Options.Integer("--batch", "Crops in a batch.", 1, 4096, 4);
    private static readonly Option<int> Accumulate = Options.Integer("--accumulate", "Batches averaged into one step.", 1, 4096, 1);
    private static readonly Option<double> Rate = Options.Number("--lr", "Highest learning rate.", rate => rate > 0, "a number above 0", 1.5e-3);
    private static readonly Option<int> WarmUp = Options.Integer("--warm-up", "Steps of linear rise of the rate.", 0, 100000000, 50);
    private static readonly Option<double> Clip = Options.Number("--clip", "Largest norm of the gradient; 0: no clipping.", norm => norm >= 0, "a number of at least 0", 1);
    private static readonly Option<double> Average = Options.Number("--average", "Decay of the moving average of the weights, which is what is saved; 0: none.", decay => decay is >= 0 and < 1, "a number of at least 0 and below 1", 0.999);
    private static readonly Option<int> FitTail = Options.Integer("--fit-tail", "Batches that a new network's last layer is fitted to before the first step; 0: it starts as drawn.", 0, 4096, 32);
    private static readonly Option<ulong> Seed = new("--seed") { Description = "Seed of initialisation, crops and noise.", HelpName = "N", DefaultValueFactory = _ => 1 };
    private static readonly Option<string[]> Weights = new("--weight") { Description = "Draw images whose name begins so less or more often; may be repeated.", HelpName = "PREFIX=FACTOR", DefaultValueFactory = _ => [] };
    private static readonly Option<int> HoldBack = Options.Integer("--hold-back", "Every N-th image is not trained on and measures progress; 0: none.", 0, 1000000, 20);
    private static readonly Option<int> ValidateEvery = Options.Integer("--validate-every", "Steps between measurements on the images held back.", 1, 100000000, 500);
    private static readonly Option<string?> Checkpoint = new("--checkpoint") { Description = "Where the run's state is kept. [default: that of --output with .checkpoint appended]", HelpName = "FILE" };
    private static readonly Option<int> CheckpointEvery = Options.Integer("--checkpoint-every", "Steps between checkpoints.", 1, 100000000, 250);
    private static readonly Option<bool> Resume = new("--resume") { Description = "Go on from the checkpoint, on the same images: the network becomes, byte for byte, what it would have without the stop." };
    private static readonly Option<bool> Overwrite = new("--overwrite") { Description = "Begin again where an output is there already, and replace it." };
    private static readonly Option<string?> Log = new("--log") { Description = "CSV file of loss, rate and PSNR.", HelpName = "FILE" };

    private static readonly Option<string?> Curve = new("--curve") { Description = "SVG picture of the log's loss and PSNR, drawn again at every measurement; needs --log.", HelpName = "FILE" };

    // What --from decides, not the user.
    private static readonly Option[] Sizes = [Preset, Scale, Channels, Blocks, TimeSteps, QueryDepth, Hidden];

    public static Command Create()
    {
        var command = new Command(
            "train",
            "Train a network on a folder of images.\n\nExample: spikesr train images -o model.safetensors --steps 2000 --log model.csv")
        {
            Folders, Output, Preset, From, Scale, Channels, Groups, Blocks, TimeSteps, QueryDepth, Hidden, Steps, Crop, Batch, Accumulate, Rate, WarmUp, Clip, Average, FitTail, Seed,
            Weights, HoldBack, ValidateEvery, Checkpoint, CheckpointEvery, Resume, Overwrite, Log, Curve, EngineOptions.Threads,
        };
        command.SetAction((parsed, cancellation) => Task.FromResult(Run(parsed, cancellation)));
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken cancellation)
    {
        var output = parsed.GetRequiredValue(Output);
        if (parsed.GetValue(Curve) is not null && parsed.GetValue(Log) is null)
        {
            throw new ArgumentException("--curve needs --log, whose lines it draws");
        }

        if (parsed.GetValue(Resume) && parsed.GetValue(Overwrite))
        {
            throw new ArgumentException("--resume goes on and --overwrite begins again, expected one of them");
        }

        var (checkpoint, resume) = (parsed.GetValue(Checkpoint) ?? output + ".checkpoint", parsed.GetValue(Resume));
        CheckOutputs(parsed, output, checkpoint);
        AtomicFile.RemoveRemains([output, checkpoint]);
        var backend = EngineOptions.Simd(parsed);
        var settings = Settings(parsed);
        var network = Network(parsed, settings.Seed);
        settings.Check(network.Configuration.MinimumSide);
        var (pool, heldBack) = Images(parsed, network.Configuration.Scale, settings.Crop, backend.Threads, cancellation);
        if (!resume && settings.TailFitBatches > 0)
        {
            Console.WriteLine($"fitting the last layer to {settings.TailFitBatches} batches");
            TailFit.Apply(network, settings, backend, pool, cancellation);
        }

        var trainer = new Trainer(network, settings, backend, pool);
        if (resume)
        {
            TrainingCheckpoint.Resume(trainer, checkpoint);
        }

        Console.WriteLine(
            $"{network.StateDict.TrainedCount:N0} parameters, {pool.Images.Count} images to train on, {heldBack.Count} held back, steps {trainer.Step} to {settings.Steps}");
        var bicubic = heldBack.Count > 0 ? Validation.MeanBicubicPsnr(heldBack, backend.Threads) : (double?)null;
        if (bicubic is { } level)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"bicubic on the images held back: {level:F3} dB"));
        }

        var (logPath, curve) = (parsed.GetValue(Log), parsed.GetValue(Curve));
        using var log = logPath is null ? null : new TrainingLog(logPath, trainer.Step);
        var run = new TrainingRun(trainer, backend)
        {
            CheckpointPath = checkpoint,
            CheckpointEvery = parsed.GetValue(CheckpointEvery),
            ValidateEvery = parsed.GetValue(ValidateEvery),
            HeldBack = heldBack,
        };
        TrainingProgress.Show(settings.Steps, trainer.Step, show => run.ToTheEnd(
            report =>
            {
                log?.Add(report);
                show(report);
                if (report.Psnr is not null)
                {
                    Draw(curve, logPath, bicubic);
                }
            },
            cancellation));
        Draw(curve, logPath, bicubic);
        trainer.SwapAverage();
        ModelFile.Save(network, output, Provenance(settings));
        Console.WriteLine($"wrote {output}");
        return 0;
    }

    // Before the first step, not at the first checkpoint.
    private static void CheckOutputs(ParseResult parsed, string output, string checkpoint)
    {
        string[] files = [output, checkpoint, .. new[] { parsed.GetValue(Log), parsed.GetValue(Curve) }.OfType<string>()];
        foreach (var path in files)
        {
            if (Directory.Exists(path) || Path.EndsInDirectorySeparator(path) || files.Count(other => Path.GetFullPath(other) == Path.GetFullPath(path)) > 1)
            {
                throw new ArgumentException($"{path}: found a folder or another output, expected a file of its own");
            }

            if (File.Exists(path) && !parsed.GetValue(Resume) && !parsed.GetValue(Overwrite))
            {
                throw new ArgumentException($"{path} is there already; --resume goes on from the checkpoint, --overwrite begins again");
            }

            OutputFolder.Create(path);
        }
    }

    private static void Draw(string? curve, string? log, double? bicubic)
    {
        if (curve is not null && TrainingLog.Entries(log!) is { Count: > 0 } entries)
        {
            TrainingCurve.Write(curve, entries, bicubic);
        }
    }

    private static TrainingSettings Settings(ParseResult parsed) => new()
    {
        Steps = parsed.GetValue(Steps),
        Crop = parsed.GetValue(Crop),
        Batch = parsed.GetValue(Batch),
        Accumulation = parsed.GetValue(Accumulate),
        LearningRate = parsed.GetValue(Rate),
        WarmUp = parsed.GetValue(WarmUp),
        ClipNorm = parsed.GetValue(Clip),
        AverageDecay = parsed.GetValue(Average),
        TailFitBatches = parsed.GetValue(From) is null ? parsed.GetValue(FitTail) : 0,
        Seed = parsed.GetValue(Seed),
    };

    private static SpikeSr<F32> Network(ParseResult parsed, ulong seed)
    {
        if (parsed.GetValue(From) is { } from)
        {
            var own = Sizes.FirstOrDefault(size => Options.IsGiven(parsed, size));
            var trained = own is null ? ModelOption.Load(From.Name, from) : throw new ArgumentException($"{own.Name} is for a new network; that of --from has its own sizes, and only --groups can add to it");
            return parsed.GetValue(Groups) is { } groups ? GroupGrowth.Apply(trained, groups, seed) : trained;
        }

        var preset = SpikeSrConfiguration.Preset(parsed.GetRequiredValue(Preset));
        var network = new SpikeSr<F32>(preset with
        {
            Scale = parsed.GetValue(Scale),
            Channels = parsed.GetValue(Channels) ?? preset.Channels,
            Groups = parsed.GetValue(Groups) ?? preset.Groups,
            Blocks = parsed.GetValue(Blocks) ?? preset.Blocks,
            Steps = parsed.GetValue(TimeSteps) ?? preset.Steps,
            QueryDepth = parsed.GetValue(QueryDepth) ?? preset.QueryDepth,
            Hidden = parsed.GetValue(Hidden) ?? preset.Hidden,
        });
        network.StateDict.Initialise(seed);
        return network;
    }

    private static (ImagePool Pool, List<TrainingImage> HeldBack) Images(ParseResult parsed, int scale, int crop, Parallelism threads, CancellationToken cancellation)
    {
        var every = parsed.GetValue(HoldBack);
        var factors = parsed.GetRequiredValue(Weights).Select(Factor).ToList();
        var (images, weights, heldBack) = (new List<TrainingImage>(), new List<double>(), new List<TrainingImage>());
        var paths = parsed.GetRequiredValue(Folders).SelectMany(ImagePool.List).ToList();
        if (factors.FirstOrDefault(factor => !paths.Any(path => Path.GetFileName(path).StartsWith(factor.Prefix, StringComparison.Ordinal))).Prefix is { } idle)
        {
            throw new ArgumentException($"--weight is for '{idle}', expected what an image's name begins with");
        }

        for (var i = 0; i < paths.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            var image = TrainingImage.Load(paths[i], scale, crop, threads);
            if (every > 0 && i % every == every - 1)
            {
                heldBack.Add(image);
                continue;
            }

            images.Add(image);
            weights.Add(factors.Where(factor => image.Name.StartsWith(factor.Prefix, StringComparison.Ordinal)).Aggregate(1.0, (product, factor) => product * factor.Value));
        }

        return images.Count > 0
            ? (new ImagePool(images, weights), heldBack)
            : throw new ArgumentException($"--hold-back is {every}, which leaves no image to train on");
    }

    private static (string Prefix, double Value) Factor(string text)
    {
        var at = text.LastIndexOf('=');
        return at > 0 && double.TryParse(text.AsSpan(at + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= 0
            ? (text[..at], value)
            : throw new ArgumentException($"--weight is '{text}', expected PREFIX=FACTOR with a factor of at least 0");
    }

    private static Dictionary<string, string> Provenance(TrainingSettings settings) => new(StringComparer.Ordinal)
    {
        ["training"] = settings.ToJson(),
    };
}
