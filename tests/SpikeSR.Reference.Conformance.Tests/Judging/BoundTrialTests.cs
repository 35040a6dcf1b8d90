using SpikeSR.Reference.Conformance.Golden;

namespace SpikeSR.Reference.Conformance.Judging;

public class BoundTrialTests
{
    private static readonly GoldenSet s_golden = new(Path.Combine(RepositoryPaths.Root, "golden", "v1"));

    [Theory]
    [InlineData("fp64")]
    [InlineData("fp32")]
    [InlineData("tf32")]
    [InlineData("bf16")]
    [InlineData("fp16")]
    public void No_backend_that_rounds_at_random_leaves_its_bounds(string profile)
    {
        string[] cases = ["lif-hard", "lif-many-steps", "plif-decay-hard", "conv2d-groups2", "batch-norm-train", "layer-norm-tokens", "linear-tokens", "softmax-rows", "gelu-middle", "avg-pool-image", "deformable-module-one-pixel", "adam-step-2", "hda-square"];
        var tried = 0;
        foreach (var golden in s_golden.Manifest.Cases.Where(golden => cases.Contains(golden.Id)))
        {
            using var question = CaseFile.Open(golden.BuildQuestion(), golden.Id);
            var finding = BoundTrial.Try(question, Profile.Find(profile)!, runs: 3);
            Assert.True(finding.Failures == 0, $"{golden.Id}: {finding.Message}");
            tried++;
        }

        Assert.Equal(cases.Length, tried);
    }

    [Fact]
    public void The_median_of_draws_bounds_a_sum_of_absolute_values_that_itself_cancels()
    {
        // 1000 errors of both signs whose plain sum is 0.
        CauchyScale.Start(0);
        var draws = new float[CauchyScale.Lanes * CauchyScale.Runs];
        for (var run = 0; run < CauchyScale.Runs; run++)
        {
            for (var i = 0; i < 1000; i++)
            {
                var draw = CauchyScale.Next();
                for (var lane = 0; lane < CauchyScale.Lanes; lane++)
                {
                    draws[(run * CauchyScale.Lanes) + lane] += draw[lane] * (i % 2 == 0 ? 0.001f : -0.001f);
                }
            }
        }

        Assert.InRange(CauchyScale.Bound(draws, unit: 1), 1, 2.5 * CauchyScale.Margin);
    }

    [Theory]
    [InlineData(1.0 + (3.0 / 256), 8, false, 1.015625)]
    [InlineData(1.0 + (3.0 / 256), 8, true, 1.0078125)]
    [InlineData(-1.0 - (1.0 / 256), 8, false, -1.0)]
    [InlineData(3e-8, 11, false, 5.9604644775390625e-8)]
    public void Digits_are_rounded_to_even_or_cut_off(double value, int digits, bool isTruncated, double expected) =>
        Assert.Equal(expected, Digits.Round(value, digits, lowest: -24, isTruncated));
}
