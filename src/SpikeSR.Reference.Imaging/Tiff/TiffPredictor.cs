using System.Buffers.Binary;

namespace SpikeSR.Reference.Imaging.Tiff;

/// <summary>
/// Differences along a line of a strip or tile (TIFF 6.0, section 14; Adobe's technical note 3 for floats). The arithmetic is modulo the sample's range.
/// </summary>
internal static class TiffPredictor
{
    /// <summary>Adds differences of samples up, in place.</summary>
    /// <param name="line">Samples in the file's byte order.</param>
    /// <param name="samples">Samples a pixel: the distance of those that are compared.</param>
    /// <param name="bytes">Bytes of a sample: 1, 2 or 4.</param>
    /// <param name="isLittleEndian">The file's byte order.</param>
    public static void UndoHorizontal(Span<byte> line, int samples, int bytes, bool isLittleEndian)
    {
        for (var at = samples * bytes; at < line.Length; at += bytes)
        {
            var before = line.Slice(at - (samples * bytes), bytes);
            var here = line.Slice(at, bytes);
            Write(here, Read(here, isLittleEndian) + Read(before, isLittleEndian), isLittleEndian);
        }
    }

    /// <summary>Takes differences of samples, in place.</summary>
    /// <inheritdoc cref="UndoHorizontal"/>
    public static void ApplyHorizontal(Span<byte> line, int samples, int bytes, bool isLittleEndian)
    {
        for (var at = line.Length - bytes; at >= samples * bytes; at -= bytes)
        {
            var before = line.Slice(at - (samples * bytes), bytes);
            var here = line.Slice(at, bytes);
            Write(here, Read(here, isLittleEndian) - Read(before, isLittleEndian), isLittleEndian);
        }
    }

    /// <summary>Adds differences of bytes up and puts each float's four bytes together again, the highest of all samples stood first.</summary>
    /// <param name="line">In the file: planes of bytes. Afterwards: little-endian floats.</param>
    /// <param name="samples">Samples a pixel: the distance of bytes that are compared.</param>
    /// <param name="scratch">As long as the line.</param>
    public static void UndoFloat(Span<byte> line, int samples, Span<byte> scratch)
    {
        for (var at = samples; at < line.Length; at++)
        {
            line[at] += line[at - samples];
        }

        var count = line.Length / sizeof(float);
        line.CopyTo(scratch);
        for (var i = 0; i < count; i++)
        {
            for (var plane = 0; plane < sizeof(float); plane++)
            {
                line[(i * sizeof(float)) + sizeof(float) - 1 - plane] = scratch[(plane * count) + i];
            }
        }
    }

    /// <summary>Takes little-endian floats apart into planes of bytes, and takes differences of those.</summary>
    /// <inheritdoc cref="UndoFloat"/>
    public static void ApplyFloat(Span<byte> line, int samples, Span<byte> scratch)
    {
        var count = line.Length / sizeof(float);
        line.CopyTo(scratch);
        for (var i = 0; i < count; i++)
        {
            for (var plane = 0; plane < sizeof(float); plane++)
            {
                line[(plane * count) + i] = scratch[(i * sizeof(float)) + sizeof(float) - 1 - plane];
            }
        }

        for (var at = line.Length - 1; at >= samples; at--)
        {
            line[at] -= line[at - samples];
        }
    }

    private static uint Read(ReadOnlySpan<byte> sample, bool isLittleEndian) => (sample.Length, isLittleEndian) switch
    {
        (1, _) => sample[0],
        (2, true) => BinaryPrimitives.ReadUInt16LittleEndian(sample),
        (2, false) => BinaryPrimitives.ReadUInt16BigEndian(sample),
        (_, true) => BinaryPrimitives.ReadUInt32LittleEndian(sample),
        _ => BinaryPrimitives.ReadUInt32BigEndian(sample),
    };

    private static void Write(Span<byte> sample, uint value, bool isLittleEndian)
    {
        switch (sample.Length, isLittleEndian)
        {
            case (1, _):
                sample[0] = (byte)value;
                break;
            case (2, true):
                BinaryPrimitives.WriteUInt16LittleEndian(sample, (ushort)value);
                break;
            case (2, false):
                BinaryPrimitives.WriteUInt16BigEndian(sample, (ushort)value);
                break;
            case (_, true):
                BinaryPrimitives.WriteUInt32LittleEndian(sample, value);
                break;
            default:
                BinaryPrimitives.WriteUInt32BigEndian(sample, value);
                break;
        }
    }
}
