using System.Numerics;
using System.Runtime.CompilerServices;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Tests.Operators;

/// <summary>Operands that show a change of order or a skipped product, and the comparison "same bytes, any NaN for any NaN".</summary>
internal static class KernelTestData
{
    /// <summary>Numbers of very different size, among them both zeros; where asked for also infinities, NaN and subnormal numbers.</summary>
    public static TensorView<T> Numbers<T>(Random random, bool special, params ReadOnlySpan<int> extents)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var tensor = TensorView<T>.Allocate(new Shape(extents));
        foreach (ref var element in tensor.Span)
        {
            element = random.Next(special ? 40 : 12) switch
            {
                0 => T.Zero,
                1 => T.NegativeZero,
                12 => T.PositiveInfinity,
                13 => T.NegativeInfinity,
                14 => T.NaN,
                15 => T.Epsilon,
                16 => -T.Epsilon * T.CreateChecked(5),
                _ => T.CreateChecked((random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-3, 4))),
            };
        }

        return tensor;
    }

    /// <summary>A tensor that must be written completely: every element is a marker.</summary>
    public static TensorView<T> Unwritten<T>(params ReadOnlySpan<int> extents)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var tensor = TensorView<T>.Allocate(new Shape(extents));
        tensor.Span.Fill(T.CreateChecked(12345.678));
        return tensor;
    }

    /// <summary>Fails unless both hold the same bytes, any NaN standing for any NaN.</summary>
    public static void AssertSameBytes<T>(ReadOnlySpan<T> expected, ReadOnlySpan<T> actual, string where)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            if (Bits(expected[i]) != Bits(actual[i]) && !(T.IsNaN(expected[i]) && T.IsNaN(actual[i])))
            {
                Assert.Fail($"{where}: element {i} is {actual[i]:R}, the definition says {expected[i]:R}");
            }
        }
    }

    private static ulong Bits<T>(T value)
        where T : unmanaged => Unsafe.SizeOf<T>() == 4 ? Unsafe.BitCast<T, uint>(value) : Unsafe.BitCast<T, ulong>(value);
}
