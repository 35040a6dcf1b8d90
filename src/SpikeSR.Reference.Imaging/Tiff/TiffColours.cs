using System.Globalization;
using System.Text;

namespace SpikeSR.Reference.Imaging.Tiff;

/// <summary>From stored samples to channels: palettes, white as zero, and what extra samples mean.</summary>
internal sealed class TiffColours
{
    private readonly TiffLayout _layout;
    private readonly float[]? _palette;
    private readonly bool _isWhiteZero;
    private readonly float _scale;
    private readonly int _white;

    private TiffColours(TiffLayout layout, float[]? palette, AlphaKind alpha)
    {
        _layout = layout;
        _palette = palette;
        _isWhiteZero = layout.Photometric == 0;

        // Fewer bits than 8 fill 0..255.
        _scale = layout.Bits >= 8 ? 1 : 255 / ((1 << layout.Bits) - 1);
        _white = layout.Kind == SampleKind.UInt16 ? ushort.MaxValue : byte.MaxValue;
        Alpha = alpha;
    }

    /// <summary>Channels of a pixel.</summary>
    public int Channels => _palette is null ? _layout.Samples : 3;

    /// <summary>What the last channel means.</summary>
    public AlphaKind Alpha { get; }

    public static TiffColours Parse(TiffDirectory directory, TiffLayout layout)
    {
        if (layout.Photometric == 3)
        {
            var entries = 1 << layout.Bits;
            return new TiffColours(layout, Palette(directory.Numbers(TiffTag.ColorMap, 3 * entries), entries), AlphaKind.None);
        }

        var alpha = AlphaKind.None;
        var extras = (int)Math.Min(directory.Count(TiffTag.ExtraSamples), layout.Samples - 1);
        if (extras > 0)
        {
            alpha = directory.Numbers(TiffTag.ExtraSamples, extras)[^1] switch { 1 => AlphaKind.Premultiplied, 2 => AlphaKind.Straight, _ => AlphaKind.None };
        }

        return new TiffColours(layout, palette: null, alpha);
    }

    /// <summary>The sample that stands for no data, converted as the samples are; a palette's entry has no such sample, since its colour may be others' too.</summary>
    public Georeference Convert(Georeference ground)
    {
        if (ground.NoDataValue is not { } stored || (_palette is null && _scale == 1 && !_isWhiteZero))
        {
            return ground;
        }

        var value = _palette is null ? Convert(stored).ToString("R", CultureInfo.InvariantCulture) + '\0' : string.Empty;
        return ground with { NoData = Encoding.ASCII.GetBytes(value) };
    }

    /// <summary>Converts a row.</summary>
    /// <param name="stored">[width, stored samples].</param>
    /// <param name="row">[width, channels].</param>
    public void Convert(ReadOnlySpan<float> stored, Span<float> row)
    {
        if (_palette is not null)
        {
            for (var x = 0; x < _layout.Width; x++)
            {
                _palette.AsSpan(3 * (int)stored[x], 3).CopyTo(row[(3 * x)..]);
            }

            return;
        }

        for (var i = 0; i < row.Length; i++)
        {
            // Opacity is not turned round.
            var isOpacity = _isWhiteZero && Alpha != AlphaKind.None && (i + 1) % _layout.Samples == 0;
            row[i] = isOpacity ? stored[i] : Convert(stored[i]);
        }
    }

    private float Convert(float stored) => _isWhiteZero ? _white - (stored * _scale) : stored * _scale;

    // All reds, all greens, all blues, of 16 bits; some writers use only 8 of them.
    private static float[] Palette(long[] map, int entries)
    {
        var shift = map.Any(value => value > byte.MaxValue) ? 8 : 0;
        var palette = new float[3 * entries];
        for (var i = 0; i < palette.Length; i++)
        {
            palette[i] = Math.Min(map[((i % 3) * entries) + (i / 3)] >> shift, byte.MaxValue);
        }

        return palette;
    }
}
