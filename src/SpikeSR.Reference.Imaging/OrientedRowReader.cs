namespace SpikeSR.Reference.Imaging;

/// <summary>Turns and mirrors an image as Exif's orientation asks for. It holds the whole image: the first row may be the last one of the file.</summary>
internal sealed class OrientedRowReader : RowReader
{
    private readonly RowReader _source;
    private readonly int _orientation;
    private byte[]? _whole;

    private OrientedRowReader(RowReader source, int orientation, ImageHeader header)
        : base(header)
    {
        _source = source;
        _orientation = orientation;
    }

    /// <summary>The image upright.</summary>
    /// <param name="source">The image as it is stored; disposed with the result.</param>
    /// <param name="orientation">1 to 8: where the first row and column shall go.</param>
    /// <param name="file">Gives name and limits.</param>
    public static RowReader Of(RowReader source, int orientation, SourceFile file)
    {
        if (orientation == 1)
        {
            return source;
        }

        var stored = source.Header;
        file.Limits.CheckBuffer(file.Name, "a turned or mirrored image", (decimal)stored.Samples * stored.BytesPerSample);
        var header = stored;
        if (orientation >= 5)
        {
            var density = stored.Metadata.Density is { } d ? new PixelDensity(d.Y, d.X, d.IsPhysical) : default(PixelDensity?);
            header = stored with { Width = stored.Height, Height = stored.Width, Metadata = stored.Metadata with { Density = density } };
        }

        return new OrientedRowReader(source, orientation, header);
    }

    protected override void ReadRow(Span<float> row)
    {
        _whole ??= ReadAll();
        var stored = _source.Header;
        var pixel = stored.Channels * stored.BytesPerSample;
        var y = NextRow;
        for (var x = 0; x < Header.Width; x++)
        {
            var (column, line) = _orientation switch
            {
                2 => (stored.Width - 1 - x, y),
                3 => (stored.Width - 1 - x, stored.Height - 1 - y),
                4 => (x, stored.Height - 1 - y),
                5 => (y, x),
                6 => (y, stored.Height - 1 - x),
                7 => (stored.Width - 1 - y, stored.Height - 1 - x),
                _ => (stored.Width - 1 - y, x),
            };
            var at = ((line * stored.Width) + column) * pixel;
            Samples.FromBytes(_whole.AsSpan(at, pixel), row.Slice(x * stored.Channels, stored.Channels), stored.Kind, isLittleEndian: true);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _source.Dispose();
        }
    }

    private byte[] ReadAll()
    {
        var stored = _source.Header;
        var bytes = stored.RowSamples * stored.BytesPerSample;
        var whole = new byte[stored.Height * bytes];
        var row = new float[stored.RowSamples];
        for (var y = 0; y < stored.Height; y++)
        {
            _source.ReadRows(row);
            Samples.ToBytes(row, whole.AsSpan(y * bytes, bytes), stored.Kind, isLittleEndian: true);
        }

        return whole;
    }
}
