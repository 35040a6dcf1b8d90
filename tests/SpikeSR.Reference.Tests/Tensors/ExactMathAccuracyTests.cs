using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Tests.Tensors;

public class ExactMathAccuracyTests
{
    public static TheoryData<ElementaryFunction> Functions => [.. Enum.GetValues<ElementaryFunction>()];

    [Theory]
    [MemberData(nameof(Functions))]
    public void The_judge_sees_results_that_are_two_places_off(ElementaryFunction function)
    {
        foreach (var x in new[] { -0.3f, 0.3f, 1.25f })
        {
            var result = new float[1];
            ExactMath.Apply<LaneScalar<float>, float>(function, [x], result);
            double spacing = MathF.BitIncrement(result[0]) - result[0];
            var unit = function == ElementaryFunction.GeluDerivative ? 1 / 8388608.0 : spacing;
            var above = ExactMathAccuracy.Ulps(function, x, (float)(result[0] + (2 * spacing)));
            var below = ExactMathAccuracy.Ulps(function, x, (float)(result[0] - (2 * spacing)));
            Assert.Equal(4 * spacing / unit, above + below, 1e-6);
        }
    }

    [Theory]
    [InlineData(1f, float.NaN)]
    [InlineData(float.NaN, 1f)]
    [InlineData(1f, float.PositiveInfinity)]
    [InlineData(100f, float.MaxValue)]
    [InlineData(100f, float.NegativeInfinity)]
    public void The_judge_refuses_wrong_NaNs_and_infinities(float x, float result) =>
        Assert.True(ExactMathAccuracy.Ulps(ElementaryFunction.Exp, x, result) > 1e6);

    [Fact]
    public void The_judges_tail_meets_its_known_end_and_the_slow_judge()
    {
        // R(0) = 1/2 is where the table's steps end.
        Assert.Equal(0.5, NormalTail.Scaled(0), 1e-15);
        foreach (var x in new[] { -14.25, -11.3, -6.03, -2.6, -0.71, -0.02, 0.4, 1.3, 5.5 })
        {
            // 200 units in the last place of a double are 4e-7 of a float's.
            Assert.True(FixedPointJudge.Ulps(ElementaryFunction.Gelu, x, NormalTail.Gelu(x)) < 200, $"gelu({x})");
            Assert.True(FixedPointJudge.Ulps(ElementaryFunction.GeluDerivative, x, NormalTail.GeluDerivative(x)) < 200, $"gelu'({x})");
            Assert.True(FixedPointJudge.Ulps(ElementaryFunction.Erf, x / 3, NormalTail.Erf(x / 3)) < 200, $"erf({x / 3})");
        }
    }

    [Fact]
    public void A_measurement_does_not_depend_on_threads_and_tells_its_progress()
    {
        var told = new List<double>();
        var one = ExactMathAccuracy.Measure(ElementaryFunction.Tanh, Parallelism.Single, 1000003, told.Add);
        var two = ExactMathAccuracy.Measure(ElementaryFunction.Tanh, new Parallelism(2), 1000003);
        Assert.Equal(one, two);
        Assert.Equal(4295, one.Arguments);
        Assert.Equal(1, told[^1]);
        Assert.Equal(told.Order(), told);
    }

    [Fact]
    public void A_stride_that_is_not_positive_is_refused() =>
        Assert.Equal("stride", Assert.Throws<ArgumentOutOfRangeException>(() => ExactMathAccuracy.Measure(ElementaryFunction.Exp, Parallelism.Single, 0)).ParamName);
}
