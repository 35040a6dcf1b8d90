using SpikeSR.Reference.Imaging.Upscaling;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Imaging.Tests.Upscaling;

/// <summary>Whole-image enlargement: sizes, kinds, opacity, small images.</summary>
public sealed class SpikeSrUpscalerTests
{
    private static readonly SpikeSrUpscaler Upscaler = Create();

    [Theory]
    [InlineData(1, AlphaKind.None, SampleKind.UInt8)]
    [InlineData(3, AlphaKind.None, SampleKind.UInt16)]
    [InlineData(4, AlphaKind.Straight, SampleKind.UInt8)]
    public void The_result_is_of_the_same_kind_and_larger(int channels, AlphaKind alpha, SampleKind kind)
    {
        var image = Noise(new ImageHeader(11, 9, channels, kind) { Alpha = alpha });
        var result = Upscaler.Upscale(image);
        Assert.Equal((22, 18, channels, kind, alpha), (result.Width, result.Height, result.Channels, result.Header.Kind, result.Header.Alpha));
        Assert.All(result.Samples, sample => Assert.True(sample >= 0 && sample <= image.Header.MaxValue && sample == MathF.Round(sample)));
    }

    // What goes wrong in it nobody would notice: it only would save no time.
    [Fact]
    public async Task A_rehearsal_ends_well() => await Rehearsal.Begin(new Parallelism(2));

    [Fact]
    public void An_image_smaller_than_a_patch_is_padded_and_cropped()
    {
        var result = Upscaler.Upscale(Noise(new ImageHeader(1, 3, 3, SampleKind.UInt8)));
        Assert.Equal((2, 6), (result.Width, result.Height));
    }

    [Fact]
    public void An_image_that_fits_into_one_tile_is_what_the_network_makes_of_the_whole()
    {
        var image = Noise(new ImageHeader(23, 17, 3, SampleKind.UInt8));
        var (network, backend) = Network();
        var (x, y) = (TensorView<F32>.Allocate(new Shape(1, 17, 23, 3)), TensorView<F32>.Allocate(new Shape(1, 34, 46, 3)));
        for (var i = 0; i < image.Samples.Length; i++)
        {
            x.Span[i] = new F32(image.Samples[i] / 255);
        }

        network.Evaluate(backend, x, y);
        var result = Upscaler.Upscale(image);
        for (var i = 0; i < result.Samples.Length; i++)
        {
            Assert.Equal(MathF.Round(Math.Clamp(y.Span[i].Value * 255, 0, 255)), result.Samples[i]);
        }
    }

    [Fact]
    public async Task Threads_that_share_an_upscaler_get_what_each_would_get_alone()
    {
        var images = Enumerable.Range(0, 4).Select(i => Noise(new ImageHeader(40 + (7 * i), 33, 3, SampleKind.UInt8))).ToArray();
        var settings = new UpscaleSettings { TileSize = 22, Margin = 2, Feather = 2 };
        var alone = images.Select(image => Create().Upscale(image, settings).Samples).ToArray();
        var shared = Create(threads: 2);
        var together = await Task.WhenAll(images.Select(image => Task.Run(() => shared.Upscale(image, settings).Samples)));
        Assert.Equal(alone, together);
    }

    [Theory]
    [InlineData("tiny", 72, 58)]
    [InlineData("small", 44, 86)]
    [InlineData("published", 44, 44)]
    [InlineData("tiny", 100, 120, 1, 16, 6)]
    [InlineData("tiny", 60, 100, 1, 16, 3)]
    public void The_memory_that_tiles_are_chosen_by_is_no_less_than_what_the_network_takes(string preset, int height, int width, int steps = 0, int channels = 0, int patch = 0)
    {
        var sizes = SpikeSrConfiguration.Preset(preset);
        var network = new SpikeSr<F32>(patch == 0 ? sizes : sizes with { Steps = steps, Channels = channels, PatchSizes = [patch] });
        var workspace = new Workspace();
        var backend = SimdBackend.Create<F32>(workspace, new Parallelism(2));
        network.Evaluate(backend, TensorView<F32>.Allocate(new Shape(1, height, width, 3)), TensorView<F32>.Allocate(new Shape(1, 4 * height, 4 * width, 3)));
        Assert.InRange(workspace.AllocatedBytes, 1, new SpikeSrTileNetwork(network, backend).BytesFor(height, width));
    }

    [Fact]
    public void Reflection_does_not_repeat_the_border() =>
        Assert.Equal([0, 1, 2, 1, 0, 1, 2], Enumerable.Range(0, 7).Select(i => TileSamples.Reflect(i, 3)));

    private static Image Noise(ImageHeader header)
    {
        var image = new Image(header);
        var stream = new UniformStream(1, 1);
        for (var i = 0; i < image.Samples.Length; i++)
        {
            image.Samples[i] = (float)Math.Floor((header.MaxValue + 1) * stream.Next());
        }

        return image;
    }

    private static SpikeSrUpscaler Create(int threads = 1)
    {
        var (network, backend) = Network(threads);
        return new SpikeSrUpscaler(network, backend);
    }

    private static (SpikeSr<F32> Network, Backend<F32> Backend) Network(int threads = 1)
    {
        var network = new SpikeSr<F32>(new SpikeSrConfiguration { Steps = 2, Channels = 16, Groups = 1, Blocks = 1, PatchSizes = [6], QueryDepth = 4, Hidden = 8, Scale = 2 });
        network.StateDict.Initialise(1);
        return (network, SimdBackend.Create<F32>(new Workspace(), new Parallelism(threads)));
    }
}
