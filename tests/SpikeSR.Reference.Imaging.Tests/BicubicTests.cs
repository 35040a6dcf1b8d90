using System.Runtime.InteropServices;
using FsCheck;
using FsCheck.Fluent;
using SpikeSR.Reference.Imaging.Resampling;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Imaging.Tests;

public class BicubicTests
{
    public static IEnumerable<object[]> Goldens => File.ReadLines(SampleFiles.PathOf("resampling", "manifest.tsv")).Select(line => line.Split('\t'));

    [Theory]
    [MemberData(nameof(Goldens))]
    public void Eight_bit_pixels_equal_those_of_Pillow(string input, string width, string height, string output)
    {
        var expected = Image.Load(SampleFiles.PathOf("resampling", output));
        var resized = Bicubic.Resize(Image.Load(SampleFiles.PathOf("resampling", input)), int.Parse(width), int.Parse(height));
        Assert.Equal(expected.Header, resized.Header);
        Assert.Equal(expected.Samples, resized.Samples);
    }

    [Theory]
    [InlineData(8, 5)]
    [InlineData(70, 50)]
    [InlineData(33, 40)]
    [InlineData(12, 21)]
    public void Floats_equal_those_of_Pillow(int width, int height)
    {
        var plane = new Image(new ImageHeader(33, 21, 1, SampleKind.Float32), Floats("plane-33x21.float"));
        Assert.Equal(Floats($"plane-{width}x{height}.float"), Bicubic.Resize(plane, width, height).Samples);
    }

    [Fact]
    public void The_result_does_not_depend_on_threads()
    {
        var image = Images.Noise(new ImageHeader(190, 170, 3, SampleKind.UInt8), 1);
        Assert.Equal(Bicubic.Resize(image, 60, 200).Samples, Bicubic.Resize(image, 60, 200, new Parallelism(3)).Samples);
    }

    [Fact]
    public void A_constant_image_stays_constant_at_every_size()
    {
        var sizes = Gen.Choose(1, 70).Four().Select(s => (s.Item1, s.Item2, s.Item3, s.Item4));
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll(Arb.From(sizes), s =>
        {
            var image = new Image(new ImageHeader(s.Item1, s.Item2, 1, SampleKind.UInt8));
            Array.Fill(image.Samples, 201);
            return Bicubic.Resize(image, s.Item3, s.Item4).Samples.All(sample => sample == 201);
        }));
    }

    [Fact]
    public void Channels_are_resampled_alone_and_16_bits_keep_their_range()
    {
        var image = Images.Noise(new ImageHeader(31, 22, 4, SampleKind.UInt16) { Alpha = AlphaKind.Straight }, 3);
        var resized = Bicubic.Resize(image, 8, 45);
        for (var c = 0; c < 4; c++)
        {
            var channel = new Image(new ImageHeader(31, 22, 1, SampleKind.UInt16), [.. image.Samples.Where((_, i) => i % 4 == c)]);
            Assert.Equal(Bicubic.Resize(channel, 8, 45).Samples, resized.Samples.Where((_, i) => i % 4 == c));
        }

        Assert.True(resized.Samples.Max() > 40_000);
    }

    [Fact]
    public void Density_follows_the_size()
    {
        var header = new ImageHeader(8, 8, 1, SampleKind.UInt8) { Metadata = new ImageMetadata { Density = new PixelDensity(1000, 1000, IsPhysical: true) } };
        Assert.Equal(new PixelDensity(4000, 500, IsPhysical: true), Bicubic.Resize(new Image(header), 32, 4).Header.Metadata.Density);
    }

    private static float[] Floats(string name) => MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(SampleFiles.PathOf("resampling", name))).ToArray();
}
