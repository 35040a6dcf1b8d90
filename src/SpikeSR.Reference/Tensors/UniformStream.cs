namespace SpikeSR.Reference.Tensors;

/// <summary>
/// One of 2^32 independent streams of uniform numbers under a seed, from <see cref="Philox"/>. Its state is its position alone, so it can
/// be stored, resumed and entered anywhere. Number n takes half a block: key = (seed low, seed high), counter = (n / 2 low, n / 2 high,
/// stream, 0), words 0 and 1 for even n, 2 and 3 for odd.
/// </summary>
/// <param name="seed">The key; its low word comes first.</param>
/// <param name="stream">Which stream: the counter's third word.</param>
/// <param name="position">How many numbers were taken already.</param>
public sealed class UniformStream(ulong seed, uint stream, ulong position = 0)
{
    /// <summary>The index of the number that <see cref="Next()"/> gives next; wraps after 2^64.</summary>
    public ulong Position { get; set; } = position;

    /// <summary>The number at an index, in [0, 1): a multiple of 2^-53, (w0 / 32 * 2^26 + w1 / 64) / 2^53 in whole divisions.</summary>
    /// <param name="index">Which number of the stream.</param>
    public double At(ulong index)
    {
        var block = index / 2;
        var words = Philox.Block(((uint)block, (uint)(block >> 32), stream, 0), ((uint)seed, (uint)(seed >> 32)));
        var (w0, w1) = index % 2 == 0 ? (words.W0, words.W1) : (words.W2, words.W3);
        return (((ulong)(w0 >> 5) << 26) + (w1 >> 6)) * (1.0 / (1UL << 53));
    }

    /// <summary>The next number, in [0, 1).</summary>
    public double Next() => At(Position++);

    /// <summary>The next number, scaled: low + (high - low) * u, each operation rounded on its own. It may round up to high.</summary>
    /// <param name="low">The least number.</param>
    /// <param name="high">The bound above.</param>
    public double Next(double low, double high) => low + ((high - low) * Next());
}
