using SpikeSR.Reference.Imaging;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Serialization;
using SpikeSR.Reference.Tensors;
using SpikeSR.Reference.Training;

namespace SpikeSR.Reference.Training.Tests;

/// <summary>A run is fixed by its settings and seed alone: not by threads, not by stopping.</summary>
public sealed class TrainerTests : IDisposable
{
    private static readonly TrainingSettings Settings = new() { Steps = 6, Crop = 8, Batch = 2, WarmUp = 2, AverageDecay = 0.9, Seed = 7 };
    private readonly string _folder = Directory.CreateTempSubdirectory("spikesr").FullName;

    public TrainerTests()
    {
        for (var i = 0; i < 3; i++)
        {
            var image = new Image(new ImageHeader(40, 36, 3, SampleKind.UInt8));
            var stream = new UniformStream(5, (uint)i);
            for (var k = 0; k < image.Samples.Length; k++)
            {
                image.Samples[k] = (float)Math.Floor(256 * stream.Next());
            }

            image.Save(Path.Combine(_folder, $"{i}.png"));
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void One_and_two_threads_give_the_same_bytes() => Assert.Equal(Bytes(Run(1, 6)), Bytes(Run(2, 6)));

    [Fact]
    public void A_run_that_is_saved_and_taken_up_again_goes_on_byte_for_byte()
    {
        var checkpoint = Path.Combine(_folder, "run.checkpoint");
        TrainingCheckpoint.Save(Run(1, 4), checkpoint);
        var resumed = Start(1, Settings);
        TrainingCheckpoint.Resume(resumed, checkpoint);
        Assert.Equal(4, resumed.Step);
        Advance(resumed, 2);
        Assert.Equal(Bytes(Run(1, 6)), Bytes(resumed));
    }

    [Fact]
    public void Another_seed_gives_other_bytes() => Assert.NotEqual(Bytes(Run(1, 2)), Bytes(Advance(Start(1, Settings with { Seed = 8 }), 2)));

    [Fact]
    public void Accumulation_averages_the_gradients_of_its_batches()
    {
        // A rate that is 0 in float: the second batch meets the weights of the first.
        var settings = Settings with { LearningRate = 1e-300, ClipNorm = 0, Adam = Settings.Adam with { Beta1 = 0 } };
        var apart = Start(1, settings);
        var first = apart.Advance();
        var gradient = Moments(apart);
        var second = apart.Advance();
        var mean = gradient.Zip(Moments(apart), (left, right) => (left + right) / 2).ToArray();
        var together = Start(1, settings with { Accumulation = 2 });
        Assert.Equal((first.Loss + second.Loss) / 2, together.Advance().Loss);
        var largest = mean.Max(Math.Abs);
        Assert.All(mean.Zip(Moments(together)), pair => Assert.InRange(pair.Second, pair.First - (1e-5 * largest), pair.First + (1e-5 * largest)));
    }

    [Theory]
    [InlineData(1e-3, true)]
    [InlineData(1e3, false)]
    [InlineData(0, false)]
    public void A_gradient_of_too_large_a_norm_is_shortened_to_the_largest(double largest, bool isClipped)
    {
        var trainer = Start(1, Settings with { ClipNorm = largest, Adam = Settings.Adam with { Beta1 = 0 } });
        var norm = trainer.Advance().GradientNorm;
        var expected = isClipped ? largest : norm;
        Assert.InRange(norm, 1e-3, 1e3);
        Assert.InRange(Math.Sqrt(Moments(trainer).Sum(element => element * element)), expected * (1 - 1e-6), expected * (1 + 1e-6));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(40)]
    public void The_power_of_two_that_the_loss_is_multiplied_by_changes_nothing(int exponent)
    {
        var trainer = Start(1, Settings, Math.ScaleB(1, exponent));
        Assert.Equal(Bytes(Run(1, 3)), Bytes(Advance(trainer, 3)));
    }

    [Fact]
    public void A_loss_that_is_not_a_number_stops_the_run_and_changes_no_parameter()
    {
        var trainer = Start(1, Settings);
        trainer.Network.StateDict.Find("tail.0.bias")!.Value.Span[0] = new F32(float.NaN);
        var before = Trained(trainer);
        Assert.Throws<TrainingDivergedException>(() => trainer.Advance());
        Assert.Equal(before, Trained(trainer));
        Assert.Equal(0, trainer.Step);
    }

    [Fact]
    public void A_checkpoint_of_other_settings_is_refused()
    {
        var checkpoint = Path.Combine(_folder, "run.checkpoint");
        TrainingCheckpoint.Save(Start(1, Settings), checkpoint);
        var failure = Assert.Throws<MalformedFileException>(() => TrainingCheckpoint.Resume(Start(1, Settings with { Batch = 1 }), checkpoint));
        Assert.EndsWith($"metadata 'settings', Batch: found {Settings.Batch}, expected that of this run, 1", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_checkpoint_of_other_patches_is_refused()
    {
        var checkpoint = Path.Combine(_folder, "run.checkpoint");
        TrainingCheckpoint.Save(Start(1, Settings), checkpoint);
        var bytes = File.ReadAllBytes(checkpoint);
        var at = bytes.AsSpan().IndexOf("\"patch_sizes\":\""u8) + "\"patch_sizes\":\"".Length;
        bytes[at] = bytes[at] == (byte)'7' ? (byte)'8' : (byte)'7';
        File.WriteAllBytes(checkpoint, bytes);
        var failure = Assert.Throws<MalformedFileException>(() => TrainingCheckpoint.Resume(Start(1, Settings), checkpoint));
        Assert.Contains("patch_sizes", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_checkpoint_of_other_pictures_or_weights_is_refused()
    {
        var checkpoint = Path.Combine(_folder, "run.checkpoint");
        var run = Start(1, Settings);
        TrainingCheckpoint.Save(run, checkpoint);
        var images = run.Pool.Images;
        Refuses(new ImagePool([.. images.Skip(1)]));
        Refuses(new ImagePool([.. images.Reverse()]));
        Refuses(new ImagePool(images, [2, .. images.Skip(1).Select(_ => 1.0)]));
        TrainingCheckpoint.Resume(With(new ImagePool(images, [.. images.Select(_ => 1.0)])), checkpoint);

        Trainer With(ImagePool pool) => new(Start(1, Settings).Network, Settings, SimdBackend.Create<F32>(new Workspace(), Parallelism.Single), pool);
        void Refuses(ImagePool pool) =>
            Assert.Contains("other images", Assert.Throws<MalformedFileException>(() => TrainingCheckpoint.Resume(With(pool), checkpoint)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_may_be_made_longer_when_it_is_taken_up_again()
    {
        var checkpoint = Path.Combine(_folder, "run.checkpoint");
        TrainingCheckpoint.Save(Run(1, 4), checkpoint);
        var longer = Start(1, Settings with { Steps = 9 });
        TrainingCheckpoint.Resume(longer, checkpoint);
        Assert.Equal((4L, 9), (longer.Step, longer.Settings.Steps));
    }

    [Fact]
    public void An_image_of_two_bands_is_refused() => Assert.Contains(
        "found 2 bands, expected 1 band or 3",
        Assert.Throws<MalformedFileException>(() => TrainingImage.Of("two", new Image(new ImageHeader(40, 36, 2, SampleKind.UInt8)), scale: 4, smallest: 8, Parallelism.Single)).Message,
        StringComparison.Ordinal);

    [Fact]
    public void A_run_does_not_end_before_its_checkpoint()
    {
        var checkpoint = Path.Combine(_folder, "run.checkpoint");
        TrainingCheckpoint.Save(Run(1, 4), checkpoint);
        var failure = Assert.Throws<MalformedFileException>(() => TrainingCheckpoint.Resume(Start(1, Settings with { Steps = 3 }), checkpoint));
        Assert.EndsWith("metadata 'step': found 4, expected at most the 3 steps of this run", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_moving_average_soon_forgets_the_start_and_then_keeps_its_decay()
    {
        var settings = new TrainingSettings { AverageDecay = 0.99 };
        Assert.Equal(2.0 / 11, settings.AverageDecayAt(1));
        Assert.Equal(0.5, settings.AverageDecayAt(8));
        Assert.Equal(0.99, settings.AverageDecayAt(1000));
    }

    [Fact]
    public void The_moving_average_after_one_step_is_a_blend_of_start_and_step()
    {
        var trainer = Start(1, Settings);
        var start = Trained(trainer);
        trainer.Advance();
        var live = Trained(trainer);
        trainer.SwapAverage();
        const float Decay = (float)(2.0 / 11);
        Assert.Equal(start.Zip(live, (from, to) => MathF.FusedMultiplyAdd((float)(1 - (2.0 / 11)), to, Decay * from)), Trained(trainer));
    }

    [Fact]
    public void An_image_smaller_than_the_crop_is_refused_in_one_line()
    {
        var failure = Assert.Throws<MalformedFileException>(() => TrainingImage.Load(Path.Combine(_folder, "0.png"), 4, 30, Parallelism.Single));
        Assert.Contains("120 x 120", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_rate_rises_then_falls_along_half_a_cosine()
    {
        var settings = new TrainingSettings { Steps = 110, WarmUp = 10, LearningRate = 2, FinalRate = 0.5 };
        Assert.Equal(1, settings.RateAt(5));
        Assert.Equal(2, settings.RateAt(10), 12);
        Assert.Equal(1.5, settings.RateAt(60), 12);
        Assert.Equal(1, settings.RateAt(110), 12);
    }

    private static Trainer Advance(Trainer trainer, int steps)
    {
        for (var i = 0; i < steps; i++)
        {
            trainer.Advance();
        }

        return trainer;
    }

    private static float[] Trained(Trainer trainer) =>
        [.. trainer.Network.StateDict.Trained.SelectMany(parameter => parameter.Value.Span.ToArray()).Select(element => element.Value)];

    // With Adam's first decay 0 they are the last step's gradient.
    private static double[] Moments(Trainer trainer) => [.. trainer.First.SelectMany(moment => moment.Span.ToArray()).Select(element => (double)element.Value)];

    private static byte[] Bytes(Trainer trainer)
    {
        var path = Path.GetTempFileName();
        ModelFile.Save(trainer.Network, path);
        var bytes = File.ReadAllBytes(path);
        File.Delete(path);
        return bytes;
    }

    private Trainer Run(int threads, int steps) => Advance(Start(threads, Settings), steps);

    private Trainer Start(int threads, TrainingSettings settings, double? lossScale = null)
    {
        var network = new SpikeSr<F32>(new SpikeSrConfiguration { Steps = 2, Channels = 16, Groups = 1, Blocks = 1, PatchSizes = [6], QueryDepth = 4, Hidden = 8 });
        network.StateDict.Initialise(settings.Seed);
        var parallelism = new Parallelism(threads);
        var pool = new ImagePool([.. ImagePool.List(_folder).Select(path => TrainingImage.Load(path, 4, settings.Crop, parallelism))]);
        var backend = SimdBackend.Create<F32>(new Workspace(), parallelism);
        return lossScale is { } scale ? new(network, settings, backend, pool) { LossScale = scale } : new(network, settings, backend, pool);
    }
}
