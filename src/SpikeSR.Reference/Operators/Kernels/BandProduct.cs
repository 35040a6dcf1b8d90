using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators.Kernels;

/// <summary>
/// The products of a band of a convolution's output pixels. Where the image is spikes, a tile leaves out the channels that are silent in all of its pixels' windows:
/// their products are zeros, and a sum that did not start at -0 never becomes it; so with spikes (0 and 1 alone), finite weights and no start at -0 every byte is that
/// of all products.
/// </summary>
/// <remarks>
/// Neighbours fire alike: of 64 channels that fire at a rate of 22 % (42 %) in a new network, 23 % (44 %) fire somewhere in the 8 x 3 pixels that a tile of 6 sees, because
/// others are silent in the whole image. So a tile stays what it is, its registers and the weight's rows serve six pixels as before, and only its list of factors is shorter:
/// a quarter of the channels takes 0.43 of the time of all, 45 % takes 0.63, and where all fire reading the spikes costs 2 %. Spikes are read as bits, a word for 64 channels.
/// </remarks>
/// <typeparam name="T">The number type.</typeparam>
internal readonly unsafe struct BandProduct<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
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

    private BandProduct(
        PackedMatrix<T> packed, ConvolutionWindow<T> window, TensorView<nint> rows, TensorView<int> offsets, TensorView<T> start, bool mayLeaveOut, Workspace.Scope scope)
    {
        (_packed, _channels, _mayLeaveOut) = (packed, window.Channels, mayLeaveOut);
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
        new(packed, window, rows, offsets, start, packed.Groups == 1 && packed.Depth > 0 && !NegativeZero.IsIn(start.Span) && packed.IsFinite<TLane>(), scope);

    /// <summary>Finds the channels that fire in the windows of a band.</summary>
    /// <param name="image">The band's image.</param>
    /// <param name="elements">Its elements.</param>
    /// <param name="scope">The owner of what is made.</param>
    /// <returns>
    /// For every pixel that a window could begin at, bit c for a channel c that fires in that window; absent where products cannot be left out, or the image holds
    /// another number than 0 and 1.
    /// </returns>
    public TensorView<ulong> ReadSpikes(T* image, int elements, Workspace.Scope scope)
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
        var taps = scope.Rent<int>(Taps).Span;
        for (var tap = 0; tap < Taps; tap++)
        {
            taps[tap] = _offsets[tap] / _channels * WordsPerPixel;
        }

        var last = length - Math.Max(taps[0], taps[^1]);
        for (at = 0; at < last; at += together)
        {
            var firing = Vector512<ulong>.Zero;
            for (var tap = 0; tap < taps.Length; tap++)
            {
                firing |= Vector512.Load(fired.Pointer + at + taps[tap]);
            }

            firing.Store(windows.Pointer + at);
        }

        return windows;
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
    public void Multiply<TLane>(int group, int first, int count, T* image, TensorView<ulong> spikes, Workspace.Scope scope, T* y, nint stride)
        where TLane : unmanaged, ILane<TLane, T>
    {
        if (spikes.IsAbsent)
        {
            var inputs = _channels / _packed.Groups;
            MatrixKernel.Multiply<TLane, T>(
                count, _packed.Depth, _packed.Columns, image + ((nint)group * inputs), _rows + first, _offsets, _packed.Group(group), _start + ((nint)group * _startStride), 0, y, stride);
            return;
        }

        var bounds = scope.Rent<int>(2 * _channels);
        for (var last = first + count; first < last; first += MicroKernel.Rows, y += MicroKernel.Rows * stride)
        {
            var pixels = Math.Min(MicroKernel.Rows, last - first);
            var runs = FindRuns(spikes.Pointer, first, pixels, bounds.Pointer);
            MatrixKernel.Multiply<TLane, T>(pixels, _packed.Depth, runs, _packed.Columns, image, _rows + first, _offsets, _packed.Group(0), _start, y, stride);
        }

        scope.Return(bounds);
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
}
