using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Tests.Tensors;

public class PhiloxTests
{
    /// <summary>The known answers that the authors publish with Random123.</summary>
    [Fact]
    public void The_published_known_answers_come_out()
    {
        Assert.Equal((0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u), Philox.Block((0, 0, 0, 0), (0, 0)));
        const uint ones = 0xffffffff;
        Assert.Equal((0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu), Philox.Block((ones, ones, ones, ones), (ones, ones)));
        Assert.Equal(
            (0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u),
            Philox.Block((0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344), (0xa4093822, 0x299f31d0)));
    }

    [Fact]
    public void The_stream_of_seed_0_begins_with_the_zero_block()
    {
        // (w0 >> 5) * 2^26 + (w1 >> 6) of the known answer for zeros.
        var stream = new UniformStream(0, 0);
        Assert.Equal(Fraction(0x6627e8d5, 0xe169c58d), stream.Next());
        Assert.Equal(Fraction(0xbc57ac4c, 0x9b00dbd8), stream.Next());
        Assert.Equal(2ul, stream.Position);
    }

    [Fact]
    public void Seed_index_and_stream_each_have_their_words()
    {
        var words = Philox.Block((0x85a308d3, 0x243f6a88, 7, 0), (0xa4093822, 0x299f31d0));
        var stream = new UniformStream(0x299f31d0_a4093822, 7);
        // Blocks hold two numbers, so block 0x243f6a88_85a308d3 begins at twice that index.
        Assert.Equal(Fraction(words.W0, words.W1), stream.At(0x243f6a88_85a308d3 * 2));
        Assert.Equal(Fraction(words.W2, words.W3), stream.At((0x243f6a88_85a308d3 * 2) + 1));
    }

    [Fact]
    public void A_stream_goes_on_from_any_position()
    {
        var whole = new UniformStream(42, 3);
        var numbers = Enumerable.Range(0, 9).Select(_ => whole.Next()).ToArray();
        for (var start = 0; start < numbers.Length; start++)
        {
            var resumed = new UniformStream(42, 3, (ulong)start);
            Assert.Equal(numbers[start..], Enumerable.Range(start, numbers.Length - start).Select(_ => resumed.Next()));
        }

        whole.Position = 4;
        Assert.Equal(numbers[4], whole.Next());
    }

    [Fact]
    public void Numbers_are_uniform_and_streams_unrelated()
    {
        const int count = 100_000;
        var (left, right) = (new UniformStream(5, 0), new UniformStream(5, 1));
        var (bins, covariance) = (new int[16], 0.0);
        for (var i = 0; i < count; i++)
        {
            var (u, v) = (left.Next(), right.Next());
            Assert.InRange(u, 0, 1 - Math.ScaleB(1, -53));
            bins[(int)(u * bins.Length)]++;
            covariance += (u - 0.5) * (v - 0.5);
        }

        // Five standard deviations: sqrt(n p (1 - p)) of a bin's count, sqrt(n) / 12 of the covariance's sum.
        Assert.All(bins, bin => Assert.InRange(bin, (count / 16) - 383, (count / 16) + 383));
        Assert.InRange(covariance, -132, 132);
    }

    [Fact]
    public void A_range_is_scaled_with_two_roundings()
    {
        var (plain, scaled) = (new UniformStream(9, 0), new UniformStream(9, 0));
        var differs = false;
        for (var i = 0; i < 1000; i++)
        {
            var u = plain.Next();
            var product = 0.7 * u;
            Assert.Equal(-0.1 + product, scaled.Next(-0.1, 0.6));
            differs |= Math.FusedMultiplyAdd(0.7, u, -0.1) != -0.1 + product;
        }

        Assert.True(differs, "the sample must tell one rounding from two");
        Assert.Equal(3.0, scaled.Next(3, 3));
    }

    private static double Fraction(uint w0, uint w1) => (((w0 >> 5) * 67108864.0) + (w1 >> 6)) / 9007199254740992.0;
}
