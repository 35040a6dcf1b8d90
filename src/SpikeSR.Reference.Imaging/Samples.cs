using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace SpikeSR.Reference.Imaging;

/// <summary>Between stored samples and floats in the same units. Floats hold every stored value exactly, so reading and writing back loses nothing.</summary>
internal static class Samples
{
    /// <summary>Rounds to nearest, halves up, and clamps to 0..255; NaN gives 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte ToByte(float sample) => (byte)Round(sample, 0, byte.MaxValue);

    /// <summary>The least and the greatest number that a kind of sample can be.</summary>
    public static (float Lowest, float Highest) Limits(SampleKind kind) => kind switch
    {
        SampleKind.UInt8 => (byte.MinValue, byte.MaxValue),
        SampleKind.UInt16 => (ushort.MinValue, ushort.MaxValue),
        SampleKind.Int16 => (short.MinValue, short.MaxValue),
        _ => (float.MinValue, float.MaxValue),
    };

    /// <summary>Whether a sample of a kind can be a number.</summary>
    public static bool CanBe(SampleKind kind, float value)
    {
        var (lowest, highest) = Limits(kind);
        return value >= lowest && value <= highest && (kind == SampleKind.Float32 || float.IsInteger(value));
    }

    /// <summary>Stores samples.</summary>
    /// <param name="samples">In the file's units.</param>
    /// <param name="bytes">Bytes per sample times as long.</param>
    /// <param name="kind">How to store them.</param>
    /// <param name="isLittleEndian">Byte order of samples of more than one byte.</param>
    public static void ToBytes(ReadOnlySpan<float> samples, Span<byte> bytes, SampleKind kind, bool isLittleEndian)
    {
        switch (kind)
        {
            case SampleKind.UInt8:
                bytes = bytes[..samples.Length];
                for (var i = 0; i < samples.Length; i++)
                {
                    bytes[i] = ToByte(samples[i]);
                }

                break;
            case SampleKind.UInt16 or SampleKind.Int16:
                var (lowest, highest) = Limits(kind);
                for (var i = 0; i < samples.Length; i++)
                {
                    var value = (ushort)Round(samples[i], (int)lowest, (int)highest);
                    BinaryPrimitives.WriteUInt16LittleEndian(bytes[(2 * i)..], isLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value));
                }

                break;
            default:
                for (var i = 0; i < samples.Length; i++)
                {
                    var value = BitConverter.SingleToUInt32Bits(samples[i]);
                    BinaryPrimitives.WriteUInt32LittleEndian(bytes[(4 * i)..], isLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value));
                }

                break;
        }
    }

    /// <summary>Loads stored samples.</summary>
    /// <param name="bytes">Bytes per sample times as long as the samples.</param>
    /// <param name="samples">In the file's units.</param>
    /// <param name="kind">How they are stored.</param>
    /// <param name="isLittleEndian">Byte order of samples of more than one byte.</param>
    public static void FromBytes(ReadOnlySpan<byte> bytes, Span<float> samples, SampleKind kind, bool isLittleEndian)
    {
        switch (kind)
        {
            case SampleKind.UInt8:
                bytes = bytes[..samples.Length];
                for (var i = 0; i < samples.Length; i++)
                {
                    samples[i] = bytes[i];
                }

                break;
            case SampleKind.UInt16 or SampleKind.Int16:
                for (var i = 0; i < samples.Length; i++)
                {
                    var value = BinaryPrimitives.ReadUInt16LittleEndian(bytes[(2 * i)..]);
                    value = isLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value);
                    samples[i] = kind == SampleKind.UInt16 ? value : (short)value;
                }

                break;
            default:
                for (var i = 0; i < samples.Length; i++)
                {
                    var value = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(4 * i)..]);
                    samples[i] = BitConverter.UInt32BitsToSingle(isLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value));
                }

                break;
        }
    }

    // Every stored integer below 2^24 is exact in a float, and so is adding one half to it in a double.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Round(float sample, int lowest, int highest)
    {
        var clamped = sample > lowest ? (sample < highest ? sample : highest) : lowest;
        return float.IsNaN(sample) ? 0 : (int)Math.Floor(clamped + 0.5);
    }
}
