using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators.Kernels;

/// <summary>
/// A right operand in the layout that the kernels read, made once per version of a parameter and kept by the caller. A grouped
/// convolution's operands follow each other.
/// </summary>
/// <typeparam name="T">The number type.</typeparam>
internal sealed unsafe class PackedMatrix<T>
    where T : unmanaged
{
    private volatile Finiteness _finiteness;

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

    private enum Finiteness
    {
        Unknown,
        Finite,
        Infinite,
    }

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
        if (former is null || (former.Groups, former.Depth, former.Columns, former.GroupLength) != (groups, depth, columns, length))
        {
            return new PackedMatrix<T>(groups, depth, columns, length);
        }

        former._finiteness = Finiteness.Unknown;
        return former;
    }

    /// <summary>The first element of an operand.</summary>
    /// <param name="group">Index of the operand.</param>
    public T* Group(int group) => Elements.Pointer + ((nint)group * GroupLength);

    /// <summary>Whether no element is infinite or NaN; found once for what is packed.</summary>
    /// <typeparam name="TLane">The lane type.</typeparam>
    public bool IsFinite<TLane>()
        where TLane : unmanaged, ILane<TLane, T>
    {
        if (_finiteness == Finiteness.Unknown)
        {
            _finiteness = HasOnlyFinite<TLane>() ? Finiteness.Finite : Finiteness.Infinite;
        }

        return _finiteness == Finiteness.Finite;
    }

    // 0 times a number is a zero unless the number is infinite or NaN; +0 with zeros added stays +0, all of whose bits are 0.
    private bool HasOnlyFinite<TLane>()
        where TLane : unmanaged, ILane<TLane, T>
    {
        var (zero, sum) = (TLane.Broadcast(default), TLane.Broadcast(default));
        var end = Elements.Pointer + Elements.Length;
        for (var at = Elements.Pointer; at < end; at += TLane.Width)
        {
            sum = TLane.FusedMultiplyAdd(TLane.Load(at), zero, sum);
        }

        var bits = (byte*)&sum;
        for (var at = 0; at < sizeof(TLane); at++)
        {
            if (bits[at] != 0)
            {
                return false;
            }
        }

        return true;
    }
}
