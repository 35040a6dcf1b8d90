using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators.Kernels;

/// <summary>
/// The products of a band of a convolution's output pixels. Where the image is spikes, a tile leaves out the channels that are silent in all of its pixels' windows, or a pixel
/// all that is silent in its own: their products are zeros, and a sum that did not start at -0 never becomes it; so with spikes (0 and 1 alone), finite weights and no start
/// at -0 every byte is that of all products.
/// </summary>
/// <remarks>
/// Neighbours fire alike: of 64 channels that fire at a rate of 22 % (42 %) in a new network, 23 % (44 %) fire somewhere in the 8 x 3 pixels that a tile of 6 sees, because
/// others are silent in the whole image. So a tile stays what it is, its registers and the weight's rows serve six pixels as before, and only its list of factors is shorter:
/// a quarter of the channels takes 0.43 of the time of all, 45 % takes 0.63, and where all fire reading the spikes costs 2 %. Spikes are read as bits, a word for 64 channels.
/// In training 5 to 40 % fire, here and there: half of the channels to nearly all do so somewhere in a tile. There rows of the weight are added spike by spike. In the shipped
/// network 12 % fire and tiles meet 18 %, so they stay.
/// </remarks>
/// <typeparam name="T">The number type.</typeparam>
internal readonly unsafe struct BandProduct<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    // Pixels that are taken one way or the other: 8 tiles; with 64 outputs 12 KB in float, beside 16 KB of the weight's rows.
    private const int PixelBlock = 48;

    // What a word of spikes of a pixel, and each spike of it, costs in lanes of a factor that a tile meets for a pixel: with 64 to 64 channels that all fire somewhere,
    // adding spike by spike takes 0.55 of the time of all products with 10 % of spikes, 0.59 with 20 %, 0.79 with 40 %.
    private const int PieceCost = 60;
    private const int SpikeCost = 5;

    private readonly PackedMatrix<T> _packed;
    private readonly int _channels;
    private readonly T* _start;
    private readonly int _startStride;
    private readonly nint* _rows;
    private readonly int* _offsets;

    // The word of spikes where the window of every output pixel begins.
    private readonly int* _rowWords;

    // Whether weight, start and groups allow products to be left out.
    private readonly bool _mayLeaveOut;

    // Lanes of all outputs, if the packed weight is its rows k, else 0.
    private readonly int _lanes;

    private BandProduct(
        PackedMatrix<T> packed, ConvolutionWindow<T> window, TensorView<nint> rows, TensorView<int> offsets, TensorView<T> start, bool mayLeaveOut, int lanes, Workspace.Scope scope)
    {
        (_packed, _channels, _mayLeaveOut, _lanes) = (packed, window.Channels, mayLeaveOut, lanes);
        _start = start.Pointer;
        _startStride = start.Shape[1];
        _rows = rows.Pointer;
        _offsets = offsets.Pointer;
        if (!mayLeaveOut)
        {
            return;
        }

        var rowWords = scope.Rent<int>(rows.Length);
        window.FillPixelOffsets(rowWords.Span, WordsPerPixel);
        _rowWords = rowWords.Pointer;
    }

    private int WordsPerPixel => (_channels + SpikeBits<T>.WordBits - 1) / SpikeBits<T>.WordBits;

    private int Taps => _packed.Depth / _channels;

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
        where TLane : unmanaged, ILane<TLane, T> =>
        new(
            packed,
            window,
            rows,
            offsets,
            start,
            packed.Groups == 1 && packed.Depth > 0 && !NegativeZero.IsIn(start.Span) && packed.IsFinite<TLane>(),
            new PanelSplit<TLane, T>(packed.Columns).IsIdentity ? packed.Columns / TLane.Width : 0,
            scope);

    /// <summary>Finds the channels that fire in the windows of a band.</summary>
    /// <param name="image">The band's image.</param>
    /// <param name="elements">Its elements.</param>
    /// <param name="scope">The owner of what is made.</param>
    /// <returns>Absent where products cannot be left out, or the image holds another number than 0 and 1.</returns>
    public Spikes ReadSpikes(T* image, int elements, Workspace.Scope scope)
    {
        if (!_mayLeaveOut)
        {
            return default;
        }

        // Words are joined eight at a time, up to seven of them for windows that are not there.
        var (together, length) = (Vector512<ulong>.Count, elements / _channels * WordsPerPixel);
        var (fired, windows) = (scope.Rent<ulong>(length + together), scope.Rent<ulong>(length + together));
        var at = 0;
        for (var end = image + elements; image < end; image += _channels)
        {
            for (var from = 0; from < _channels; from += SpikeBits<T>.WordBits)
            {
                if (!SpikeBits<T>.TryReadWord(image + from, Math.Min(SpikeBits<T>.WordBits, _channels - from), out fired.Pointer[at++]))
                {
                    return default;
                }
            }
        }

        // How many words behind the beginning of a window those of its taps lie.
        var taps = scope.Rent<int>(Taps);
        var behind = taps.Span;
        for (var tap = 0; tap < behind.Length; tap++)
        {
            behind[tap] = _offsets[tap] / _channels * WordsPerPixel;
        }

        var last = length - Math.Max(behind[0], behind[^1]);
        var words = fired.Pointer;
        for (at = 0; at < last; at += together)
        {
            var firing = Vector512<ulong>.Zero;
            foreach (var tap in behind)
            {
                firing |= Vector512.Load(words + at + tap);
            }

            firing.Store(windows.Pointer + at);
        }

        return new(windows, fired, taps, AreScattered(fired.Span[..last], windows.Span[..last]));
    }

    /// <summary>y = start + the products of some pixels' windows with a group's weight.</summary>
    /// <typeparam name="TLane">The lane type.</typeparam>
    /// <param name="group">The group.</param>
    /// <param name="first">First pixel in the band.</param>
    /// <param name="count">Pixels.</param>
    /// <param name="image">The band's image.</param>
    /// <param name="spikes">What <see cref="ReadSpikes"/> found.</param>
    /// <param name="scope">The owner of temporary buffers.</param>
    /// <param name="y">Output of the first pixel and the group.</param>
    /// <param name="stride">Elements between outputs.</param>
    public void Multiply<TLane>(int group, int first, int count, T* image, Spikes spikes, Workspace.Scope scope, T* y, nint stride)
        where TLane : unmanaged, ILane<TLane, T>
    {
        if (spikes.AreAbsent)
        {
            var inputs = _channels / _packed.Groups;
            MatrixKernel.Multiply<TLane, T>(
                count, _packed.Depth, _packed.Columns, image + ((nint)group * inputs), _rows + first, _offsets, _packed.Group(group), _start + ((nint)group * _startStride), 0, y, stride);
            return;
        }

        if (spikes.AreScattered && stride == _packed.Columns)
        {
            AddBySpike<TLane>(spikes, first, count, y);
            return;
        }

        var bounds = scope.Rent<int>(2 * _channels);
        for (var last = first + count; first < last; first += MicroKernel.Rows, y += MicroKernel.Rows * stride)
        {
            var pixels = Math.Min(MicroKernel.Rows, last - first);
            var runs = FindRuns(spikes.Windows.Pointer, first, pixels, bounds.Pointer);
            MatrixKernel.Multiply<TLane, T>(pixels, _packed.Depth, runs, _packed.Columns, image, _rows + first, _offsets, _packed.Group(0), _start, y, stride);
        }

        scope.Return(bounds);
    }

    // y = start + the rows of the weight that spikes select, ascending by channel, then tap: as many channels at once as fill a word with their taps.
    private void AddBySpike<TLane>(Spikes spikes, int first, int count, T* y)
        where TLane : unmanaged, ILane<TLane, T>
    {
        var (columns, taps) = (_packed.Columns, Taps);
        for (var m = 0; m < count; m++)
        {
            new Span<T>(_start, columns).CopyTo(new Span<T>(y + ((nint)m * columns), columns));
        }

        var selected = stackalloc ulong[PixelBlock];
        var places = stackalloc ulong[taps];
        var together = SpikeBits<T>.WordBits / taps;
        for (var tap = 0; tap < taps; tap++)
        {
            places[tap] = 0;
            for (var channel = 0; channel < together; channel++)
            {
                places[tap] |= 1ul << ((channel * taps) + tap);
            }
        }

        for (var last = first + count; first < last; first += PixelBlock, y += PixelBlock * columns)
        {
            AddBlock<TLane>(spikes, first, Math.Min(PixelBlock, last - first), places, selected, y);
        }
    }

    // y += the same rows, for so few pixels that they stay in the first-level cache; places: the bits of a word that a tap has, one for each of the channels taken at once.
    private void AddBlock<TLane>(Spikes spikes, int first, int pixels, ulong* places, ulong* selected, T* y)
        where TLane : unmanaged, ILane<TLane, T>
    {
        var (columns, taps, together) = (_packed.Columns, Taps, SpikeBits<T>.WordBits / Taps);
        var words = spikes.Taps.Pointer;
        for (int channel = 0, next; channel < _channels; channel = next)
        {
            var (word, shift) = (channel / SpikeBits<T>.WordBits, channel % SpikeBits<T>.WordBits);
            var fired = spikes.Fired.Pointer + word;
            next = Math.Min(Math.Min(_channels, (word + 1) * SpikeBits<T>.WordBits), channel + together);
            for (var m = 0; m < pixels; m++)
            {
                var own = fired + _rowWords[first + m];
                var bits = 0ul;
                for (var tap = 0; tap < taps; tap++)
                {
                    bits |= Bmi2.X64.ParallelBitDeposit(own[words[tap]] >> shift, places[tap]);
                }

                selected[m] = bits;
            }

            MicroKernel.AddSelected<TLane, T>(columns / TLane.Width, pixels, selected, _packed.Group(0) + ((nint)channel * taps * columns), y);
        }
    }

    // Whether the tiles would meet so many factors that are silent in some of their pixels that adding rows of the weight spike by spike takes less time.
    private bool AreScattered(ReadOnlySpan<ulong> fired, ReadOnlySpan<ulong> windows)
    {
        var (words, taps) = (WordsPerPixel, Taps);
        if (_lanes == 0 || !Bmi2.X64.IsSupported || taps > SpikeBits<T>.WordBits)
        {
            return false;
        }

        var (spikes, met, pixels) = (0L, 0L, windows.Length / words);
        for (var pixel = 0; pixel < pixels; pixel += MicroKernel.Rows)
        {
            var rows = Math.Min(MicroKernel.Rows, pixels - pixel);
            for (var word = pixel * words; word < (pixel + 1) * words; word++)
            {
                var firing = 0ul;
                for (var row = 0; row < rows; row++)
                {
                    firing |= windows[word + (row * words)];
                    spikes += BitOperations.PopCount(fired[word + (row * words)]);
                }

                met += rows * (long)BitOperations.PopCount(firing);
            }
        }

        var together = SpikeBits<T>.WordBits / taps;
        var pieces = (_channels + together - 1) / together;
        return ((long)pixels * pieces * PieceCost) + (spikes * taps * SpikeCost) < met * taps * _lanes;
    }

    // The taps of every channel that fires in the windows of some pixels.
    private FactorRuns FindRuns(ulong* spikes, int first, int pixels, int* bounds)
    {
        var (words, taps, found) = (WordsPerPixel, Taps, 0);
        for (var word = 0; word < words; word++)
        {
            var bits = 0ul;
            for (var m = first; m < first + pixels; m++)
            {
                bits |= spikes[_rowWords[m] + word];
            }

            for (var channel = word * SpikeBits<T>.WordBits; bits != 0; found++)
            {
                var silent = BitOperations.TrailingZeroCount(bits);
                var firing = BitOperations.TrailingZeroCount(~(bits >> silent));
                bounds[2 * found] = (channel + silent) * taps;
                bounds[(2 * found) + 1] = (channel + silent + firing) * taps;
                channel += silent + firing;
                bits = firing == SpikeBits<T>.WordBits ? 0 : bits >> silent >> firing;
            }
        }

        return new FactorRuns(bounds, found, 0);
    }

    /// <summary>The spikes of a band.</summary>
    /// <param name="Windows">For every pixel that a window could begin at, bit c for a channel c that fires in that window.</param>
    /// <param name="Fired">The same for the pixel itself.</param>
    /// <param name="Taps">How many words behind the beginning of a window those of its taps lie.</param>
    /// <param name="AreScattered">Whether the weight's rows are added spike by spike.</param>
    internal readonly record struct Spikes(TensorView<ulong> Windows, TensorView<ulong> Fired, TensorView<int> Taps, bool AreScattered)
    {
        public bool AreAbsent => Windows.IsAbsent;
    }
}
