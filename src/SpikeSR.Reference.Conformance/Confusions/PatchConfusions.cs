using SpikeSR.Reference.Attention;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Confusions;

[Confusion("PATCH-1", "patches stand P apart instead of P - 2")]
internal sealed class StepsByPatch<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void PatchDivide(PatchGrid grid, TensorView<T> x, TensorView<T> y)
    {
        var (size, channels) = (grid.PatchSize, x.Shape[3]);
        for (var at = 0; at < y.Length; at++)
        {
            var (c, i, patch, image) = (at % channels, at / channels % (size * size), at / channels / (size * size) % grid.Count, at / channels / (size * size) / grid.Count);
            var top = Math.Min(patch / grid.Lefts.Count * size, grid.Height - size);
            var left = Math.Min(patch % grid.Lefts.Count * size, grid.Width - size);
            y.Span[at] = x.Span[(((((image * grid.Height) + top + (i / size)) * grid.Width) + left + (i % size)) * channels) + c];
        }
    }
}

/// <summary>patch_reverse with another divisor than the grid's; its backward pass divides alike.</summary>
internal abstract class SeamRule<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void PatchReverse(PatchGrid grid, TensorView<T> y, TensorView<T> x)
    {
        base.PatchDivideBackward(grid, y, x);
        Divide(grid, x);
    }

    public override void PatchReverseBackward(PatchGrid grid, TensorView<T> gradX, TensorView<T> gradY)
    {
        var divided = TensorView<T>.Of(gradX.Shape, gradX.Span);
        Divide(grid, divided);
        base.PatchDivide(grid, divided, gradY);
    }

    /// <summary>What one axis contributes to the divisor at a position.</summary>
    protected abstract int Divisor(IReadOnlyList<int> starts, int size, int position);

    private void Divide(PatchGrid grid, TensorView<T> x)
    {
        var channels = x.Shape[3];
        for (var at = 0; at < x.Length; at++)
        {
            var (row, column) = (at / channels / grid.Width % grid.Height, at / channels % grid.Width);
            x.Span[at] /= T.FromDouble(Divisor(grid.Tops, grid.PatchSize, row) * Divisor(grid.Lefts, grid.PatchSize, column));
        }
    }
}

[Confusion("PATCH-4", "the published divisor, asked or not")]
internal sealed class PublishedSeam<T>(Workspace workspace, Parallelism threads) : SeamRule<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override int Divisor(IReadOnlyList<int> starts, int size, int position) =>
        1 << starts.Zip(starts.Skip(1)).Count(pair => pair.Second <= position && position < pair.First + size);
}

[Confusion("PATCH-4", "the true count, even where the published divisor is asked for")]
internal sealed class RefusesPublishedSeam<T>(Workspace workspace, Parallelism threads) : SeamRule<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override int Divisor(IReadOnlyList<int> starts, int size, int position) => starts.Count(start => start <= position && position < start + size);
}

[Confusion("PATCH-3", "overlapping patches are added, not averaged")]
internal sealed class AddsOverlaps<T>(Workspace workspace, Parallelism threads) : SeamRule<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override int Divisor(IReadOnlyList<int> starts, int size, int position) => 1;
}

/// <summary>Patches in another order than the definitions', there and back.</summary>
internal abstract class ReorderedPatches<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void PatchDivide(PatchGrid grid, TensorView<T> x, TensorView<T> y)
    {
        base.PatchDivide(grid, x, y);
        Reorder(grid, y, back: false);
    }

    public override void PatchDivideBackward(PatchGrid grid, TensorView<T> gradY, TensorView<T> gradX) => base.PatchDivideBackward(grid, Restored(grid, gradY), gradX);

    public override void PatchReverse(PatchGrid grid, TensorView<T> y, TensorView<T> x) => base.PatchReverse(grid, Restored(grid, y), x);

    public override void PatchReverseBackward(PatchGrid grid, TensorView<T> gradX, TensorView<T> gradY)
    {
        base.PatchReverseBackward(grid, gradX, gradY);
        Reorder(grid, gradY, back: false);
    }

    /// <summary>From the definitions' order into this one, or back.</summary>
    protected abstract void Reorder(PatchGrid grid, TensorView<T> patches, bool back);

    private TensorView<T> Restored(PatchGrid grid, TensorView<T> patches)
    {
        var copy = TensorView<T>.Of(patches.Shape, patches.Span);
        Reorder(grid, copy, back: true);
        return copy;
    }
}

[Confusion("PATCH-1", "patches are numbered column by column")]
internal sealed class CountsPatchesByColumns<T>(Workspace workspace, Parallelism threads) : ReorderedPatches<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override void Reorder(PatchGrid grid, TensorView<T> patches, bool back) =>
        Renumber(patches, back ? grid.Lefts.Count : grid.Tops.Count, back ? grid.Tops.Count : grid.Lefts.Count);

    // Patch (r, c) of rows x columns moves to number c rows + r.
    private static void Renumber(TensorView<T> patches, int rows, int columns)
    {
        var copy = TensorView<T>.Of(patches.Shape, patches.Span);
        for (var image = 0; image < patches.Shape[0]; image++)
        {
            for (var patch = 0; patch < rows * columns; patch++)
            {
                copy.At(image).At(patch).CopyTo(patches.At(image).At((patch % columns * rows) + (patch / columns)));
            }
        }
    }
}

[Confusion("DSA-1", "DSA returns what it adds to x, without x")]
internal sealed class DropsSimilarityResidual<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    // The Add after patches were put back joins DSA's branch to its input; the Add after their division went back joins the gradients.
    private bool _next;

    public override void PatchReverse(PatchGrid grid, TensorView<T> y, TensorView<T> x)
    {
        base.PatchReverse(grid, y, x);
        _next = true;
    }

    public override void PatchReverseBackward(PatchGrid grid, TensorView<T> gradX, TensorView<T> gradY)
    {
        base.PatchReverseBackward(grid, gradX, gradY);
        _next = false;
    }

    public override void PatchDivideBackward(PatchGrid grid, TensorView<T> gradY, TensorView<T> gradX)
    {
        base.PatchDivideBackward(grid, gradY, gradX);
        _next = true;
    }

    public override void Add(TensorView<T> left, TensorView<T> right, TensorView<T> y)
    {
        if (_next)
        {
            right.CopyTo(y);
            _next = false;
        }
        else
        {
            base.Add(left, right, y);
        }
    }
}

[Confusion("PATCH-2", "the last patch repeats the one before it instead of ending at the edge")]
internal sealed class RepeatsPatchBeforeLast<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void PatchDivide(PatchGrid grid, TensorView<T> x, TensorView<T> y)
    {
        base.PatchDivide(grid, x, y);
        var (rows, columns) = (grid.Tops.Count, grid.Lefts.Count);
        for (var patch = 0; patch < y.Shape[0] * grid.Count; patch++)
        {
            var (image, row, column) = (patch / grid.Count, patch % grid.Count / columns, patch % columns);
            var from = (Math.Min(row, Math.Max(0, rows - 2)) * columns) + Math.Min(column, Math.Max(0, columns - 2));
            y.At(image).At(from).CopyTo(y.At(image).At((row * columns) + column));
        }
    }
}

[Confusion("PATCH-3", "the backward pass of putting patches back does not divide")]
internal sealed class UndividedSeamGradient<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void PatchReverseBackward(PatchGrid grid, TensorView<T> gradX, TensorView<T> gradY) => PatchDivide(grid, gradX, gradY);
}

[Confusion("PATCH-1", "the tokens of a patch are numbered column by column")]
internal sealed class CountsTokensByColumns<T>(Workspace workspace, Parallelism threads) : ReorderedPatches<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override void Reorder(PatchGrid grid, TensorView<T> patches, bool back)
    {
        var (copy, side, channels) = (TensorView<T>.Of(patches.Shape, patches.Span), grid.PatchSize, patches.Shape[3]);
        for (var at = 0; at < patches.Length / channels; at++)
        {
            var from = (at / (side * side) * side * side) + (at % side * side) + (at / side % side);
            copy.Span.Slice(from * channels, channels).CopyTo(patches.Span[(at * channels)..]);
        }
    }
}
