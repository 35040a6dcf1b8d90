using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators.Kernels;

/// <summary>
/// The products of a band of a convolution's output pixels. Where the image is spikes, few of them, nothing is multiplied: the weight's rows that spikes meet are added, in
/// the order of k. What is left out would add a zero to a sum, and a sum that did not start at -0 never becomes it; so with spikes (0 and 1 alone), finite weights and no
/// start at -0 every byte is that of all products.
/// </summary>
/// <remarks>
/// Spikes are read as bits, a word for 64 channels of a pixel. They come by pixels, and a window's sum wants its factors by channels: each spike is noted in the windows
/// that it is in, as a bit for its factor, which is as good as sorted. Of 64 channels at random places 0.5 % add up in a quarter of the time of all products, 2 % in
/// two fifths, 5 % in three fifths; at 10 % products are as fast. Layers of a network fire at rates from nearly 0 to 53 %.
/// </remarks>
/// <typeparam name="T">The number type.</typeparam>
internal readonly unsafe struct BandProduct<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int WordBits = 64;

    // A band with no more spikes than one for so many elements is added, not multiplied.
    private const int ElementsPerSpike = 12;

    private readonly PackedMatrix<T> _packed;
    private readonly int _channels;
    private readonly int _taps;
    private readonly T* _start;
    private readonly int _startStride;
    private readonly nint* _rows;
    private readonly int* _offsets;
    private readonly int* _rowPixels;
    private readonly int* _tapPixels;

    // Pixels from a window's first tap to its last.
    private readonly int _reach;

    // Whether weight, start and sizes allow products to be left out.
    private readonly bool _mayAdd;

    private BandProduct(PackedMatrix<T> packed, int channels, TensorView<nint> rows, TensorView<int> offsets, TensorView<T> start, bool mayAdd, Workspace.Scope scope)
    {
        (_packed, _channels, _mayAdd) = (packed, channels, mayAdd);
        _start = start.Pointer;
        _startStride = start.Shape[1];
        _rows = rows.Pointer;
        _offsets = offsets.Pointer;
        if (!mayAdd)
        {
            return;
        }

        _taps = packed.Depth / channels;
        _rowPixels = scope.Rent<int>(rows.Length).Pointer;
        for (var m = 0; m < rows.Length; m++)
        {
            _rowPixels[m] = (int)(_rows[m] / channels);
        }

        _tapPixels = scope.Rent<int>(_taps).Pointer;
        for (var tap = 0; tap < _taps; tap++)
        {
            _tapPixels[tap] = _offsets[tap] / channels;
            _reach = Math.Max(_reach, _tapPixels[tap]);
        }
    }

    private int WordsPerPixel => (_channels + WordBits - 1) / WordBits;

    private int FactorWords => (_packed.Depth + WordBits - 1) / WordBits;

    /// <summary>Prepares the products of a convolution.</summary>
    /// <typeparam name="TLane">The lane type.</typeparam>
    /// <param name="packed">The weight.</param>
    /// <param name="window">The window.</param>
    /// <param name="rows">Element offset of the window of every output pixel of a band.</param>
    /// <param name="offsets">Element offset of every factor of a group, k = (channel, tap).</param>
    /// <param name="start">Where the sums start [groups, padded columns].</param>
    /// <param name="scope">The owner of what is made.</param>
    public static BandProduct<T> Create<TLane>(
        PackedMatrix<T> packed, ConvolutionWindow<T> window, TensorView<nint> rows, TensorView<int> offsets, TensorView<T> start, Workspace.Scope scope)
        where TLane : unmanaged, ILane<TLane, T>
    {
        var isWhole = packed.Groups == 1 && packed.Depth > 0 && new PanelSplit<TLane, T>(packed.Columns).PaddedColumns == packed.Columns;
        var mayAdd = window.IsPadded && isWhole && !HasNegativeZero(start.Span) && packed.IsFinite<TLane>();
        return new BandProduct<T>(packed, window.Image.Shape[3], rows, offsets, start, mayAdd, scope);
    }

    /// <summary>Reads the spikes of a band's image.</summary>
    /// <param name="image">The band's image.</param>
    /// <param name="length">Its elements.</param>
    /// <param name="scope">The owner of what is made.</param>
    /// <returns>
    /// For every pixel that a window could begin at, bit k for factor k = (channel, tap) of that window; absent where products cannot be left out, where the image holds
    /// another number than 0 and 1, or too many spikes.
    /// </returns>
    public TensorView<ulong> ReadSpikes(T* image, int length, Workspace.Scope scope)
    {
        if (!_mayAdd)
        {
            return default;
        }

        var (pixels, words) = (length / _channels, scope.Rent<ulong>(length / _channels, WordsPerPixel));
        var (at, count) = (0, 0);
        for (var end = image + length; image < end; image += _channels)
        {
            for (var from = 0; from < _channels; from += WordBits)
            {
                if (!TryReadWord(image + from, Math.Min(WordBits, _channels - from), out words.Pointer[at]))
                {
                    return default;
                }

                count += BitOperations.PopCount(words.Pointer[at++]);
            }
        }

        if (count > length / ElementsPerSpike)
        {
            return default;
        }

        var (factors, stride) = (scope.RentCleared<ulong>(new Shape(pixels + _reach, FactorWords)), (nint)FactorWords);
        var own = words.Pointer;
        var windows = factors.Pointer + (_reach * stride);
        for (var pixel = 0; pixel < pixels; pixel++, windows += stride)
        {
            for (var from = 0; from < _channels; from += WordBits)
            {
                for (var bits = *own++; bits != 0; bits &= bits - 1)
                {
                    var k = (from + BitOperations.TrailingZeroCount(bits)) * _taps;
                    for (var tap = 0; tap < _taps; tap++, k++)
                    {
                        windows[(k / WordBits) - (_tapPixels[tap] * stride)] |= 1ul << k;
                    }
                }
            }
        }

        return factors;
    }

    /// <summary>y = start + the products of some pixels' windows with a group's weight.</summary>
    /// <typeparam name="TLane">The lane type.</typeparam>
    /// <param name="group">The group.</param>
    /// <param name="first">First pixel in the band.</param>
    /// <param name="count">Pixels.</param>
    /// <param name="image">The band's image.</param>
    /// <param name="spikes">What <see cref="ReadSpikes"/> found.</param>
    /// <param name="y">Output of the first pixel and the group.</param>
    /// <param name="stride">Elements between outputs.</param>
    public void Multiply<TLane>(int group, int first, int count, T* image, TensorView<ulong> spikes, T* y, nint stride)
        where TLane : unmanaged, ILane<TLane, T>
    {
        if (spikes.IsAbsent)
        {
            var inputs = _channels / _packed.Groups;
            MatrixKernel.Multiply<TLane, T>(
                count, _packed.Depth, _packed.Columns, image + ((nint)group * inputs), _rows + first, _offsets, _packed.Group(group), _start + ((nint)group * _startStride), 0, y, stride);
            return;
        }

        for (var m = first; m < first + count; m++, y += stride)
        {
            Add<TLane>(spikes.Pointer + ((nint)(_rowPixels[m] + _reach) * FactorWords), y);
        }
    }

    private static bool HasNegativeZero(ReadOnlySpan<T> values)
    {
        foreach (var value in values)
        {
            if (value == T.Zero && T.IsNegative(value))
            {
                return true;
            }
        }

        return false;
    }

    // Bit c is set where channel c is 1; false where one is neither 0 nor 1.
    private static bool TryReadWord(T* channels, int count, out ulong word)
    {
        (word, var zeros, var c) = (0ul, 0ul, 0);
        for (; c <= count - Vector256<T>.Count; c += Vector256<T>.Count)
        {
            var values = Vector256.Load(channels + c);
            word |= (ulong)Vector256.Equals(values, Vector256<T>.One).ExtractMostSignificantBits() << c;
            zeros |= (ulong)Vector256.Equals(values, Vector256<T>.Zero).ExtractMostSignificantBits() << c;
        }

        for (; c < count; c++)
        {
            word |= (channels[c] == T.One ? 1ul : 0) << c;
            zeros |= (channels[c] == T.Zero ? 1ul : 0) << c;
        }

        return (word | zeros) == ulong.MaxValue >> (WordBits - count);
    }

    // y = start + the weight's rows of the factors whose bits are set, ascending.
    private void Add<TLane>(ulong* factors, T* y)
        where TLane : unmanaged, ILane<TLane, T>
    {
        var split = new PanelSplit<TLane, T>(_packed.Columns);
        var words = FactorWords;
        var panel = _packed.Group(0);
        var start = _start;
        for (var p = 0; p < split.Count; p++)
        {
            var width = split.LanesOf(p) * TLane.Width;
            var column = 0;
            for (; column <= width - (4 * TLane.Width); column += 4 * TLane.Width, y += 4 * TLane.Width, start += 4 * TLane.Width)
            {
                var (sum0, sum1) = (TLane.Load(start), TLane.Load(start + TLane.Width));
                var (sum2, sum3) = (TLane.Load(start + (2 * TLane.Width)), TLane.Load(start + (3 * TLane.Width)));
                for (var word = 0; word < words; word++)
                {
                    for (var bits = factors[word]; bits != 0; bits &= bits - 1)
                    {
                        var row = panel + ((nint)((word * WordBits) + BitOperations.TrailingZeroCount(bits)) * width) + column;
                        sum0 += TLane.Load(row);
                        sum1 += TLane.Load(row + TLane.Width);
                        sum2 += TLane.Load(row + (2 * TLane.Width));
                        sum3 += TLane.Load(row + (3 * TLane.Width));
                    }
                }

                TLane.Store(y, sum0);
                TLane.Store(y + TLane.Width, sum1);
                TLane.Store(y + (2 * TLane.Width), sum2);
                TLane.Store(y + (3 * TLane.Width), sum3);
            }

            for (; column < width; column += TLane.Width, y += TLane.Width, start += TLane.Width)
            {
                var sum = TLane.Load(start);
                for (var word = 0; word < words; word++)
                {
                    for (var bits = factors[word]; bits != 0; bits &= bits - 1)
                    {
                        sum += TLane.Load(panel + ((nint)((word * WordBits) + BitOperations.TrailingZeroCount(bits)) * width) + column);
                    }
                }

                TLane.Store(y, sum);
            }

            panel += (nint)_packed.Depth * width;
        }
    }
}
