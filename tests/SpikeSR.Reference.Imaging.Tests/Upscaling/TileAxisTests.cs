using FsCheck;
using FsCheck.Fluent;
using SpikeSR.Reference.Imaging.Upscaling;

namespace SpikeSR.Reference.Imaging.Tests.Upscaling;

public sealed class TileAxisTests
{
    private static readonly Gen<(int Extent, int Longest, int Margin, int Feather, int Patch)> Axes =
        from margin in Gen.Choose(2, 20)
        from feather in Gen.Choose(0, 20)
        from patch in Gen.Choose(3, 40)
        from longest in Gen.Choose(new TileLengths(patch).AtLeast((2 * margin) + (3 * feather) + 1), 300)
        from extent in Gen.Choose(1, 2000)
        select (extent, longest, margin, feather, patch);

    [Fact]
    public void Tiles_cover_an_axis_once_and_keep_their_margins() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(2000), Prop.ForAll(Axes.ToArbitrary(), axis =>
    {
        var (extent, longest, margin, feather, patch) = axis;
        var lengths = new TileLengths(patch);
        var plan = TileAxis.Plan(extent, longest, lengths, margin, feather);
        if (extent <= longest)
        {
            Assert.Equal([new TileAxis.Tile(0, 0, extent, 0, 0)], plan.Tiles);
            Assert.Equal(Math.Max(extent, patch), plan.Length);
            return;
        }

        Assert.InRange(plan.Length, patch, longest);
        Assert.True(plan.Tiles.Length > 1);
        Assert.Equal((0, extent), (plan.Tiles[0].From, plan.Tiles[^1].To));
        for (var i = 0; i < plan.Tiles.Length; i++)
        {
            var tile = plan.Tiles[i];
            Assert.Equal((i == 0 ? 0 : feather, i == plan.Tiles.Length - 1 ? 0 : feather), (tile.FadeIn, tile.FadeOut));
            Assert.True(tile.From >= tile.Start + margin && tile.To <= tile.Start + plan.Length - margin, "a margin is thrown away at both ends");
            Assert.True(tile.Done - tile.From > tile.FadeIn || i == plan.Tiles.Length - 1, "a tile never shares a pixel with the one after the next");
            Assert.True(i == 0 || tile.From == plan.Tiles[i - 1].Done, "a tile begins where the one before is done");

            // Reflection reaches no further than what a band of one tile's rows holds.
            Assert.True(tile.Start >= -margin && tile.Start + plan.Length <= extent + margin);
        }
    }));

    [Theory]
    [InlineData(16, 1, 16)]
    [InlineData(16, 17, 30)]
    [InlineData(16, 30, 30)]
    [InlineData(16, 115, 128)]
    public void Lengths_are_patches_that_overlap_by_two_pixels(int patch, int length, int expected)
    {
        Assert.Equal(expected, new TileLengths(patch).AtLeast(length));
        Assert.Equal(expected, new TileLengths(patch).AtMost(expected + patch - 3));
    }
}
