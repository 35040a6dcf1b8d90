namespace SpikeSR.Reference.Imaging.Jpeg;

/// <summary>A Huffman code for decoding (ITU-T T.81, C.2 and F.2.2.3): codes of up to 9 bits by one look, longer ones by their length's limits.</summary>
internal sealed class HuffmanTable
{
    private const int FastBits = 9;

    // Code length times 256 plus symbol; 0 where the code is longer.
    private readonly ushort[] _fast = new ushort[1 << FastBits];

    // Per length: the first 16-bit pattern that is no code of this or a shorter length, and what leads from a code to its symbol.
    private readonly int[] _limit = new int[17];
    private readonly int[] _offset = new int[17];
    private readonly byte[] _symbols;

    private HuffmanTable(byte[] symbols) => _symbols = symbols;

    /// <summary>Builds a code from the number of codes of each length and the symbols in order of their codes.</summary>
    /// <param name="counts">Codes of 1 to 16 bits.</param>
    /// <param name="symbols">As many as there are codes.</param>
    /// <returns>Null if the lengths cannot be those of a code.</returns>
    public static HuffmanTable? Build(ReadOnlySpan<byte> counts, ReadOnlySpan<byte> symbols)
    {
        var table = new HuffmanTable(symbols.ToArray());
        var code = 0;
        var index = 0;
        for (var length = 1; length <= 16; length++)
        {
            var count = counts[length - 1];
            if (code + count > 1 << length)
            {
                return null;
            }

            table._offset[length] = index - code;
            for (var i = 0; i < count && length <= FastBits; i++)
            {
                table._fast.AsSpan((code + i) << (FastBits - length), 1 << (FastBits - length)).Fill((ushort)((length << 8) | symbols[index + i]));
            }

            index += count;
            code += count;
            table._limit[length] = code << (16 - length);
            code <<= 1;
        }

        return table;
    }

    /// <summary>Finds the code at the start of 16 bits.</summary>
    /// <returns>Code length times 256 plus symbol; -1 if there is no such code.</returns>
    public int Look(int bits)
    {
        int entry = _fast[bits >> (16 - FastBits)];
        if (entry != 0)
        {
            return entry;
        }

        for (var length = FastBits + 1; length <= 16; length++)
        {
            if (bits < _limit[length])
            {
                return (length << 8) | _symbols[(bits >> (16 - length)) + _offset[length]];
            }
        }

        return -1;
    }
}
