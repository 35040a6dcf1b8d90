using SpikeSR.Reference.Attention;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Operators;

/// <summary>An image cut into overlapping patches.</summary>
internal sealed class PatchDivideCase() : CaseOperator(
    "patch_divide", "x [B, C, H, W] -> y [B, n, C, P, P]", CaseAttribute.Integer("patch_size", minimum: 1), CaseAttribute.Integer("step", minimum: 1))
{
    internal override bool IsComposite => false;

    internal override Action Bind<T>(CaseBinding<T> bind)
    {
        var (size, step) = (bind.Attributes.Integer("patch_size"), bind.Attributes.Integer("step"));
        var x = bind.Image("x", "B C H W");
        var grid = new PatchGrid(size, step, bind["H"], bind["W"]);
        var y = bind.OutputImage("y", bind["B"], grid.Count, bind["C"], size, size);
        return () =>
        {
            TensorView<T> Patches(TensorView<T> tensor) => tensor.Reshape(bind["B"], grid.Count, size * size, bind["C"]);
            bind.Backend.PatchDivide(grid, x.Value, Patches(y.Value));
            if (bind.WantsGradients)
            {
                bind.Backend.PatchDivideBackward(grid, Patches(y.Gradient), x.Gradient);
            }
        };
    }
}
