using System.Buffers.Binary;
using SpikeSR.Reference.Serialization;

namespace SpikeSR.Reference.Imaging.Png;

/// <summary>Writes chunks with their lengths and check sums.</summary>
internal sealed class PngChunkWriter(Stream stream)
{
    public void Write(ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        stream.Write(number);
        stream.Write(type);
        stream.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.Of(data, Crc32.Of(type)));
        stream.Write(number);
    }

    public void WriteNumbers(ReadOnlySpan<byte> type, params ReadOnlySpan<uint> numbers)
    {
        var data = new byte[4 * numbers.Length];
        for (var i = 0; i < numbers.Length; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan(4 * i), numbers[i]);
        }

        Write(type, data);
    }
}
