using SpikeSR.Reference.Imaging.Upscaling;

namespace SpikeSR.Reference.Imaging.Tests.Upscaling;

/// <summary>What a tile sees where the source has nothing.</summary>
public sealed class TileSamplesTests
{
    [Theory]
    [InlineData(0.5)]
    [InlineData(0.97)]
    public void Where_there_are_no_data_the_nearest_stand(double share)
    {
        // Every sample a number of its own, so that it tells where it comes from.
        var image = new Image(new ImageHeader(23, 17, 1, SampleKind.Float32));
        var random = new Random(6);
        for (var i = 0; i < image.Samples.Length; i++)
        {
            image.Samples[i] = random.NextDouble() < share ? float.NaN : i;
        }

        var tile = Cut(image);
        for (var y = 0; y < image.Height; y++)
        {
            for (var x = 0; x < image.Width; x++)
            {
                var source = (int)tile.From(y, x)[0];
                var least = image.Samples.Where(float.IsFinite).Min(sample => Between((int)sample, y, x));
                Assert.Equal(least, Between(source, y, x));
            }
        }

        int Between(int place, int y, int x) => Math.Abs((place / image.Width) - y) + Math.Abs((place % image.Width) - x);
    }

    [Fact]
    public void Of_equally_near_data_those_from_above_then_from_the_left_then_from_below_stand()
    {
        var above = Cut(new Image(new ImageHeader(3, 3, 1, SampleKind.Float32), [0, 1, 0, 3, float.NaN, 5, 0, 7, 0]));
        Assert.Equal(1, above.From(1, 1)[0]);
        var left = Cut(new Image(new ImageHeader(3, 3, 1, SampleKind.Float32), [0, float.NaN, 0, 3, float.NaN, 5, 0, 7, 0]));
        Assert.Equal(3, left.From(1, 1)[0]);
        var below = Cut(new Image(new ImageHeader(2, 3, 1, SampleKind.Float32), [float.NaN, 0, float.NaN, 5, 6, 7]));
        Assert.Equal(6, below.From(1, 0)[0]);
    }

    [Fact]
    public void Where_a_tile_has_no_data_at_all_the_fallback_stands()
    {
        var tile = Cut(new Image(new ImageHeader(2, 1, 3, SampleKind.Float32), [float.NaN, 1, float.NaN, float.NaN, 2, 3]));
        Assert.Equal([-7, 1, 3, -7, 2, 3], tile.From(0, 0).ToArray());
    }

    private static TileSamples Cut(Image image)
    {
        var band = new SourceBand(new ImageRowReader(image), image.Height);
        band.ReadTo(image.Height);
        var tile = new TileSamples(band, image.Height, image.Width, fallback: -7);
        tile.Cut(0, 0);
        return tile;
    }
}
