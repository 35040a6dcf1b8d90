using SpikeSR.Reference.Imaging;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Training.Tests;

/// <summary>A network whose tail is fitted begins as a sensible enlargement, the same on any number of threads.</summary>
public sealed class TailFitTests : IDisposable
{
    private static readonly TrainingSettings Settings = new() { Crop = 12, Batch = 2, TailFitBatches = 4, Seed = 3 };
    private readonly string _folder = Directory.CreateTempSubdirectory("spikesr").FullName;

    public TailFitTests()
    {
        for (var i = 0; i < 3; i++)
        {
            var image = new Image(new ImageHeader(96, 80, 3, SampleKind.UInt8));
            for (var k = 0; k < image.Samples.Length; k++)
            {
                var (x, y, c) = (k / 3 % 96, k / 3 / 96, k % 3);
                image.Samples[k] = (float)Math.Floor(128 + (60 * Math.Sin((x / (7.0 + i)) + c)) + (60 * Math.Cos(y / (9.0 - i))));
            }

            image.Save(Path.Combine(_folder, $"{i}.png"));
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_untrained_network_enlarges_smooth_pictures_well()
    {
        var backend = SimdBackend.Create<F32>(new Workspace(), Parallelism.Single);
        var (network, pool) = Start(Settings, backend);
        Assert.InRange(Validation.MeanPsnr(network, backend, pool.Images), 30, 60);
        Assert.InRange(Validation.MeanPsnr(Start(Settings with { TailFitBatches = 0 }, backend).Network, backend, pool.Images), 0, 15);
    }

    [Fact]
    public void One_and_two_threads_give_the_same_tail()
    {
        var tails = new[] { 1, 2 }.Select(threads => Start(Settings, SimdBackend.Create<F32>(new Workspace(), new Parallelism(threads))).Network.StateDict.Find("tail.0.weight")!.Value.Span.ToArray());
        Assert.Single(tails.Select(tail => string.Join(' ', tail.Select(element => BitConverter.SingleToInt32Bits(element.Value)))).Distinct());
    }

    [Fact]
    public void A_fit_that_is_given_up_leaves_the_network_as_it_was()
    {
        var backend = SimdBackend.Create<F32>(new Workspace(), Parallelism.Single);
        var (network, pool) = Start(Settings with { TailFitBatches = 0 }, backend);
        var before = network.StateDict.Find("tail.0.weight")!.Value.Span.ToArray();
        Assert.Throws<OperationCanceledException>(() => TailFit.Apply(network, Settings, backend, pool, new CancellationToken(canceled: true)));
        Assert.Equal(before, network.StateDict.Find("tail.0.weight")!.Value.Span.ToArray());
    }

    private static SpikeSr<F32> Untrained(TrainingSettings settings)
    {
        var network = new SpikeSr<F32>(new SpikeSrConfiguration { Steps = 2, Channels = 32, Groups = 1, Blocks = 1, PatchSizes = [6], QueryDepth = 4, Hidden = 8 });
        network.StateDict.Initialise(settings.Seed);
        return network;
    }

    private (SpikeSr<F32> Network, ImagePool Pool) Start(TrainingSettings settings, Backend<F32> backend)
    {
        var (network, pool) = (Untrained(settings), new ImagePool([.. ImagePool.List(_folder).Select(path => TrainingImage.Load(path, 4, settings.Crop, Parallelism.Single))]));
        TailFit.Apply(network, settings, backend, pool);
        return (network, pool);
    }
}
