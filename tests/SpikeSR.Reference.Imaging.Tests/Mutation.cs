using System.Buffers.Binary;
using System.Text;
using SpikeSR.Reference.Serialization;

namespace SpikeSR.Reference.Imaging.Tests;

/// <summary>Damage to sound files, the same for the same seed.</summary>
internal static class Mutation
{
    private static readonly uint[] Telling = [0, 1, 2, 7, 8, 9, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, int.MaxValue, 1u << 31, uint.MaxValue];

    /// <summary>Damages a copy of some bytes in one to six places.</summary>
    public static byte[] Of(ReadOnlySpan<byte> sound, ReadOnlySpan<byte> other, Random random)
    {
        List<byte> bytes = [.. sound];
        for (var count = random.Next(1, 7); count > 0 && bytes.Count > 0; count--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(9))
            {
                case 0 or 1:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 3 or 4:
                    Overwrite(bytes, at, random);
                    break;
                case 5:
                    bytes.RemoveRange(at, Math.Min(bytes.Count - at, random.Next(1, 17)));
                    break;
                case 6:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(bytes.Count - at, random.Next(1, 33))));
                    break;
                case 7 when random.Next(4) == 0:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                default:
                    var from = random.Next(other.Length);
                    bytes.InsertRange(at, other.Slice(from, Math.Min(other.Length - from, random.Next(1, 65))).ToArray());
                    break;
            }
        }

        return [.. bytes];
    }

    /// <summary>Makes a PNG's check sums right again, so that damage reaches the decoder behind them.</summary>
    public static void RepairPngCheckSums(Span<byte> bytes)
    {
        for (var at = 8; at + 12 <= bytes.Length;)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);
            if (length > bytes.Length - at - 12)
            {
                return;
            }

            BinaryPrimitives.WriteUInt32BigEndian(bytes[(at + 8 + (int)length)..], Crc32.Of(bytes.Slice(at + 4, 4 + (int)length)));
            at += 12 + (int)length;
        }
    }

    private static void Overwrite(List<byte> bytes, int at, Random random)
    {
        Span<byte> number = stackalloc byte[4];
        var value = Telling[random.Next(Telling.Length)];
        var size = random.Next(2) == 0 ? 2 : 4;
        if (random.Next(2) == 0)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(number, value);
        }
        else
        {
            BinaryPrimitives.WriteUInt32BigEndian(number, size == 2 ? value << 16 : value);
        }

        for (var i = 0; i < size && at + i < bytes.Count; i++)
        {
            bytes[at + i] = number[i];
        }
    }
}
