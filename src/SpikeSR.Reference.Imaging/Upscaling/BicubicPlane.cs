using SpikeSR.Reference.Imaging.Resampling;

namespace SpikeSR.Reference.Imaging.Upscaling;

/// <summary>Enlarges any part of one plane of an image just as <see cref="Bicubic"/> enlarges the whole.</summary>
internal sealed class BicubicPlane
{
    /// <summary>Rows and columns that the result reaches beyond its own place.</summary>
    public const int Reach = 2;

    private readonly BicubicTaps _down;
    private readonly BicubicTaps _across;
    private readonly bool _isLevels;
    private float[] _narrow = [];
    private float[] _line = [];
    private double[] _sums = [];

    /// <param name="header">Size of the image.</param>
    /// <param name="scale">The enlargement.</param>
    /// <param name="isLevels">Whether samples are whole levels 0 to 255, in fixed point.</param>
    public BicubicPlane(ImageHeader header, int scale, bool isLevels)
    {
        _isLevels = isLevels;
        double? one = isLevels ? Bicubic.FixedPointOne : null;
        _down = BicubicTaps.Between(header.Height, header.Height * scale, one);
        _across = BicubicTaps.Between(header.Width, header.Width * scale, one);
    }

    /// <summary>Gives samples of a row of the plane.</summary>
    /// <param name="y">Row.</param>
    /// <param name="firstColumn">First column.</param>
    /// <param name="samples">Where they go.</param>
    public delegate void PlaneRow(int y, int firstColumn, Span<float> samples);

    /// <summary>Enlarges.</summary>
    /// <param name="source">The plane.</param>
    /// <param name="rows">Rows of the result.</param>
    /// <param name="columns">Columns of the result.</param>
    /// <param name="result">[rows, columns].</param>
    public void Enlarge(PlaneRow source, (int From, int To) rows, (int From, int To) columns, Span<float> result)
    {
        var (top, bottom) = Needed(_down, rows);
        var (left, right) = Needed(_across, columns);
        var width = columns.To - columns.From;
        Array.Resize(ref _narrow, Math.Max(_narrow.Length, (bottom - top) * width));
        Array.Resize(ref _line, Math.Max(_line.Length, right - left));
        Array.Resize(ref _sums, Math.Max(_sums.Length, width));
        for (var y = top; y < bottom; y++)
        {
            var line = _line.AsSpan(0, right - left);
            source(y, left, line);
            var target = _narrow.AsSpan((y - top) * width, width);
            for (var x = 0; x < width; x++)
            {
                var weights = _across.Weights(columns.From + x);
                var first = _across.First(columns.From + x) - left;
                double sum = 0;
                for (var k = 0; k < weights.Length; k++)
                {
                    sum += line[first + k] * weights[k];
                }

                target[x] = Bicubic.Store(sum, _isLevels);
            }
        }

        for (var y = rows.From; y < rows.To; y++)
        {
            var sums = _sums.AsSpan(0, width);
            sums.Clear();
            var weights = _down.Weights(y);
            for (var k = 0; k < weights.Length; k++)
            {
                var line = _narrow.AsSpan((_down.First(y) + k - top) * width, width);
                for (var x = 0; x < width; x++)
                {
                    sums[x] += line[x] * weights[k];
                }
            }

            for (var x = 0; x < width; x++)
            {
                result[((y - rows.From) * width) + x] = Bicubic.Store(sums[x], _isLevels);
            }
        }
    }

    private static (int From, int To) Needed(BicubicTaps taps, (int From, int To) outputs) =>
        (taps.First(outputs.From), taps.First(outputs.To - 1) + taps.Weights(outputs.To - 1).Length);
}
