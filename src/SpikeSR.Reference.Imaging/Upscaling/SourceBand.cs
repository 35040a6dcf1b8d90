namespace SpikeSR.Reference.Imaging.Upscaling;

/// <summary>The rows of a source that a row of tiles needs, and which of their samples are without data: the file's nodata value, and what is not finite (SPEC IMG-3).</summary>
internal sealed class SourceBand
{
    private readonly RowReader _source;
    private readonly float? _noData;
    private readonly int _height;
    private readonly float[] _rows;
    private readonly bool[]? _absent;

    /// <param name="source">Where rows come from.</param>
    /// <param name="height">Rows to be held at once.</param>
    public SourceBand(RowReader source, int height)
    {
        _source = source;
        Header = source.Header;
        _height = Math.Min(height, Header.Height);
        _noData = Header.Metadata.Georeference?.NoDataValue;
        _rows = new float[checked(_height * Header.RowSamples)];
        _absent = MayBeAbsent(Header) ? new bool[_rows.Length] : null;
    }

    public ImageHeader Header { get; }

    /// <summary>What stands for no data in the result.</summary>
    public float NoData => _noData ?? float.NaN;

    /// <summary>Bytes that a band holds.</summary>
    public static long BytesFor(ImageHeader header, int height) => (long)Math.Min(height, header.Height) * header.RowSamples * (sizeof(float) + (MayBeAbsent(header) ? 1 : 0));

    /// <summary>Reads on up to a row; rows more than the band's height before it are given up.</summary>
    /// <param name="end">One past the last row.</param>
    public void ReadTo(int end)
    {
        while (_source.NextRow < Math.Min(end, Header.Height))
        {
            var y = _source.NextRow;
            var row = _rows.AsSpan(y % _height * Header.RowSamples, Header.RowSamples);
            _source.ReadRows(row);
            var absent = Absent(y);
            for (var i = 0; i < absent.Length; i++)
            {
                // Opacity is never without data.
                absent[i] = (!float.IsFinite(row[i]) || row[i] == _noData) && i % Header.Channels < Header.ColourChannels;
            }
        }
    }

    /// <summary>A row that is held.</summary>
    public ReadOnlySpan<float> Row(int y) => _rows.AsSpan(y % _height * Header.RowSamples, Header.RowSamples);

    /// <summary>Which samples of a row have no data; empty where all have.</summary>
    public Span<bool> Absent(int y) => _absent is null ? default : _absent.AsSpan(y % _height * Header.RowSamples, Header.RowSamples);

    private static bool MayBeAbsent(ImageHeader header) => header.Kind == SampleKind.Float32 || header.Metadata.Georeference?.NoDataValue is not null;
}
