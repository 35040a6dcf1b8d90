using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Tests.Tensors;

public sealed class DivisorTests
{
    [Fact]
    public void Moderate_quotients_are_rounded_once_in_float() => Check<float, Lane512<float>, uint>(24, -86, 86, 400);

    [Fact]
    public void Moderate_quotients_are_rounded_once_in_double() => Check<double, Lane256<double>, ulong>(53, -900, 86, 400);

    [Fact]
    public void Division_by_a_power_of_two_keeps_every_dividend()
    {
        foreach (var divisor in new[] { 1f, 2f, 0.25f, 256f, float.MaxValue, 3f, 0f, float.NaN, float.PositiveInfinity, 1e-40f })
        {
            foreach (var dividend in new[] { 1f, -3f, 0f, -0f, 1e-44f, float.Epsilon, float.MaxValue, float.PositiveInfinity, float.NaN, 7e37f })
            {
                var quotient = new Divisor<float>(divisor).Divide(new LaneScalar<float>(dividend)).Value;
                Assert.Equal(BitConverter.SingleToUInt32Bits(dividend / divisor) << (float.IsNaN(quotient) ? 31 : 0), BitConverter.SingleToUInt32Bits(quotient) << (float.IsNaN(quotient) ? 31 : 0));
            }
        }
    }

    // Divisors 1 to 2^20 and dividends of every moderate size; their mantissas are drawn near powers of two and in between.
    private static unsafe void Check<T, TLane, TBits>(int digits, int lowest, int highest, int seeds)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TLane : unmanaged, ILane<TLane, T> =>
        FsCheck.Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(seeds),
            Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
            {
                var random = new Random(seed);
                var dividends = stackalloc T[TLane.Width];
                for (var round = 0; round < 200; round++)
                {
                    var value = T.ScaleB(Mantissa<T>(random, digits), random.Next(20));
                    for (var i = 0; i < TLane.Width; i++)
                    {
                        dividends[i] = T.ScaleB(Mantissa<T>(random, digits), random.Next(lowest, highest)) * (random.Next(2) == 0 ? T.One : -T.One);
                    }

                    var quotients = new Divisor<T>(value).Moderate<TLane>().Divide(TLane.Load(dividends));
                    for (var i = 0; i < TLane.Width; i++)
                    {
                        Assert.True(dividends[i] / value == TLane.Get(quotients, i), $"{dividends[i]:R} / {value:R} is {dividends[i] / value:R}, not {TLane.Get(quotients, i):R}; seed {seed}");
                    }
                }
            }));

    private static T Mantissa<T>(Random random, int digits)
        where T : IFloatingPointIeee754<T>
    {
        var last = T.ScaleB(T.One, 1 - digits);
        return random.Next(3) switch
        {
            0 => T.One + (T.CreateChecked(random.Next(64)) * last),
            1 => (T.One + T.One) - (T.CreateChecked(random.Next(1, 64)) * last),
            _ => T.One + (T.CreateTruncating(random.NextInt64(1L << (digits - 1))) * last),
        };
    }
}
