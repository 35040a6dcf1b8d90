using System.Buffers.Binary;

namespace SpikeSR.Reference.Imaging;

/// <summary>Finds the orientation (tag 274) in Exif data, which are a small TIFF file.</summary>
internal static class ExifOrientation
{
    private const int OrientationTag = 274;
    private const int Short = 3;

    /// <summary>1 to 8; 1, upright, where nothing sound is said.</summary>
    public static int Of(ReadOnlySpan<byte> exif)
    {
        var isLittleEndian = exif.StartsWith("II*\0"u8);
        if (exif.Length < 8 || !(isLittleEndian || exif.StartsWith("MM\0*"u8)))
        {
            return 1;
        }

        var directory = Number(exif, 4, 4, isLittleEndian);
        if (directory > exif.Length - 2)
        {
            return 1;
        }

        var entries = Number(exif, (int)directory, 2, isLittleEndian);
        for (var i = 0; i < entries; i++)
        {
            var entry = (int)directory + 2 + (12 * i);
            if (entry + 12 > exif.Length)
            {
                return 1;
            }

            if (Number(exif, entry, 2, isLittleEndian) == OrientationTag && Number(exif, entry + 2, 2, isLittleEndian) == Short)
            {
                var orientation = (int)Number(exif, entry + 8, 2, isLittleEndian);
                return orientation is >= 1 and <= 8 ? orientation : 1;
            }
        }

        return 1;
    }

    private static uint Number(ReadOnlySpan<byte> bytes, int at, int length, bool isLittleEndian) => (length, isLittleEndian) switch
    {
        (2, true) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]),
        (2, false) => BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]),
        (_, true) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]),
        _ => BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]),
    };
}
