namespace SpikeSR.Reference.Imaging;

/// <summary>Some of an image's channels, in any order, as an image of their own: three bands of many as RGB, or the colours without opacity.</summary>
public sealed class BandReader : RowReader
{
    private readonly RowReader _source;
    private readonly int[] _channels;
    private readonly float[] _row;

    private BandReader(RowReader source, int[] channels, ImageHeader header)
        : base(header)
    {
        (_source, _channels) = (source, channels);
        _row = new float[source.Header.RowSamples];
    }

    /// <summary>Takes channels from a source.</summary>
    /// <param name="source">The image; disposed with the result.</param>
    /// <param name="bands">Which colour channels become colours, from 0, each at most once; null for all.</param>
    /// <param name="keepOpacity">Whether opacity, if there is any, is kept.</param>
    /// <returns>The source itself where nothing changes.</returns>
    /// <exception cref="ArgumentException">There is no such band, or one is named twice.</exception>
    public static RowReader Of(RowReader source, IReadOnlyList<int>? bands = null, bool keepOpacity = true)
    {
        ArgumentNullException.ThrowIfNull(source);
        var header = source.Header;
        if (bands is null && (keepOpacity || header.Alpha == AlphaKind.None))
        {
            return source;
        }

        var colours = bands?.ToArray() ?? [.. Enumerable.Range(0, header.ColourChannels)];
        if (colours.Length == 0 || colours.Distinct().Count() < colours.Length || colours.Any(band => band < 0 || band >= header.ColourChannels))
        {
            throw new ArgumentException(
                $"bands {string.Join(',', colours.Select(band => band + 1L))}, expected different numbers from 1 to {header.ColourChannels}", nameof(bands));
        }

        var hasOpacity = header.Alpha != AlphaKind.None && keepOpacity;
        int[] channels = hasOpacity ? [.. colours, header.Channels - 1] : colours;
        if (channels.SequenceEqual(Enumerable.Range(0, header.Channels)))
        {
            return source;
        }

        var ground = header.Metadata.Georeference;
        return new BandReader(source, channels, header with
        {
            Channels = channels.Length,
            Alpha = hasOpacity ? header.Alpha : AlphaKind.None,
            Metadata = header.Metadata with
            {
                // A profile of three colours says nothing of one.
                IccProfile = colours.Length == header.ColourChannels ? header.Metadata.IccProfile : default,
                Georeference = ground is null ? null : ground with { GdalMetadata = GdalMetadata.Select(ground.GdalMetadata, channels) },
            },
        });
    }

    /// <inheritdoc/>
    protected override void ReadRow(Span<float> row)
    {
        _source.ReadRows(_row);
        for (var x = 0; x < Header.Width; x++)
        {
            for (var c = 0; c < _channels.Length; c++)
            {
                row[(x * _channels.Length) + c] = _row[(x * _source.Header.Channels) + _channels[c]];
            }
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _source.Dispose();
        }
    }
}
