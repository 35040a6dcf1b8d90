namespace SpikeSR.Reference.Imaging.Upscaling;

/// <summary>
/// The colours of the source that a tile sees, in the image's own units: reflected where the tile passes the image's edges (SPEC IMG-2), and filled from the nearest where
/// there are none, because they are without data or wholly transparent, so that what happens to stand there disturbs nothing beside it (SPEC IMG-3).
/// </summary>
internal sealed class TileSamples
{
    // Of a place that no sample has reached yet.
    private const int Far = int.MaxValue / 2;

    private readonly SourceBand _band;
    private readonly ImageHeader _header;
    private readonly float _fallback;
    private readonly int _height;
    private readonly int _width;
    private readonly float[] _samples;
    private readonly int[] _distances;
    private (int Row, int Column) _origin;

    /// <param name="band">The source.</param>
    /// <param name="height">Rows of a tile.</param>
    /// <param name="width">Columns of a tile.</param>
    /// <param name="fallback">What stands in a tile that has no data at all.</param>
    public TileSamples(SourceBand band, int height, int width, float fallback)
    {
        (_band, _header, _height, _width, _fallback) = (band, band.Header, height, width, fallback);
        _samples = new float[height * width * _header.ColourChannels];
        _distances = new int[height * width];
    }

    /// <summary>Bytes that a tile's samples take.</summary>
    public static long BytesFor(ImageHeader header, int height, int width) => (long)height * width * ((header.ColourChannels * sizeof(float)) + sizeof(int));

    /// <summary>Position that <paramref name="index"/> reflects to in [0, size): ... 2 1 0 1 2 ... size - 2, size - 1, size - 2 ...</summary>
    /// <param name="index">Any position.</param>
    /// <param name="size">Extent, at least 1.</param>
    public static int Reflect(int index, int size)
    {
        if (size == 1)
        {
            return 0;
        }

        var period = 2 * (size - 1);
        var place = Math.Abs(index) % period;
        return place < size ? place : period - place;
    }

    /// <summary>Cuts a tile out of the source.</summary>
    /// <param name="top">Its first row.</param>
    /// <param name="left">Its first column.</param>
    public void Cut(int top, int left)
    {
        _origin = (top, left);
        var (colours, at, isComplete) = (_header.ColourChannels, 0, true);
        for (var row = 0; row < _height; row++)
        {
            var y = Reflect(top + row, _header.Height);
            var source = _band.Row(y);
            var absent = _band.Absent(y);
            for (var column = 0; column < _width; column++)
            {
                var from = Reflect(left + column, _header.Width) * _header.Channels;
                var isTransparent = _header.Alpha == AlphaKind.Straight && source[from + colours] == 0;
                for (var c = 0; c < colours; c++, at++)
                {
                    // Data are finite.
                    var isAbsent = isTransparent || (!absent.IsEmpty && absent[from + c]);
                    _samples[at] = isAbsent ? float.NaN : source[from + c];
                    isComplete &= !isAbsent;
                }
            }
        }

        for (var c = 0; c < colours && !isComplete; c++)
        {
            Fill(c);
        }
    }

    /// <summary>The samples from a pixel on to the end of its row in the tile.</summary>
    /// <param name="y">Row of the image.</param>
    /// <param name="x">Column of the image.</param>
    public ReadOnlySpan<float> From(int y, int x)
    {
        var (row, column) = (y - _origin.Row, x - _origin.Column);
        return _samples.AsSpan(((row * _width) + column) * _header.ColourChannels, (_width - column) * _header.ColourChannels);
    }

    // Each place takes over from a neighbour that is nearer to data: from above and the left on the way down, from below and the right on the way up. Two passes find the least
    // number of rows and columns between.
    private void Fill(int colour)
    {
        for (var i = 0; i < _distances.Length; i++)
        {
            _distances[i] = float.IsNaN(Sample(i)) ? Far : 0;
        }

        for (var i = 0; i < _distances.Length; i++)
        {
            Take(i, i - _width, i >= _width);
            Take(i, i - 1, i % _width > 0);
        }

        for (var i = _distances.Length - 1; i >= 0; i--)
        {
            Take(i, i + _width, i < _distances.Length - _width);
            Take(i, i + 1, (i + 1) % _width > 0);
            Sample(i) = _distances[i] < Far ? Sample(i) : _fallback;
        }

        ref float Sample(int place) => ref _samples[(place * _header.ColourChannels) + colour];

        void Take(int place, int neighbour, bool isThere)
        {
            if (isThere && _distances[neighbour] + 1 < _distances[place])
            {
                _distances[place] = _distances[neighbour] + 1;
                Sample(place) = Sample(neighbour);
            }
        }
    }
}
