using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Tests.Tensors;

public sealed class TensorViewTests
{
    [Theory]
    [InlineData(int.MaxValue, 1)]
    [InlineData(1, int.MaxValue)]
    [InlineData(3, 2)]
    [InlineData(5, 0)]
    [InlineData(-1, 1)]
    [InlineData(1, -1)]
    public void A_part_that_passes_the_axis_is_refused(int start, int count) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => TensorView<float>.Allocate(new Shape(4, 3)).Slice(start, count));

    [Fact]
    public void A_position_beyond_the_axis_is_refused() =>
        Assert.All([-1, 4, int.MaxValue], index => Assert.Throws<ArgumentOutOfRangeException>(() => TensorView<float>.Allocate(new Shape(4, 3)).At(index)));

    [Fact]
    public void A_part_may_be_empty_or_all()
    {
        var tensor = TensorView<float>.Of(new Shape(2, 2), [1, 2, 3, 4]);
        Assert.Equal(0, tensor.Slice(2, 0).Length);
        Assert.Equal([1, 2, 3, 4], tensor.Slice(0, 2).Span.ToArray());
        Assert.Equal([3, 4], tensor.At(1).Span.ToArray());
    }
}
