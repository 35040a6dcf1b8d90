namespace SpikeSR.Reference.Imaging.Upscaling;

/// <summary>Which tiles an image is cut into, and what that takes.</summary>
/// <param name="Rows">Downwards.</param>
/// <param name="Columns">Across.</param>
internal sealed record TilePlan(TileAxis Rows, TileAxis Columns)
{
    // What the runtime, its code and the weights take beside the buffers that are counted.
    private const long RuntimeBytes = 72L << 20;
    private const double HeapShare = 0.8;

    /// <summary>Bytes for the buffers of an enlargement: what the settings leave, and what the collector may take.</summary>
    /// <param name="settings">The caller's choices.</param>
    public static long Budget(UpscaleSettings settings) =>
        Math.Min(settings.MaxMemory - RuntimeBytes, (long)(HeapShare * GC.GetGCMemoryInfo().TotalAvailableMemoryBytes));

    /// <summary>The smallest tiles that an enlargement can use.</summary>
    /// <param name="network">What enlarges a tile.</param>
    /// <param name="settings">The caller's choices.</param>
    /// <exception cref="ArgumentException">The settings make no sense.</exception>
    public static int Smallest(ITileNetwork network, UpscaleSettings settings)
    {
        var (margin, feather) = (settings.Margin, settings.Feather);
        if (margin is < BicubicPlane.Reach or > 1024 || feather is < 0 or > 1024)
        {
            throw new ArgumentException($"a margin of {margin} and a feather of {feather} pixels, expected {BicubicPlane.Reach} to 1024 and 0 to 1024", nameof(settings));
        }

        // A tile fades in and out, and shares no pixel with the tile after the next.
        var least = network.Lengths.AtLeast((2 * margin) + (3 * feather) + 1);
        return settings.TileSize == 0 || settings.TileSize >= least
            ? least
            : throw new ArgumentException($"tiles of {settings.TileSize} pixels, expected 0 for automatic, or at least {least} for a margin of {margin} and a feather of {feather}", nameof(settings));
    }

    /// <summary>Plans: one tile if the image fits into one, else the largest tiles that fit.</summary>
    /// <param name="network">What enlarges a tile.</param>
    /// <param name="header">The image.</param>
    /// <param name="settings">The caller's choices.</param>
    /// <exception cref="ArgumentException">The settings make no sense.</exception>
    /// <exception cref="LimitExceededException">Not even the smallest tiles fit into the memory allowed.</exception>
    public static TilePlan Choose(ITileNetwork network, ImageHeader header, UpscaleSettings settings)
    {
        var (margin, feather, least) = (settings.Margin, settings.Feather, Smallest(network, settings));

        // Of endless rows or columns even the list of tiles is long: before any is made.
        if (Taps(network, header) is var taps && taps > Budget(settings))
        {
            throw Refuse(taps);
        }

        if (settings.TileSize != 0)
        {
            return Of(settings.TileSize);
        }

        var budget = Budget(settings);
        var whole = Of(Math.Max(header.Width, header.Height));
        if (whole.Bytes(network, header) <= budget)
        {
            return whole;
        }

        // Rows and columns may differ, so that what is chosen comes near the budget whatever the image's size; flat tiles rather than tall ones, since bands are held.
        // An image that is narrower or lower than any of those has tiles as wide or high as itself.
        var (across, down) = (Axes(header.Width), Axes(header.Height));
        var plans = across.SelectMany(columns => down.Select(rows => new TilePlan(rows, columns)));
        var best = Largest(plans.Where(plan => plan.Rows.Length <= plan.Columns.Length && plan.Columns.Length <= 2 * plan.Rows.Length)) ?? Largest(plans);
        if (best is not null)
        {
            return best;
        }

        throw Refuse(plans.Min(plan => plan.Bytes(network, header)));

        LimitExceededException Refuse(long bytes) => new(
            $"an image of {header.Width} x {header.Height} pixels takes {(bytes + RuntimeBytes) >> 20} MiB at least with this network, over the limit of {settings.MaxMemory >> 20} MiB, or {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 20} MiB of heap");

        TilePlan? Largest(IEnumerable<TilePlan> among) => among.Where(plan => plan.Bytes(network, header) <= budget).MaxBy(plan => (long)plan.Rows.Length * plan.Columns.Length);

        TilePlan Of(int longest) => new(TileAxis.Plan(header.Height, longest, network.Lengths, margin, feather), TileAxis.Plan(header.Width, longest, network.Lengths, margin, feather));

        // Every way to cut an axis, by the number of tiles.
        List<TileAxis> Axes(int extent)
        {
            var axes = new List<TileAxis> { TileAxis.Plan(extent, Math.Max(extent, least), network.Lengths, margin, feather) };
            for (var longest = network.Lengths.AtMost(Math.Max(extent - 1, least)); longest >= least; longest = network.Lengths.AtMost(longest - 1))
            {
                var axis = TileAxis.Plan(extent, longest, network.Lengths, margin, feather);
                if (axis.Tiles.Length != axes[^1].Tiles.Length)
                {
                    axes.Add(axis);
                }

                longest = Math.Min(longest, Math.Max(axis.Length, least));
            }

            return axes;
        }
    }

    // Those of bicubic enlargement.
    private static long Taps(ITileNetwork network, ImageHeader header) => ((long)header.Width + header.Height) * network.Scale * 5 * sizeof(double);

    /// <summary>An upper bound of what an enlargement holds at once.</summary>
    public long Bytes(ITileNetwork network, ImageHeader header)
    {
        var scale = network.Scale;
        long tile = (long)Rows.Length * Columns.Length * 3 * sizeof(float) * (1 + (scale * scale));
        var done = (long)Rows.MostDone * scale * scale * header.RowSamples * header.BytesPerSample;
        var planes = header.Alpha == AlphaKind.None ? 0 : (long)Rows.Length * scale * (scale + 1) * Columns.Length * sizeof(float);
        var seams = SeamBlend.BytesFor(header.Width, Rows.Length, Rows.LongestFade, scale, header.ColourChannels);
        // A row of floats for the writer, two or three of bytes in it.
        var row = (long)header.RowSamples * scale * (sizeof(float) + (4 * header.BytesPerSample));
        return network.BytesFor(Rows.Length, Columns.Length) + tile + done + planes + seams + row + Taps(network, header) + SourceBand.BytesFor(header, Rows.Length)
            + TileSamples.BytesFor(header, Rows.Length, Columns.Length);
    }
}
