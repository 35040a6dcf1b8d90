using SpikeSR.Reference.Imaging;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Serialization;
using SpikeSR.Reference.Tensors;
using SpikeSR.Reference.Training.Scoring;

namespace SpikeSR.Reference.Training.Tests;

/// <summary>Scores: the network's own spikes are counted, and energy follows from them.</summary>
public sealed class ModelScoreTests : IDisposable
{
    private static readonly SpikeSrConfiguration Sizes = new() { Steps = 2, Channels = 16, Groups = 2, Blocks = 1, PatchSizes = [6], QueryDepth = 4, Hidden = 8 };
    private readonly string _folder = Directory.CreateTempSubdirectory("spikesr").FullName;
    private readonly Backend<F32> _backend = SimdBackend.Create<F32>(new Workspace(), Parallelism.Single);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Each_picture_and_the_means_are_scored_beside_bicubic()
    {
        Save("a.png", 48, 40);
        Save("b.png", 44, 44);
        var told = new List<ImageScore>();
        var score = ModelScore.Of(Network(), _backend, Pictures(), (image, _) => told.Add(image));
        Assert.Equal(["a.png", "b.png"], score.Images.Select(image => image.Name));
        Assert.Equal(told, score.Images);
        Assert.Equal((told[0].Model.PsnrY + told[1].Model.PsnrY) / 2, score.Model.PsnrY, 12);
        Assert.Equal((told[0].Bicubic.SsimRgb + told[1].Bicubic.SsimRgb) / 2, score.Bicubic.SsimRgb, 12);
        // An untrained network is no match for bicubic.
        Assert.Equal(2, score.WorseThanBicubic);
        var (image, backend) = (TrainingImage.Load(Path.Combine(_folder, "a.png"), 4, 6, Parallelism.Single), _backend);
        Assert.Equal(Validation.MeanPsnr(Network(), backend, [image]), told[0].Model.PsnrY, 12);
        Assert.Equal(Validation.MeanBicubicPsnr([image], Parallelism.Single), told[0].Bicubic.PsnrY, 12);
    }

    [Fact]
    public void Every_LIF_site_is_counted()
    {
        Save("a.png", 48, 40);
        var score = ModelScore.Of(Network(), _backend, Pictures(), (_, _) => { });
        Assert.Equal(
            ["body.0.body.0.residual.0", "body.0.body.0.residual.3", "body.0.reduce_chan_level2.0", "body.1.body.0.residual.0", "body.1.body.0.residual.3", "body.1.reduce_chan_level2.0"],
            score.Spikes.Select(site => site.Name));
        Assert.All(score.Spikes, site => Assert.InRange(site.Rate, 0, 1));
        Assert.Contains(score.Spikes, site => site.Rate is > 0 and < 1);
    }

    [Fact]
    public void Neurons_that_always_fire_have_rate_1_and_those_that_never_do_have_0()
    {
        Save("a.png", 48, 40);
        var network = Network();
        // The group's last neuron sees the block's output; its first block's second neuron sees what this norm gives.
        var norm = network.StateDict.Find("body.0.body.0.residual.2.weight")!;
        var shift = network.StateDict.Find("body.0.body.0.residual.2.bias")!;
        norm.Value.Clear();
        shift.Value.Span.Fill(new F32(0.15f));
        var meter = new SpikeMeter(network, _backend);
        meter.Add(TrainingImage.Load(Path.Combine(_folder, "a.png"), 4, 6, Parallelism.Single));
        Assert.Equal(1, meter.Sites[1].Rate);
        shift.Value.Span.Fill(new F32(0.01f));
        meter = new SpikeMeter(network, _backend);
        meter.Add(TrainingImage.Load(Path.Combine(_folder, "a.png"), 4, 6, Parallelism.Single));
        Assert.Equal(0, meter.Sites[1].Rate);
    }

    [Fact]
    public void Energy_counts_a_multiply_add_as_4_6_and_an_addition_as_0_9_picojoules()
    {
        var dense = NetworkCost.MultiplyAdds(Sizes, 128, 128);
        const long Fed = 2L * 128 * 128 * 9 * 16 * 16;
        var energy = EnergyEstimate.Of(Sizes, [new SpikeSite("one", 0.25, Fed)]);
        Assert.Equal(dense - Fed, energy.MultiplyAdds);
        Assert.Equal(0.25 * Fed, energy.SynapticOperations);
        Assert.Equal(((dense - Fed) * 4.6e-12) + (0.25 * Fed * 0.9e-12), energy.Joules, 15);
        Assert.Equal(dense * 4.6e-12, energy.DenseJoules, 15);
        Assert.True(energy.OneStepJoules < energy.DenseJoules);
    }

    [Fact]
    public void Sites_know_the_multiply_adds_of_the_convolutions_behind_them()
    {
        Save("a.png", 48, 40);
        var meter = new SpikeMeter(Network(), _backend);
        meter.Add(TrainingImage.Load(Path.Combine(_folder, "a.png"), 4, 6, Parallelism.Single));
        Assert.Equal([2L * 128 * 128 * 9 * 256, 2L * 128 * 128 * 9 * 256, 2L * 128 * 128 * 256], meter.Sites.Take(3).Select(site => site.MultiplyAdds));
    }

    [Fact]
    public void A_picture_smaller_than_the_network_takes_and_none_at_all_are_refused()
    {
        Save("a.png", 20, 40);
        var failure = Assert.Throws<MalformedFileException>(() => ModelScore.Of(Network(), _backend, Pictures(), (_, _) => { }));
        Assert.Contains("a.png: size: found 20 x 40 pixels, expected at least 24 x 24 pixels", failure.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => ModelScore.Of(Network(), _backend, [], (_, _) => { }));
    }

    [Fact]
    public void The_comparison_shows_the_middle_of_bicubic_model_and_truth_twice_as_large()
    {
        var sheet = new ComparisonPicture();
        sheet.Add(new Enlargements(Grey(10), Grey(20), Grey(30)));
        sheet.Add(new Enlargements(Grey(40), Grey(50), Grey(60)));
        var picture = sheet.Draw();
        Assert.Equal((736, 488), (picture.Width, picture.Height));
        Assert.Equal([10, 255, 20, 30], new[] { 239, 240, 248, 735 }.Select(x => picture.Row(0)[x * 3]));
        Assert.Equal([60, 255], new[] { 248, 247 }.Select(y => picture.Row(y)[735 * 3]));
        // The middle pixel differs.
        Assert.Equal(11, picture.Row(120)[120 * 3]);
        Assert.Throws<ArgumentException>(() => sheet.Add(new Enlargements(Grey(1, 100), Grey(1, 100), Grey(1, 100))));

        static Image Grey(float level, int side = 140)
        {
            var image = new Image(new ImageHeader(side, side, 3, SampleKind.UInt8));
            Array.Fill(image.Samples, level);
            image.Samples[((side / 2 * side) + (side / 2)) * 3]++;
            return image;
        }
    }

    private IEnumerable<TrainingImage> Pictures() => ImagePool.List(_folder).Select(path => TrainingImage.Load(path, Sizes.Scale, Sizes.MinimumSide, _backend.Threads));

    private static SpikeSr<F32> Network()
    {
        var network = new SpikeSr<F32>(Sizes);
        network.StateDict.Initialise(1);
        return network;
    }

    private void Save(string name, int width, int height)
    {
        var image = new Image(new ImageHeader(width, height, 3, SampleKind.UInt8));
        for (var k = 0; k < image.Samples.Length; k++)
        {
            image.Samples[k] = (float)Math.Floor(128 + (100 * Math.Sin(k / 3 % width / 5.0) * Math.Cos(k / 3 / width / 4.0)));
        }

        image.Save(Path.Combine(_folder, name));
    }
}
