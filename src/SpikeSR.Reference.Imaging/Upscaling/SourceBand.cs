namespace SpikeSR.Reference.Imaging.Upscaling;

/// <summary>
/// The rows of a source that a row of tiles needs. Samples without data (the file's nodata value, or not finite) are marked, and filled with the nearest sample of
/// their row that has data, or of the row above where none has, so that they disturb nothing around them.
/// </summary>
internal sealed class SourceBand
{
    private readonly RowReader _source;
    private readonly float? _noData;
    private readonly float _fallback;
    private readonly int _height;
    private readonly float[] _rows;
    private readonly bool[]? _absent;

    /// <param name="source">Where rows come from.</param>
    /// <param name="height">Rows to be held at once.</param>
    /// <param name="fallback">What stands in until a row has data.</param>
    public SourceBand(RowReader source, int height, float fallback)
    {
        _source = source;
        Header = source.Header;
        _height = Math.Min(height, Header.Height);
        _fallback = fallback;
        _noData = Header.Metadata.Georeference?.NoDataValue;
        _rows = new float[checked(_height * Header.RowSamples)];
        _absent = _noData is not null || Header.Kind == SampleKind.Float32 ? new bool[_rows.Length] : null;
    }

    public ImageHeader Header { get; }

    /// <summary>What stands for no data in the result.</summary>
    public float NoData => _noData ?? float.NaN;

    /// <summary>Bytes that a band holds.</summary>
    public static long BytesFor(ImageHeader header, int height) =>
        (long)Math.Min(height, header.Height) * header.RowSamples * (sizeof(float) + (header.Kind == SampleKind.Float32 || header.Metadata.Georeference?.NoDataValue is not null ? 1 : 0));

    /// <summary>Reads on up to a row; rows more than the band's height before it are given up.</summary>
    /// <param name="end">One past the last row.</param>
    public void ReadTo(int end)
    {
        while (_source.NextRow < Math.Min(end, Header.Height))
        {
            var y = _source.NextRow;
            var row = _rows.AsSpan(y % _height * Header.RowSamples, Header.RowSamples);
            _source.ReadRows(row);
            if (_absent is not null)
            {
                Fill(row, Absent(y), y == 0 ? default : Row(y - 1));
            }
        }
    }

    /// <summary>A row that is held, filled.</summary>
    public ReadOnlySpan<float> Row(int y) => _rows.AsSpan(y % _height * Header.RowSamples, Header.RowSamples);

    /// <summary>Which samples of a row have no data; empty where all have.</summary>
    public Span<bool> Absent(int y) => _absent is null ? default : _absent.AsSpan(y % _height * Header.RowSamples, Header.RowSamples);

    private void Fill(Span<float> row, Span<bool> absent, ReadOnlySpan<float> above)
    {
        for (var i = 0; i < row.Length; i++)
        {
            absent[i] = !float.IsFinite(row[i]) || row[i] == _noData;
        }

        if (!absent.Contains(true))
        {
            return;
        }

        var channels = Header.Channels;
        for (var c = 0; c < channels; c++)
        {
            var isOpacity = c >= Header.ColourChannels;
            for (var x = 0; x < Header.Width;)
            {
                var end = x;
                while (end < Header.Width && absent[(end * channels) + c] && !isOpacity)
                {
                    end++;
                }

                FillRun(row, above, c, x, end);
                x = end + 1;
            }

            // Opacity is never without data.
            for (var x = 0; x < Header.Width && isOpacity; x++)
            {
                absent[(x * channels) + c] = false;
            }
        }
    }

    // The first half of a run of columns from its left neighbour, the rest from its right one.
    private void FillRun(Span<float> row, ReadOnlySpan<float> above, int channel, int start, int end)
    {
        var channels = Header.Channels;
        var middle = start == 0 ? start : end == Header.Width ? end : (start + end + 1) / 2;
        var isBare = start == 0 && end == Header.Width;
        for (var x = start; x < end; x++)
        {
            var i = (x * channels) + channel;
            row[i] = isBare ? (above.IsEmpty ? _fallback : above[i]) : x < middle ? row[((start - 1) * channels) + channel] : row[(end * channels) + channel];
        }
    }
}
