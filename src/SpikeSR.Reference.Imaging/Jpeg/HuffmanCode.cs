namespace SpikeSR.Reference.Imaging.Jpeg;

/// <summary>A Huffman code for encoding: the code and its length of each symbol.</summary>
internal sealed class HuffmanCode
{
    private readonly int[] _codes = new int[256];
    private readonly int[] _lengths = new int[256];

    /// <param name="counts">Codes of 1 to 16 bits.</param>
    /// <param name="symbols">As many as there are codes, in order of their codes.</param>
    public HuffmanCode(ReadOnlySpan<byte> counts, ReadOnlySpan<byte> symbols)
    {
        var code = 0;
        var index = 0;
        for (var length = 1; length <= 16; length++)
        {
            for (var i = 0; i < counts[length - 1]; i++)
            {
                (_codes[symbols[index]], _lengths[symbols[index]]) = (code++, length);
                index++;
            }

            code <<= 1;
        }
    }

    /// <summary>The code of a symbol and its number of bits.</summary>
    public (int Code, int Length) this[int symbol] => (_codes[symbol], _lengths[symbol]);
}
