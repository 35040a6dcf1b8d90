using SpikeSR.Reference.Attention;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Operators;

/// <summary>Patches put back, overlaps averaged.</summary>
internal sealed class PatchReverseCase() : CaseOperator(
    "patch_reverse",
    "y [B, n, C, P, P] -> x [B, C, height, width]",
    CaseAttribute.Integer("patch_size", minimum: 1),
    CaseAttribute.Integer("step", minimum: 1),
    CaseAttribute.Integer("height", minimum: 1),
    CaseAttribute.Integer("width", minimum: 1),
    CaseAttribute.Boolean("published", fallback: false))
{
    internal override bool IsComposite => false;

    internal override Action Bind<T>(CaseBinding<T> bind)
    {
        bind.DefineAttributes("patch_size", "step", "height", "width");
        var (size, step, height, width) = (bind["patch_size"], bind["step"], bind["height"], bind["width"]);
        if (step > size)
        {
            throw bind.Refuse("attribute 'step'", $"{step}", $"at most patch_size, {size}: every pixel lies in a patch");
        }

        if (height < size || width < size)
        {
            throw bind.Refuse("attributes 'height' and 'width'", $"{height} and {width}", $"at least patch_size, {size}");
        }

        // The patches bound the image, and so what the grid takes: their count is checked before the grid is laid.
        bind.Define("n", checked((int)Math.Min(int.MaxValue, Count(height, size, step) * Count(width, size, step))));
        var y = bind.Image("y", "B n C patch_size patch_size");
        var grid = new PatchGrid(size, step, height, width, bind.Attributes.Boolean("published"));
        var x = bind.OutputImage("x", bind["B"], bind["C"], height, width);
        return () =>
        {
            TensorView<T> Patches(TensorView<T> tensor) => tensor.Reshape(bind["B"], grid.Count, size * size, bind["C"]);
            bind.Backend.PatchReverse(grid, Patches(y.Value), x.Value);
            if (bind.WantsGradients)
            {
                bind.Backend.PatchReverseBackward(grid, x.Gradient, Patches(y.Gradient));
            }
        };
    }

    // Tops 0, step, 2 step, ... while below height + step - size.
    private static long Count(int extent, int size, int step) => ((long)extent - size + step - 1) / step + 1;
}
