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

    [Fact]
    public void An_image_smaller_than_a_patch_is_padded_and_cropped()
    {
        var result = Upscaler.Upscale(Noise(new ImageHeader(1, 3, 3, SampleKind.UInt8)));
        Assert.Equal((2, 6), (result.Width, result.Height));
    }

    [Fact]
    public void Reflection_does_not_repeat_the_border() =>
        Assert.Equal([0, 1, 2, 1, 0, 1, 2], Enumerable.Range(0, 7).Select(i => SpikeSrUpscaler.Reflect(i, 3)));

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

    private static SpikeSrUpscaler Create()
    {
        var network = new SpikeSr<F32>(new SpikeSrConfiguration { Steps = 2, Channels = 16, Groups = 1, Blocks = 1, PatchSizes = [6], QueryDepth = 4, Hidden = 8, Scale = 2 });
        network.StateDict.Initialise(1);
        return new SpikeSrUpscaler(network, SimdBackend.Create<F32>(new Workspace(), Parallelism.Single));
    }
}
