using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Tests.Tensors;

public sealed class ModerateExpTests
{
    [Fact]
    public unsafe void Within_80_it_has_the_bits_of_exp_in_float()
    {
        var x = stackalloc float[16];
        var found = stackalloc float[16];
        var wanted = stackalloc float[16];
        var end = BitConverter.SingleToUInt32Bits(80);
        for (uint bits = 0; bits <= end; bits += 1021)
        {
            for (uint i = 0; i < 16; i++)
            {
                x[i] = BitConverter.UInt32BitsToSingle(Math.Min(end, bits + (i / 2)) | (i % 2 << 31));
            }

            Lane512<float>.Store(found, ExactMath.ModerateExp<Lane512<float>, float>(Lane512<float>.Load(x)));
            Lane512<float>.Store(wanted, ExactMath.Exp<Lane512<float>, float>(Lane512<float>.Load(x)));
            Assert.True(new ReadOnlySpan<float>(found, 16).SequenceEqual(new(wanted, 16)), $"exp differs near {x[0]:R}");
        }
    }

    [Fact]
    public void Within_80_it_has_the_bits_of_exp_in_double()
    {
        var random = new Random(1);
        for (var i = 0; i < 200_000; i++)
        {
            var x = (random.NextDouble() - 0.5) * 160 * Math.Pow(10, -random.Next(0, 3) * random.Next(0, 12));
            Assert.Equal(ExactMath.Exp(x), ExactMath.ModerateExp<LaneScalar<double>, double>(new(x)).Value);
        }
    }
}
