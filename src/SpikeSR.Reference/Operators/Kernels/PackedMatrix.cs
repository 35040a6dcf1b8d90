using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators.Kernels;

/// <summary>
/// A right operand in the layout that the kernels read, made once per version of a parameter and kept by the caller. A grouped
/// convolution's operands follow each other.
/// </summary>
/// <typeparam name="T">The number type.</typeparam>
internal sealed class PackedMatrix<T>
    where T : unmanaged
{
    private PackedMatrix(int groups, int depth, int columns, int length)
    {
        (Groups, Depth, Columns, GroupLength) = (groups, depth, columns, length);
        Elements = TensorView<T>.Allocate(new Shape(groups, length));
    }

    /// <summary>Operands.</summary>
    public int Groups { get; }

    /// <summary>Number of products in a sum.</summary>
    public int Depth { get; }

    /// <summary>Columns of an operand.</summary>
    public int Columns { get; }

    /// <summary>Elements that an operand takes.</summary>
    public int GroupLength { get; }

    private TensorView<T> Elements { get; }

    /// <summary>The buffer to pack into: the former one where its sizes fit.</summary>
    /// <typeparam name="TLane">The lane type.</typeparam>
    /// <param name="former">A buffer packed before whose contents are no longer needed, or null.</param>
    /// <param name="groups">Operands.</param>
    /// <param name="depth">Number of products in a sum.</param>
    /// <param name="columns">Columns of an operand.</param>
    public static PackedMatrix<T> Reuse<TLane>(PackedMatrix<T>? former, int groups, int depth, int columns)
        where TLane : unmanaged, ILane<TLane, T>
    {
        var length = MatrixKernel.PackedLength<TLane, T>(depth, columns);
        return former is not null && (former.Groups, former.Depth, former.Columns, former.GroupLength) == (groups, depth, columns, length)
            ? former
            : new PackedMatrix<T>(groups, depth, columns, length);
    }

    /// <summary>The first element of an operand.</summary>
    /// <param name="group">Index of the operand.</param>
    public unsafe T* Group(int group) => Elements.Pointer + ((nint)group * GroupLength);
}
