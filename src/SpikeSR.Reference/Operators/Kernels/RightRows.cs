using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators.Kernels;

/// <summary>
/// Rows of a tensor as the right operand of a product, a block of them at a time: themselves where they are their own packed form (one panel of whole lanes, no gaps
/// between rows), else copied into a buffer.
/// </summary>
/// <typeparam name="TLane">The lane type.</typeparam>
/// <typeparam name="T">The number type.</typeparam>
internal readonly unsafe struct RightRows<TLane, T>
    where TLane : unmanaged, ILane<TLane, T>
    where T : unmanaged
{
    private readonly int _columns;
    private readonly nint _stride;
    private readonly TensorView<T> _buffer;

    /// <summary>Rents the buffer where one is needed.</summary>
    /// <param name="columns">Numbers of a row.</param>
    /// <param name="stride">Elements between rows.</param>
    /// <param name="mostRows">Rows of the largest block.</param>
    /// <param name="scope">The owner of the buffer.</param>
    public RightRows(int columns, nint stride, int mostRows, Workspace.Scope scope)
    {
        var isIdentity = stride == columns && new PanelSplit<TLane, T>(columns).IsIdentity;
        (_columns, _stride) = (columns, stride);
        _buffer = isIdentity ? default : scope.Rent<T>(MatrixKernel.PackedLength<TLane, T>(mostRows, columns));
    }

    /// <summary>The packed form of a block; that of the block before is lost.</summary>
    /// <param name="rows">The first row.</param>
    /// <param name="count">Number of rows: the depth of the product.</param>
    public T* Pack(T* rows, int count)
    {
        if (_buffer.IsAbsent)
        {
            return rows;
        }

        MatrixKernel.PackRows<TLane, T>(rows, _stride, count, _columns, _buffer.Pointer);
        return _buffer.Pointer;
    }
}
