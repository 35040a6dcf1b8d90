using SpikeSR.Reference.Operators.Kernels;
using SpikeSR.Reference.Tensors;
using static SpikeSR.Reference.Tests.Operators.KernelTestData;

namespace SpikeSR.Reference.Tests.Operators;

/// <summary>A sum that is taken some rows at a time is <see cref="FixedOrder"/>'s of all rows, byte for byte.</summary>
public sealed class RowSumTests
{
    [Theory]
    [InlineData(1, 3)]
    [InlineData(16, 16)]
    [InlineData(37, 21)]
    [InlineData(4095, 1)]
    [InlineData(4096, 2)]
    [InlineData(4113, 33)]
    [InlineData(8192, 5)]
    [InlineData(9001, 17)]
    [InlineData(30000, 2)]
    public void Rows_that_come_in_pieces_are_summed_in_the_fixed_order(int rows, int channels)
    {
        var random = new Random(rows);
        var terms = Numbers<float>(random, special: false, rows, channels);
        var target = Numbers<float>(random, special: false, channels);
        var expected = target.Span.ToArray();
        for (var c = 0; c < channels; c++)
        {
            expected[c] += FixedOrder.Sum<F32, FixedOrder.Strided<F32>>(rows, new(terms.Cast<F32>().Span, c, channels)).Value;
        }

        foreach (var most in new[] { 40, 5000, rows })
        {
            using var scope = new Workspace().OpenScope();
            var total = TensorView<float>.Of(target.Shape, target.Span);
            var sum = new RowSum<float>(total, scope);
            for (int first = 0, count = 1; first < rows; first += count, count = Math.Min(rows - first, 1 + random.Next(most)))
            {
                Add(sum, terms, first, count);
            }

            sum.Finish();
            AssertSameBytes<float>(expected, total.Span, $"{rows} rows of {channels}, at most {most} at once");
        }
    }

    private static unsafe void Add(RowSum<float> sum, TensorView<float> terms, int first, int count) =>
        sum.Add<Lane512<float>, ChannelSumKernel.Elements<float>>(new(terms.Pointer + ((nint)first * terms.Shape[1]), terms.Shape[1]), first, count);
}
