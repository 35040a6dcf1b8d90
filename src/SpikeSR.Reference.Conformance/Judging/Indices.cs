using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Judging;

/// <summary>Positions in tensors.</summary>
internal static class Indices
{
    /// <summary>The index along every axis.</summary>
    /// <param name="shape">Shape of the tensor.</param>
    /// <param name="at">Position in row-major order.</param>
    public static int[] Of(Shape shape, int at)
    {
        var position = new int[shape.Rank];
        for (var axis = shape.Rank - 1; axis >= 0; axis--)
        {
            (at, position[axis]) = (at / shape[axis], at % shape[axis]);
        }

        return position;
    }
}
