using SpikeSR.Reference.Attention;

namespace SpikeSR.Reference.Tests.Operators;

public sealed class PatchGridTests
{
    // A network lays several grids for every tile: what each held for its area was never collected before much had gathered.
    [Fact]
    public void A_grid_takes_memory_by_its_sides_and_not_by_its_area()
    {
        _ = new PatchGrid(16, 14, 512, 512);
        var before = GC.GetAllocatedBytesForCurrentThread();
        _ = new PatchGrid(16, 14, 512, 512);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, 16 << 10);
    }

    [Fact]
    public void A_sum_is_divided_by_the_patches_over_its_row_times_those_over_its_column()
    {
        var grid = new PatchGrid(6, 4, 15, 8);
        for (var row = 0; row < grid.Height; row++)
        {
            for (var column = 0; column < grid.Width; column++)
            {
                var over = Enumerable.Range(0, grid.Count).Count(patch => grid.Origin(patch) is var (top, left) && row >= top && row < top + 6 && column >= left && column < left + 6);
                Assert.Equal(over, grid.Divisor(row, column));
            }
        }
    }
}
