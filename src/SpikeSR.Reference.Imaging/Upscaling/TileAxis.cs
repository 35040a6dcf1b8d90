namespace SpikeSR.Reference.Imaging.Upscaling;

/// <summary>
/// How one axis of an image is cut into tiles of one length that overlap (SPEC IMG-2). An axis that fits into one tile is not padded; any other is
/// continued by reflection for a margin at both ends, so that every pixel of the result lies a margin or more inside the tiles it comes from.
/// </summary>
internal sealed class TileAxis
{
    private TileAxis(int extent, int length, Tile[] tiles)
    {
        (Extent, Length, Tiles) = (extent, length, tiles);
        foreach (var tile in tiles)
        {
            LongestFade = Math.Max(LongestFade, tile.FadeIn);
            MostDone = Math.Max(MostDone, tile.Done - tile.From);
        }
    }

    /// <summary>Pixels of the image.</summary>
    public int Extent { get; }

    /// <summary>Pixels of every tile, what is reflected included.</summary>
    public int Length { get; }

    /// <summary>The longest <see cref="Tile.FadeIn"/>.</summary>
    public int LongestFade { get; }

    /// <summary>Pixels of the image that one tile finishes, at most.</summary>
    public int MostDone { get; }

    /// <summary>In ascending order.</summary>
    public Tile[] Tiles { get; }

    /// <summary>Lays the tiles: as few as do, of the smallest length that does, spread evenly.</summary>
    /// <param name="extent">Pixels of the image.</param>
    /// <param name="longest">Pixels that a tile may have.</param>
    /// <param name="grid">The lengths that suit the network.</param>
    /// <param name="margin">Pixels at a tile's ends that are thrown away.</param>
    /// <param name="feather">Pixels over which a tile fades into the next.</param>
    public static TileAxis Plan(int extent, int longest, TileLengths grid, int margin, int feather)
    {
        if (extent <= longest)
        {
            return new TileAxis(extent, Math.Max(extent, grid.Smallest), [new Tile(0, 0, extent, 0, 0)]);
        }

        var overlap = (2 * margin) + feather;
        var padded = extent + (2 * margin);
        var count = CeilingDivide(padded - overlap, longest - overlap);
        var length = Math.Min(longest, grid.AtLeast(CeilingDivide(padded - overlap, count) + overlap));
        var starts = new int[count];
        for (var i = 0; i < count; i++)
        {
            starts[i] = (int)((long)i * (padded - length) / (count - 1)) - margin;
        }

        var tiles = new Tile[count];
        for (var i = 0; i < count; i++)
        {
            var (from, to) = (i == 0 ? 0 : FadeStart(i), i == count - 1 ? extent : FadeStart(i + 1) + feather);
            tiles[i] = new Tile(starts[i], from, to, i == 0 ? 0 : feather, i == count - 1 ? 0 : feather);
        }

        return new TileAxis(extent, length, tiles);

        // In the middle of what two tiles share.
        int FadeStart(int second) => (starts[second] + starts[second - 1] + length - feather) / 2;
    }

    private static int CeilingDivide(int a, int b) => (a + b - 1) / b;

    /// <summary>One tile along the axis.</summary>
    /// <param name="Start">Its first pixel; what lies outside of the image is reflected.</param>
    /// <param name="From">First pixel of the image that the tile contributes to.</param>
    /// <param name="To">End of the pixels that it contributes to.</param>
    /// <param name="FadeIn">Pixels from <paramref name="From"/> on that it shares with the tile before.</param>
    /// <param name="FadeOut">Pixels up to <paramref name="To"/> that it shares with the tile after.</param>
    public readonly record struct Tile(int Start, int From, int To, int FadeIn, int FadeOut)
    {
        /// <summary>End of the pixels that are final once this tile is done.</summary>
        public int Done => To - FadeOut;
    }
}
