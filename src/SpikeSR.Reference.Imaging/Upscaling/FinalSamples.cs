using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Imaging.Upscaling;

/// <summary>
/// Between a file's samples and the network's: into the range of 0 to 1 and back into the file's units, with what the network does not enlarge: opacity, what lies
/// outside of the range, and samples without data (SPEC IMG-1, IMG-3).
/// </summary>
internal sealed class FinalSamples
{
    private const int Colours = 3;
    private readonly SourceBand _band;
    private readonly TileSamples _source;
    private readonly ImageHeader _header;
    private readonly ValueRange _range;
    private readonly int _scale;
    private readonly float _lowest;
    private readonly float _highest;
    private readonly BicubicPlane? _opacity;
    private readonly BicubicPlane _beyond;
    private readonly float[][] _planes;
    private (int From, int To) _planeRows;
    private (int From, int To) _planeColumns;
    private float[] _line = [];
    private bool _isBeyond;

    /// <param name="band">The source.</param>
    /// <param name="source">What a tile sees of it.</param>
    /// <param name="range">What the network sees as 0 and 1.</param>
    /// <param name="scale">The enlargement.</param>
    public FinalSamples(SourceBand band, TileSamples source, ValueRange range, int scale)
    {
        (_band, _source, _header, _range, _scale) = (band, source, band.Header, range, scale);
        (_lowest, _highest) = Samples.Limits(_header.Kind);
        _opacity = _header.Alpha == AlphaKind.None ? null : new BicubicPlane(_header, scale, _header.Kind == SampleKind.UInt8);
        _beyond = new BicubicPlane(_header, scale, isLevels: false);
        _planes = new float[_header.Channels][];
        for (var c = 0; c < _planes.Length; c++)
        {
            _planes[c] = [];
        }
    }

    /// <summary>The mean of the network's three colours for a grey image, else its colours.</summary>
    /// <param name="enlarged">[columns, 3].</param>
    /// <param name="line">[columns, channels].</param>
    /// <param name="channels">Colours of the image, 1 or 3.</param>
    public static void FromNetwork(ReadOnlySpan<F32> enlarged, Span<float> line, int channels)
    {
        for (var x = 0; x < line.Length / channels; x++)
        {
            var colours = enlarged.Slice(x * Colours, Colours);
            if (channels == 1)
            {
                line[x] = (colours[0].Value + colours[1].Value + colours[2].Value) / Colours;
            }
            else
            {
                (line[3 * x], line[(3 * x) + 1], line[(3 * x) + 2]) = (colours[0].Value, colours[1].Value, colours[2].Value);
            }
        }
    }

    /// <summary>Makes what the network sees of a tile.</summary>
    /// <param name="top">Its first row.</param>
    /// <param name="left">Its first column.</param>
    /// <param name="tile">[1, height, width, 3].</param>
    public void ToNetwork(int top, int left, TensorView<F32> tile)
    {
        _source.Cut(top, left);
        var (height, width) = (tile.Shape[1], tile.Shape[2]);
        var pixels = tile.Span;
        var (low, span, colours) = (_range.Low, _range.High - _range.Low, _header.ColourChannels);
        for (var row = 0; row < height; row++)
        {
            var source = _source.From(top + row, left);
            for (var column = 0; column < width; column++)
            {
                for (var c = 0; c < Colours; c++)
                {
                    var sample = source[(column * colours) + (colours == 1 ? 0 : c)];
                    pixels[(((row * width) + column) * Colours) + c] = new F32((Math.Clamp(sample, low, _range.High) - low) / span);
                }
            }
        }
    }

    /// <summary>Makes the bicubic parts of a tile's final samples.</summary>
    /// <param name="row">The tile, downwards.</param>
    /// <param name="column">The tile, across.</param>
    public void Prepare(TileAxis.Tile row, TileAxis.Tile column)
    {
        _planeRows = (row.From * _scale, row.Done * _scale);
        _planeColumns = (column.From * _scale, column.Done * _scale);
        _isBeyond = IsBeyondRange(row, column);
        for (var c = 0; c < _header.Channels; c++)
        {
            var isOpacity = c >= _header.ColourChannels;
            if (isOpacity || _isBeyond)
            {
                Array.Resize(ref _planes[c], Math.Max(_planes[c].Length, (_planeRows.To - _planeRows.From) * (_planeColumns.To - _planeColumns.From)));
                var colour = c;
                (isOpacity ? _opacity! : _beyond).Enlarge(isOpacity ? Opacity : (y, first, samples) => Beyond(colour, y, first, samples), _planeRows, _planeColumns, _planes[c]);
            }
        }
    }

    /// <summary>Stores final samples of a row.</summary>
    /// <param name="line">From the network, joined, [columns, colours].</param>
    /// <param name="y">Row of the result.</param>
    /// <param name="firstColumn">First column of the result.</param>
    /// <param name="bytes">Where they go, as the file's kind stores them.</param>
    public void Store(ReadOnlySpan<float> line, int y, int firstColumn, Span<byte> bytes)
    {
        var (colours, channels) = (_header.ColourChannels, _header.Channels);
        var pixels = line.Length / colours;
        Array.Resize(ref _line, Math.Max(_line.Length, pixels * channels));
        var samples = _line.AsSpan(0, pixels * channels);
        var (low, span, integral) = (_range.Low, _range.High - _range.Low, _header.Kind != SampleKind.Float32);
        var place = ((y - _planeRows.From) * (_planeColumns.To - _planeColumns.From)) + firstColumn - _planeColumns.From;
        for (var x = 0; x < pixels; x++)
        {
            for (var c = 0; c < channels; c++)
            {
                if (c >= colours)
                {
                    samples[(x * channels) + c] = _planes[c][place + x];
                    continue;
                }

                var value = Math.Clamp((line[(x * colours) + c] * span) + low + (_isBeyond ? _planes[c][place + x] : 0), _lowest, _highest);
                samples[(x * channels) + c] = integral ? MathF.Round(value) : value;
            }
        }

        KeepTransparent(samples, y, firstColumn);
        MarkAbsent(samples, y, firstColumn);
        Samples.ToBytes(samples, bytes, _header.Kind, isLittleEndian: true);
    }

    // What cannot be seen is what it was, not what was filled in.
    private void KeepTransparent(Span<float> samples, int y, int firstColumn)
    {
        if (_header.Alpha != AlphaKind.Straight)
        {
            return;
        }

        var source = _band.Row(y / _scale);
        var (colours, channels) = (_header.ColourChannels, _header.Channels);
        for (var x = 0; x < samples.Length / channels; x++)
        {
            var from = (firstColumn + x) / _scale * channels;
            if (samples[(x * channels) + colours] <= 0 && source[from + colours] == 0)
            {
                source.Slice(from, colours).CopyTo(samples.Slice(x * channels, colours));
            }
        }
    }

    // What has no data in the source has none in the result, and nothing else stands for no data.
    private void MarkAbsent(Span<float> samples, int y, int firstColumn)
    {
        var absent = _band.Absent(y / _scale);
        if (absent.IsEmpty)
        {
            return;
        }

        var noData = _band.NoData;
        var beside = _header.Kind == SampleKind.Float32 ? MathF.BitIncrement(noData) : noData < _highest ? noData + 1 : noData - 1;
        var channels = _header.Channels;
        for (var i = 0; i < samples.Length; i++)
        {
            var (x, c) = Math.DivRem(i, channels);
            if (absent[((firstColumn + x) / _scale * channels) + c])
            {
                samples[i] = noData;
            }
            else if (samples[i] == noData && c < _header.ColourChannels)
            {
                samples[i] = beside;
            }
        }
    }

    private bool IsBeyondRange(TileAxis.Tile row, TileAxis.Tile column)
    {
        var (top, bottom) = (Math.Max(row.From - BicubicPlane.Reach, 0), Math.Min(row.Done + BicubicPlane.Reach, _header.Height));
        var (left, right) = (Math.Max(column.From - BicubicPlane.Reach, 0), Math.Min(column.Done + BicubicPlane.Reach, _header.Width));
        for (var y = top; y < bottom; y++)
        {
            foreach (var sample in _source.From(y, left)[..((right - left) * _header.ColourChannels)])
            {
                if (sample < _range.Low || sample > _range.High)
                {
                    return true;
                }
            }
        }

        return false;
    }

    private void Opacity(int y, int firstColumn, Span<float> samples)
    {
        var source = _band.Row(y);
        for (var x = 0; x < samples.Length; x++)
        {
            samples[x] = source[((firstColumn + x + 1) * _header.Channels) - 1];
        }
    }

    private void Beyond(int colour, int y, int firstColumn, Span<float> samples)
    {
        var source = _source.From(y, firstColumn);
        for (var x = 0; x < samples.Length; x++)
        {
            var sample = source[(x * _header.ColourChannels) + colour];
            samples[x] = sample - Math.Clamp(sample, _range.Low, _range.High);
        }
    }
}
