using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SpikeSR.Reference.Serialization;

/// <summary>From stored bytes to numbers.</summary>
internal static class ElementDecoding
{
    /// <summary>Bytes that one element takes.</summary>
    public static int Size(this ElementType type) => type switch
    {
        ElementType.F64 or ElementType.I64 => 8,
        ElementType.F32 or ElementType.I32 => 4,
        ElementType.F16 or ElementType.BF16 or ElementType.I16 => 2,
        _ => 1,
    };

    /// <summary>True for the types whose elements are whole numbers.</summary>
    public static bool IsInteger(this ElementType type) => type is not (ElementType.F64 or ElementType.F32 or ElementType.F16 or ElementType.BF16);

    /// <summary>True where the stored bytes are the numbers in memory.</summary>
    public static bool IsStored<T>(this ElementType type)
        where T : unmanaged =>
        BitConverter.IsLittleEndian && ((type == ElementType.F32 && typeof(T) == typeof(float)) || (type == ElementType.F64 && typeof(T) == typeof(double)));

    /// <summary>
    /// Converts elements as a C# cast does: exactly where the destination can hold the value, else to nearest, ties to even
    /// (F64 or I64 to float, I64 beyond 2^53 to double). The caller sees to it that floats never go to integers.
    /// </summary>
    public static void Decode<T>(ElementType type, ReadOnlySpan<byte> bytes, Span<T> values)
        where T : unmanaged, INumberBase<T>
    {
        if (!BitConverter.IsLittleEndian)
        {
            throw new PlatformNotSupportedException("weights are stored little-endian, and this machine is not");
        }

        switch (type)
        {
            case ElementType.F64:
                Cast<double, T>(bytes, values);
                break;
            case ElementType.F32:
                Cast<float, T>(bytes, values);
                break;
            case ElementType.F16:
                Cast<Half, T>(bytes, values);
                break;
            case ElementType.BF16:
                for (var i = 0; i < values.Length; i++)
                {
                    var upperHalf = (uint)MemoryMarshal.Read<ushort>(bytes[(2 * i)..]) << 16;
                    values[i] = T.CreateTruncating(BitConverter.UInt32BitsToSingle(upperHalf));
                }

                break;
            case ElementType.I64:
                Cast<long, T>(bytes, values);
                break;
            case ElementType.I32:
                Cast<int, T>(bytes, values);
                break;
            case ElementType.I16:
                Cast<short, T>(bytes, values);
                break;
            case ElementType.I8:
                Cast<sbyte, T>(bytes, values);
                break;
            default:
                Cast<byte, T>(bytes, values);
                break;
        }
    }

    private static void Cast<TStored, T>(ReadOnlySpan<byte> bytes, Span<T> values)
        where TStored : unmanaged, INumberBase<TStored>
        where T : unmanaged, INumberBase<T>
    {
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = T.CreateTruncating(MemoryMarshal.Read<TStored>(bytes[(i * Unsafe.SizeOf<TStored>())..]));
        }
    }
}
