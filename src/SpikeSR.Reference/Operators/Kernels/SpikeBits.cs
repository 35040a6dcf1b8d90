using System.Numerics;
using System.Runtime.Intrinsics;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators.Kernels;

/// <summary>The spikes of images [N, H, W, C] as bits: of every row and channel a string over the columns, which what lies outside the image continues with 0.</summary>
/// <typeparam name="T">The number type.</typeparam>
internal readonly unsafe struct SpikeBits<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Bits of a word.</summary>
    public const int WordBits = 64;

    // Images by rows by channels by words of columns, a word of zeros before them and one behind.
    private readonly TensorView<ulong> _words;

    // Spikes of every row; -1 where an element is neither 0 nor 1.
    private readonly TensorView<int> _fired;

    private readonly int _columns;

    private SpikeBits(TensorView<ulong> words, TensorView<int> fired, int columns) => (_words, _fired, _columns) = (words, fired, columns);

    /// <summary>C.</summary>
    public int Channels => _words.Shape[2];

    private int Words => _words.Shape[3] - 2;

    /// <summary>Reads them.</summary>
    /// <param name="x">Images [N, H, W, C].</param>
    /// <param name="scope">The owner of the bits.</param>
    /// <param name="threads">Threads over rows.</param>
    public static SpikeBits<T> Read(TensorView<T> x, Workspace.Scope scope, Parallelism threads)
    {
        var (images, rows, columns, channels) = (x.Shape[0], x.Shape[1], x.Shape[2], x.Shape[3]);
        var words = scope.RentCleared<ulong>(new Shape(images, rows, channels, ((columns + WordBits - 1) / WordBits) + 2));
        var bits = new SpikeBits<T>(words, scope.Rent<int>(images, rows), columns);
        threads.For(images * rows, row => bits._fired.Span[row] = bits.ReadRow(x.Pointer + ((nint)row * columns * channels), row, columns, channels));
        return bits;
    }

    /// <summary>Whether an image holds nothing but 0 and 1, and of 1 at most a part.</summary>
    /// <param name="n">The image.</param>
    /// <param name="part">The most of its elements that may be 1, as a fraction.</param>
    public bool AreSparse(int n, double part)
    {
        var fired = 0L;
        foreach (var row in _fired.At(n).Span)
        {
            if (row < 0)
            {
                return false;
            }

            fired += row;
        }

        return fired <= part * _fired.Shape[1] * _columns * _words.Shape[2];
    }

    /// <summary>Bit b of word c: whether channel first + c fires at column from + b of a row.</summary>
    /// <param name="n">The image.</param>
    /// <param name="row">The row, which may lie outside the image.</param>
    /// <param name="from">The first column, which may lie outside the image.</param>
    /// <param name="count">Columns, at most <see cref="WordBits"/>.</param>
    /// <param name="first">The first channel.</param>
    /// <param name="spikes">Receives a word for every channel.</param>
    public void Columns(int n, int row, int from, int count, int first, Span<ulong> spikes)
    {
        var (word, shift) = (from >> 6, from & (WordBits - 1));
        if (row < 0 || row >= _words.Shape[1] || word < -1 || word >= Words)
        {
            spikes.Clear();
            return;
        }

        var wanted = ulong.MaxValue >> (WordBits - count);
        var strings = _words.Pointer + ((((((nint)n * _words.Shape[1]) + row) * _words.Shape[2]) + first) * (Words + 2)) + word + 1;
        for (var c = 0; c < spikes.Length; c++, strings += Words + 2)
        {
            // Shifted twice: by 64 at once would be by 0.
            spikes[c] = ((strings[0] >> shift) | (strings[1] << 1 << (WordBits - 1 - shift))) & wanted;
        }
    }

    /// <summary>Reads a word: bit c is set where channel c is 1.</summary>
    /// <param name="channels">The first channel.</param>
    /// <param name="count">Channels, at most <see cref="WordBits"/>.</param>
    /// <param name="word">The word.</param>
    /// <returns>Whether every channel is 0 or 1.</returns>
    public static bool TryReadWord(T* channels, int count, out ulong word)
    {
        (word, var zeros, var c) = (0ul, 0ul, 0);
        for (; c <= count - Vector512<T>.Count; c += Vector512<T>.Count)
        {
            var values = Vector512.Load(channels + c);
            word |= (ulong)Vector512.Equals(values, Vector512<T>.One).ExtractMostSignificantBits() << c;
            zeros |= (ulong)Vector512.Equals(values, Vector512<T>.Zero).ExtractMostSignificantBits() << c;
        }

        for (; c < count; c++)
        {
            word |= (channels[c] == T.One ? 1ul : 0) << c;
            zeros |= (channels[c] == T.Zero ? 1ul : 0) << c;
        }

        return (word | zeros) == ulong.MaxValue >> (WordBits - count);
    }

    // The row's spikes, or -1.
    private int ReadRow(T* pixels, int row, int columns, int channels)
    {
        var fired = 0;
        var block = stackalloc ulong[WordBits];
        for (var column = 0; column < columns; column += WordBits)
        {
            for (var channel = 0; channel < channels; channel += WordBits)
            {
                var count = Math.Min(WordBits, channels - channel);
                for (var b = 0; b < WordBits; b++)
                {
                    block[b] = 0;
                    if (column + b < columns && !TryReadWord(pixels + ((nint)(column + b) * channels) + channel, count, out block[b]))
                    {
                        return -1;
                    }

                    fired += BitOperations.PopCount(block[b]);
                }

                Transpose(block);
                var strings = _words.Pointer + ((((nint)row * channels) + channel) * (Words + 2)) + 1 + (column / WordBits);
                for (var c = 0; c < count; c++)
                {
                    strings[(nint)c * (Words + 2)] = block[c];
                }
            }
        }

        return fired;
    }

    // Bit j of word i for bit i of word j: quadrants are exchanged, and then theirs.
    private static void Transpose(ulong* block)
    {
        var mask = 0x00000000FFFFFFFFul;
        for (var side = WordBits / 2; side != 0; side >>= 1, mask ^= mask << side)
        {
            for (var i = 0; i < WordBits; i = (i + side + 1) & ~side)
            {
                var exchanged = ((block[i] >> side) ^ block[i + side]) & mask;
                block[i] ^= exchanged << side;
                block[i + side] ^= exchanged;
            }
        }
    }
}
