namespace SpikeSR.Reference.Serialization;

/// <summary>The checksum of zip and PNG: CRC-32 of ISO 3309, polynomial 0xEDB88320 reflected.</summary>
public static class Crc32
{
    private static readonly uint[] Table = MakeTable();

    /// <summary>Checksum of bytes, or of more bytes after those that gave <paramref name="previous"/>.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="previous">Checksum of the bytes before them; 0 where there are none.</param>
    public static uint Of(ReadOnlySpan<byte> bytes, uint previous = 0)
    {
        var remainder = ~previous;
        foreach (var value in bytes)
        {
            remainder = Table[(byte)(remainder ^ value)] ^ (remainder >> 8);
        }

        return ~remainder;
    }

    private static uint[] MakeTable()
    {
        var table = new uint[256];
        for (uint value = 0; value < table.Length; value++)
        {
            var remainder = value;
            for (var bit = 0; bit < 8; bit++)
            {
                remainder = (remainder & 1) == 0 ? remainder >> 1 : (remainder >> 1) ^ 0xEDB88320;
            }

            table[value] = remainder;
        }

        return table;
    }
}
