using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Imaging.Upscaling;

/// <summary>
/// One enlargement from a source of rows to a sink of rows, tile by tile. What is held at once is a row of tiles of the input, as much of the result, and one tile in
/// the network; so memory depends on the width of the image, not on its height.
/// </summary>
internal sealed class TiledUpscale
{
    private const int Colours = 3;
    private readonly ITileNetwork _network;
    private readonly RowWriter _sink;
    private readonly TileAxis _rows;
    private readonly TileAxis _columns;
    private readonly SourceBand _band;
    private readonly SeamBlend _seams;
    private readonly FinalSamples _final;
    private readonly TensorView<F32> _tile;
    private readonly TensorView<F32> _enlarged;
    private readonly float[] _line;
    private readonly byte[] _done;
    private readonly float[] _samples;
    private readonly int _pixelBytes;

    /// <param name="network">What enlarges a tile.</param>
    /// <param name="source">The image.</param>
    /// <param name="sink">Its enlargement.</param>
    /// <param name="plan">The tiles.</param>
    /// <param name="range">What the network sees as 0 and 1.</param>
    public TiledUpscale(ITileNetwork network, RowReader source, RowWriter sink, TilePlan plan, ValueRange range)
    {
        (_network, _sink, _rows, _columns) = (network, sink, plan.Rows, plan.Columns);
        var header = source.Header;
        _band = new SourceBand(source, _rows.Length);
        _seams = new SeamBlend(_rows, _columns, network.Scale, header.ColourChannels);
        _final = new FinalSamples(_band, new TileSamples(_band, _rows.Length, _columns.Length, range.Low), range, network.Scale);
        _tile = TensorView<F32>.Allocate(new Shape(1, _rows.Length, _columns.Length, Colours));
        _enlarged = TensorView<F32>.Allocate(new Shape(1, _rows.Length * network.Scale, _columns.Length * network.Scale, Colours));
        _line = new float[_columns.Length * network.Scale * Colours];
        _pixelBytes = header.Channels * header.BytesPerSample;
        _samples = new float[sink.Header.RowSamples];
        _done = new byte[checked(plan.Rows.MostDone * network.Scale * sink.Header.Width * _pixelBytes)];
    }

    /// <summary>Runs to the end.</summary>
    public void Run(Action<UpscaleProgress>? progress, CancellationToken cancellation)
    {
        var (done, count) = (0, _rows.Tiles.Length * _columns.Tiles.Length);
        foreach (var row in _rows.Tiles)
        {
            _band.ReadTo(row.Start + _rows.Length);
            foreach (var column in _columns.Tiles)
            {
                cancellation.ThrowIfCancellationRequested();
                Enlarge(row, column);
                progress?.Invoke(new UpscaleProgress(++done, count, ((long)row.From * _columns.Extent) + ((long)(row.Done - row.From) * column.Done)));
            }

            Emit(row);
        }
    }

    private void Enlarge(TileAxis.Tile row, TileAxis.Tile column)
    {
        var scale = _network.Scale;
        _final.ToNetwork(row.Start, column.Start, _tile);
        _network.Enlarge(_tile, _enlarged);
        var colours = _band.Header.ColourChannels;
        var line = _line.AsSpan(0, (column.To - column.From) * scale * colours);
        _final.Prepare(row, column);
        for (var y = row.From * scale; y < row.To * scale; y++)
        {
            var at = (((y - (row.Start * scale)) * _columns.Length) - column.Start + column.From) * scale * Colours;
            FinalSamples.FromNetwork(_enlarged.Span.Slice(at, (column.To - column.From) * scale * Colours), line, colours);
            _seams.Join(row, column, y, line);
            if (y < row.Done * scale)
            {
                var pixels = (column.Done - column.From) * scale;
                var target = (((y - (row.From * scale)) * _sink.Header.Width) + (column.From * scale)) * _pixelBytes;
                _final.Store(line[..(pixels * colours)], y, column.From * scale, _done.AsSpan(target, pixels * _pixelBytes));
            }
        }
    }

    private void Emit(TileAxis.Tile row)
    {
        var bytes = _sink.Header.Width * _pixelBytes;
        for (var y = 0; y < (row.Done - row.From) * _network.Scale; y++)
        {
            Samples.FromBytes(_done.AsSpan(y * bytes, bytes), _samples, _sink.Header.Kind, isLittleEndian: true);
            _sink.WriteRows(_samples);
        }
    }
}
