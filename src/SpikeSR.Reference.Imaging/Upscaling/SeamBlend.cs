namespace SpikeSR.Reference.Imaging.Upscaling;

/// <summary>
/// Joins enlarged tiles, which come row by row from left to right: over a seam's feather the weight of one tile falls linearly from 1 to 0 while that of the next
/// rises. Of a tile that is done it keeps what its neighbours to the right and below will fade into.
/// </summary>
internal sealed class SeamBlend
{
    private readonly int _scale;
    private readonly int _channels;
    private readonly int _width;
    private readonly float[] _below;
    private readonly float[] _right;
    private readonly int _feather;

    /// <param name="rows">The tiles, downwards.</param>
    /// <param name="columns">The tiles, across.</param>
    /// <param name="scale">The enlargement.</param>
    /// <param name="channels">Colours.</param>
    public SeamBlend(TileAxis rows, TileAxis columns, int scale, int channels)
    {
        (_scale, _channels, _width) = (scale, channels, columns.Extent * scale);
        _feather = columns.LongestFade * scale;
        _below = new float[checked(rows.LongestFade * scale * _width * channels)];
        _right = new float[rows.Length * scale * _feather * channels];
    }

    /// <summary>Bytes that are kept between tiles.</summary>
    public static long BytesFor(int extent, int length, int feather, int scale, int channels) =>
        ((long)extent + length) * scale * scale * feather * channels * sizeof(float);

    /// <summary>Weighs a row of a tile against what its neighbours have left, in place.</summary>
    /// <param name="row">The tile, downwards.</param>
    /// <param name="column">The tile, across.</param>
    /// <param name="y">Row of the result.</param>
    /// <param name="line">The result from column <c>s From</c> to <c>s To</c> of this tile, [columns, channels]; final up to <c>s Done</c> where <paramref name="y"/> is below <c>s Done</c>.</param>
    public void Join(TileAxis.Tile row, TileAxis.Tile column, int y, Span<float> line)
    {
        JoinAcross(row, column, y, line);
        var fadeIn = row.FadeIn * _scale;
        var place = y - (row.From * _scale);
        var leaving = y - (row.Done * _scale);
        if (place >= fadeIn && leaving < 0)
        {
            return;
        }

        // What the tile above left here is used up before this tile leaves something in the same place.
        var final = line[..((column.Done - column.From) * _scale * _channels)];
        var kept = _below.AsSpan((((leaving < 0 ? place : leaving) * _width) + (column.From * _scale)) * _channels, final.Length);
        if (leaving < 0)
        {
            var weight = Weight(place, fadeIn);
            for (var i = 0; i < final.Length; i++)
            {
                final[i] = kept[i] + (weight * final[i]);
            }
        }
        else
        {
            var weight = 1 - Weight(leaving, row.FadeOut * _scale);
            for (var i = 0; i < final.Length; i++)
            {
                kept[i] = weight * final[i];
            }
        }
    }

    private static float Weight(int place, int length) => (place + 0.5f) / length;

    private void JoinAcross(TileAxis.Tile row, TileAxis.Tile column, int y, Span<float> line)
    {
        var kept = _right.AsSpan((y - (row.From * _scale)) * _feather * _channels, _feather * _channels);
        var fadeIn = column.FadeIn * _scale;
        for (var x = 0; x < fadeIn; x++)
        {
            var weight = Weight(x, fadeIn);
            for (var c = 0; c < _channels; c++)
            {
                ref var value = ref line[(x * _channels) + c];
                value = kept[(x * _channels) + c] + (weight * value);
            }
        }

        var fadeOut = column.FadeOut * _scale;
        var leaving = line[((column.Done - column.From) * _scale * _channels)..];
        for (var x = 0; x < fadeOut; x++)
        {
            var weight = 1 - Weight(x, fadeOut);
            for (var c = 0; c < _channels; c++)
            {
                kept[(x * _channels) + c] = weight * leaving[(x * _channels) + c];
            }
        }
    }
}
