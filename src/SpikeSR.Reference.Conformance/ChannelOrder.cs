using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance;

/// <summary>Between [..., C, H, W] of case files and [..., H, W, C] of the engine.</summary>
internal static class ChannelOrder
{
    /// <summary>[..., C, H, W] to [..., H, W, C].</summary>
    public static Shape ToLast(Shape shape) => new([.. shape.ToArray()[..^3], shape[-2], shape[-1], shape[-3]]);

    /// <summary>The elements of [..., C, H, W] as [..., H, W, C].</summary>
    public static TensorView<T> ToLast<T>(TensorView<T> tensor)
        where T : unmanaged
    {
        var shape = ToLast(tensor.Shape);
        return Transpose(tensor, shape, rows: shape[-1], columns: shape[-3] * shape[-2]);
    }

    /// <summary>The elements of [..., H, W, C] as [..., C, H, W].</summary>
    public static TensorView<T> ToFirst<T>(TensorView<T> tensor)
        where T : unmanaged
    {
        var shape = tensor.Shape;
        var first = new Shape([.. shape.ToArray()[..^3], shape[-1], shape[-3], shape[-2]]);
        return Transpose(tensor, first, rows: shape[-3] * shape[-2], columns: shape[-1]);
    }

    // Every plane [rows, columns] becomes [columns, rows].
    private static TensorView<T> Transpose<T>(TensorView<T> tensor, Shape shape, int rows, int columns)
        where T : unmanaged
    {
        var result = TensorView<T>.Allocate(shape);
        var from = tensor.Span;
        var to = result.Span;
        for (var plane = 0; plane < from.Length; plane += rows * columns)
        {
            for (var row = 0; row < rows; row++)
            {
                for (var column = 0; column < columns; column++)
                {
                    to[plane + (column * rows) + row] = from[plane + (row * columns) + column];
                }
            }
        }

        return result;
    }
}
