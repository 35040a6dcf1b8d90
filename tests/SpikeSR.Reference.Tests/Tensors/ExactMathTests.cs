using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Tests.Tensors;

public class ExactMathTests
{
    public static TheoryData<ElementaryFunction> Functions => [.. Enum.GetValues<ElementaryFunction>()];

    [Theory]
    [MemberData(nameof(Functions))]
    public void Float_results_stay_within_their_limit_over_every_exponent(ElementaryFunction function)
    {
        // 40009 is odd and meets each of the 512 signs and exponents about 210 times.
        var finding = ExactMathAccuracy.Measure(function, new Parallelism(0), 40009);
        Assert.Equal((1L << 32) / 40009 + 1, finding.Arguments);
        Assert.True(finding.WorstUlps <= ExactMathAccuracy.Limit(function), finding.ToString());
    }

    [Theory]
    [InlineData(ElementaryFunction.Exp, -87.74063f)]
    [InlineData(ElementaryFunction.Exp, -103.97207f)]
    [InlineData(ElementaryFunction.Exp, 88.72283f)]
    [InlineData(ElementaryFunction.Sigmoid, -87.74063f)]
    [InlineData(ElementaryFunction.Tanh, 0.102817215f)]
    [InlineData(ElementaryFunction.Tanh, -8.491108f)]
    [InlineData(ElementaryFunction.Erf, 0.5050728f)]
    [InlineData(ElementaryFunction.Gelu, -11.396522f)]
    [InlineData(ElementaryFunction.Gelu, -14.35f)]
    [InlineData(ElementaryFunction.GeluDerivative, 0.0026467799f)]
    public void Float_results_stay_within_their_limit_around_the_worst_arguments(ElementaryFunction function, float worst)
    {
        var x = new float[20001];
        var bits = BitConverter.SingleToInt32Bits(worst);
        for (var i = 0; i < x.Length; i++)
        {
            x[i] = BitConverter.Int32BitsToSingle(bits + i - (x.Length / 2));
        }

        var y = new float[x.Length];
        ExactMath.Apply<LaneScalar<float>, float>(function, x, y);
        for (var i = 0; i < x.Length; i++)
        {
            var ulps = ExactMathAccuracy.Ulps(function, x[i], y[i]);
            Assert.True(ulps <= ExactMathAccuracy.Limit(function), $"{function}({x[i]:R}) = {y[i]:R}: {ulps} ulps");
        }
    }

    [Theory]
    [InlineData(ElementaryFunction.Exp, -746, 710)]
    [InlineData(ElementaryFunction.Sigmoid, -746, 40)]
    [InlineData(ElementaryFunction.Tanh, -20, 20)]
    [InlineData(ElementaryFunction.Erf, -6, 6)]
    [InlineData(ElementaryFunction.Gelu, -38.6, 9)]
    [InlineData(ElementaryFunction.GeluDerivative, -39, 9)]
    public void Double_results_stay_within_one_and_a_half_ulps(ElementaryFunction function, double low, double high)
    {
        var random = new Random(3);
        var x = new double[60];
        for (var i = 0; i < x.Length; i++)
        {
            x[i] = (i % 3) switch
            {
                0 => low + ((high - low) * random.NextDouble()),
                1 => Math.CopySign(Math.Pow(2, (10 * random.NextDouble()) - 9), random.NextDouble() - 0.5),
                _ => Math.CopySign(Math.Pow(2, -1074 * random.NextDouble()), random.NextDouble() - 0.5),
            };
            x[i] = Math.Clamp(x[i], low, high);
        }

        var y = new double[x.Length];
        ExactMath.Apply<LaneScalar<double>, double>(function, x, y);
        new Parallelism(0).For(x.Length, i =>
        {
            var ulps = FixedPointJudge.Ulps(function, x[i], y[i]);
            Assert.True(ulps <= 1.5, $"{function}({x[i]:R}) = {y[i]:R}: {ulps} ulps");
        });
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public void Every_lane_gives_the_bits_of_the_scalar_entry(ElementaryFunction function)
    {
        var singles = SingleArguments();
        var expected = singles.Select(x => (float)Scalar(function, x)).ToArray();
        SameBits(singles, expected, Apply<Lane128<float>, float>(function, singles));
        SameBits(singles, expected, Apply<Lane256<float>, float>(function, singles));
        SameBits(singles, expected, Apply<Lane512<float>, float>(function, singles));
        SameBits(singles, expected, Apply<LaneScalar<float>, float>(function, singles));

        var doubles = DoubleArguments();
        var exact = doubles.Select(x => Scalar(function, x)).ToArray();
        SameBits(doubles, exact, Apply<Lane128<double>, double>(function, doubles));
        SameBits(doubles, exact, Apply<Lane256<double>, double>(function, doubles));
        SameBits(doubles, exact, Apply<Lane512<double>, double>(function, doubles));
        SameBits(doubles, exact, Apply<LaneScalar<double>, double>(function, doubles));
    }

    [Fact]
    public void Spans_of_every_length_give_the_same_bits_and_touch_nothing_beyond()
    {
        var x = SingleArguments()[..40];
        var expected = x.Select(ExactMath.Gelu).ToArray();
        for (var length = 0; length <= x.Length; length++)
        {
            var y = Enumerable.Repeat(123f, x.Length).ToArray();
            ExactMath.Apply<Lane512<float>, float>(ElementaryFunction.Gelu, x.AsSpan(0, length), y.AsSpan(0, length));
            SameBits(x[..length], expected[..length], y[..length]);
            Assert.All(y[length..], untouched => Assert.Equal(123f, untouched));
        }
    }

    [Fact]
    public void Spans_of_different_length_are_refused() =>
        Assert.Equal("result", Assert.Throws<ArgumentException>(() => ExactMath.Apply<LaneScalar<float>, float>(ElementaryFunction.Exp, new float[3], new float[2])).ParamName);

    [Fact]
    public void Special_values_are_exact_in_both_formats()
    {
        (ElementaryFunction Function, double X, double Expected)[] cases =
        [
            (ElementaryFunction.Exp, double.NegativeInfinity, 0.0),
            (ElementaryFunction.Exp, double.PositiveInfinity, double.PositiveInfinity),
            (ElementaryFunction.Exp, 0.0, 1.0),
            (ElementaryFunction.Exp, -0.0, 1.0),
            (ElementaryFunction.Sigmoid, double.NegativeInfinity, 0.0),
            (ElementaryFunction.Sigmoid, double.PositiveInfinity, 1.0),
            (ElementaryFunction.Sigmoid, 0.0, 0.5),
            (ElementaryFunction.Tanh, double.NegativeInfinity, -1.0),
            (ElementaryFunction.Tanh, double.PositiveInfinity, 1.0),
            (ElementaryFunction.Tanh, 0.0, 0.0),
            (ElementaryFunction.Tanh, -0.0, -0.0),
            (ElementaryFunction.Erf, double.NegativeInfinity, -1.0),
            (ElementaryFunction.Erf, double.PositiveInfinity, 1.0),
            (ElementaryFunction.Erf, 0.0, 0.0),
            (ElementaryFunction.Erf, -0.0, -0.0),
            (ElementaryFunction.Gelu, double.NegativeInfinity, -0.0),
            (ElementaryFunction.Gelu, double.PositiveInfinity, double.PositiveInfinity),
            (ElementaryFunction.Gelu, 0.0, 0.0),
            (ElementaryFunction.Gelu, -0.0, -0.0),
            (ElementaryFunction.Gelu, -40.0, -0.0),
            (ElementaryFunction.Gelu, 40.0, 40.0),
            (ElementaryFunction.GeluDerivative, double.NegativeInfinity, -0.0),
            (ElementaryFunction.GeluDerivative, double.PositiveInfinity, 1.0),
            (ElementaryFunction.GeluDerivative, 0.0, 0.5),
            .. Enum.GetValues<ElementaryFunction>().Select(function => (function, double.NaN, double.NaN)),
        ];
        foreach (var (function, x, expected) in cases)
        {
            SameBits([x], [expected], [Scalar(function, x)]);
            SameBits([(float)x], [(float)expected], [(float)Scalar(function, (float)x)]);
        }
    }

    [Fact]
    public void Exp_overflows_and_underflows_exactly_where_the_rounded_result_does()
    {
        Assert.True(float.IsFinite(ExactMath.Exp(88.72283f)));
        Assert.Equal(float.PositiveInfinity, ExactMath.Exp(MathF.BitIncrement(88.72283f)));
        Assert.Equal(float.Epsilon, ExactMath.Exp(-103.97208f));
        Assert.Equal(0, ExactMath.Exp(MathF.BitDecrement(-103.97208f)));
        Assert.True(double.IsFinite(ExactMath.Exp(709.782712893384)));
        Assert.Equal(double.PositiveInfinity, ExactMath.Exp(Math.BitIncrement(709.782712893384)));
        Assert.Equal(double.Epsilon, ExactMath.Exp(-745.1332191019411));
        Assert.Equal(0, ExactMath.Exp(Math.BitDecrement(-745.1332191019411)));
    }

    [Fact]
    public void Erf_and_tanh_are_odd_to_the_bit()
    {
        var x = SingleArguments();
        SameBits(x, [.. x.Select(v => -ExactMath.Erf(v))], [.. x.Select(v => ExactMath.Erf(-v))]);
        SameBits(x, [.. x.Select(v => -ExactMath.Tanh(v))], [.. x.Select(v => ExactMath.Tanh(-v))]);
    }

    [Fact]
    public void The_derivative_of_gelu_is_the_slope_of_gelu()
    {
        const double Step = 1e-4;
        for (var x = -12.0; x < 12; x += 0.0137)
        {
            // A fourth-order difference: the rest of its series is below 1e-15, the rounding of gelu below 1e-11 of its size.
            var slope = ((8 * (ExactMath.Gelu(x + Step) - ExactMath.Gelu(x - Step))) - (ExactMath.Gelu(x + (2 * Step)) - ExactMath.Gelu(x - (2 * Step)))) / (12 * Step);
            Assert.Equal(slope, ExactMath.GeluDerivative(x), 1e-11);
            Assert.Equal(slope, ExactMath.GeluDerivative((float)x), 3e-7);
        }
    }

    [Fact]
    public void Powers_of_two_are_exact_over_the_normal_range()
    {
        for (var n = -126; n <= 127; n++)
        {
            var expected = (float)Math.ScaleB(1, n);
            Assert.Equal(expected, Power<LaneScalar<float>, float>(n));
            Assert.Equal(expected, Power<Lane128<float>, float>(n));
            Assert.Equal(expected, Power<Lane256<float>, float>(n));
            Assert.Equal(expected, Power<Lane512<float>, float>(n));
        }

        for (var n = -1022; n <= 1023; n++)
        {
            var expected = Math.ScaleB(1, n);
            Assert.Equal(expected, Power<LaneScalar<double>, double>(n));
            Assert.Equal(expected, Power<Lane128<double>, double>(n));
            Assert.Equal(expected, Power<Lane256<double>, double>(n));
            Assert.Equal(expected, Power<Lane512<double>, double>(n));
        }
    }

    private static T Power<TLane, T>(T n)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged => TLane.Get(TLane.PowerOfTwo(TLane.Broadcast(n)), TLane.Width - 1);

    private static T[] Apply<TLane, T>(ElementaryFunction function, T[] x)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        var y = new T[x.Length];
        ExactMath.Apply<TLane, T>(function, x, y);
        return y;
    }

    private static double Scalar(ElementaryFunction function, float x) => function switch
    {
        ElementaryFunction.Exp => ExactMath.Exp(x),
        ElementaryFunction.Sigmoid => ExactMath.Sigmoid(x),
        ElementaryFunction.Tanh => ExactMath.Tanh(x),
        ElementaryFunction.Erf => ExactMath.Erf(x),
        ElementaryFunction.Gelu => ExactMath.Gelu(x),
        _ => ExactMath.GeluDerivative(x),
    };

    private static double Scalar(ElementaryFunction function, double x) => function switch
    {
        ElementaryFunction.Exp => ExactMath.Exp(x),
        ElementaryFunction.Sigmoid => ExactMath.Sigmoid(x),
        ElementaryFunction.Tanh => ExactMath.Tanh(x),
        ElementaryFunction.Erf => ExactMath.Erf(x),
        ElementaryFunction.Gelu => ExactMath.Gelu(x),
        _ => ExactMath.GeluDerivative(x),
    };

    /// <summary>Any bits at all, ordinary numbers, and the special ones at the end.</summary>
    private static float[] SingleArguments()
    {
        var random = new Random(1);
        var any = Enumerable.Range(0, 3000).Select(_ => BitConverter.Int32BitsToSingle((int)random.NextInt64(1L << 32)));
        var ordinary = Enumerable.Range(0, 3000).Select(_ => (float)((random.NextDouble() * 240) - 120) * (float)random.NextDouble());
        float[] special = [0, -0f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.Epsilon, -float.Epsilon, 1.1754942e-38f, float.MaxValue, float.MinValue];
        return [.. any, .. ordinary, .. special];
    }

    private static double[] DoubleArguments()
    {
        var random = new Random(2);
        var any = Enumerable.Range(0, 2000).Select(_ => BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue)));
        var ordinary = Enumerable.Range(0, 2000).Select(_ => ((random.NextDouble() * 1600) - 800) * random.NextDouble() * random.NextDouble());
        double[] special = [0, -0.0, double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.Epsilon, -double.Epsilon, 2.2250738585072009e-308, double.MaxValue, double.MinValue];
        return [.. any, .. ordinary, .. special];
    }

    private static void SameBits(float[] x, float[] expected, float[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        for (var i = 0; i < x.Length; i++)
        {
            var same = BitConverter.SingleToInt32Bits(expected[i]) == BitConverter.SingleToInt32Bits(found[i]);
            Assert.True(same || (float.IsNaN(expected[i]) && float.IsNaN(found[i])), $"x = {x[i]:R}: expected {expected[i]:R}, found {found[i]:R}");
        }
    }

    private static void SameBits(double[] x, double[] expected, double[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        for (var i = 0; i < x.Length; i++)
        {
            var same = BitConverter.DoubleToInt64Bits(expected[i]) == BitConverter.DoubleToInt64Bits(found[i]);
            Assert.True(same || (double.IsNaN(expected[i]) && double.IsNaN(found[i])), $"x = {x[i]:R}: expected {expected[i]:R}, found {found[i]:R}");
        }
    }
}
