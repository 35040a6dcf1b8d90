namespace SpikeSR.Reference.Tensors;

/// <summary>
/// A few numbers side by side that one instruction works on. Kernels are written once over a lane type; because lanes run across outputs,
/// the width never changes a result (SPEC REP-1). <typeparamref name="T"/> is <see cref="float"/> or <see cref="double"/>.
/// </summary>
/// <typeparam name="TLane">The lane type itself.</typeparam>
/// <typeparam name="T">The number type.</typeparam>
public unsafe interface ILane<TLane, T>
    where TLane : unmanaged, ILane<TLane, T>
    where T : unmanaged
{
    /// <summary>Numbers in a lane.</summary>
    static abstract int Width { get; }

    /// <summary>Reads <see cref="Width"/> numbers.</summary>
    static abstract TLane Load(T* source);

    /// <summary>Writes <see cref="Width"/> numbers.</summary>
    static abstract void Store(T* destination, TLane value);

    /// <summary>The same number in every place.</summary>
    static abstract TLane Broadcast(T value);

    /// <summary>The number in one place.</summary>
    static abstract T Get(TLane value, int index);

    /// <summary>Sums, each rounded once.</summary>
    static abstract TLane operator +(TLane left, TLane right);

    /// <summary>Differences, each rounded once.</summary>
    static abstract TLane operator -(TLane left, TLane right);

    /// <summary>Products, each rounded once.</summary>
    static abstract TLane operator *(TLane left, TLane right);

    /// <summary>Quotients, each rounded once.</summary>
    static abstract TLane operator /(TLane left, TLane right);

    /// <summary>Negations (sign bit flipped).</summary>
    static abstract TLane operator -(TLane value);

    /// <summary>left * right + addend, each rounded once.</summary>
    static abstract TLane FusedMultiplyAdd(TLane left, TLane right, TLane addend);

    /// <summary>
    /// sum = left * right + sum, each rounded once. The same numbers as <see cref="FusedMultiplyAdd"/>; written through a reference because
    /// the just-in-time compiler then updates the register in place, where an assigned result costs a move for every last use of an operand.
    /// </summary>
    static abstract void Accumulate(ref TLane sum, TLane left, TLane right);

    /// <summary>Square roots, each rounded once.</summary>
    static abstract TLane Sqrt(TLane value);

    /// <summary>Absolute values (sign bit cleared).</summary>
    static abstract TLane Abs(TLane value);

    /// <summary>Mask of places where left &gt; right; false where either is NaN. A mask has all bits of a place set or none.</summary>
    static abstract TLane IsGreater(TLane left, TLane right);

    /// <summary>Mask of places where left &gt;= right; false where either is NaN.</summary>
    static abstract TLane IsGreaterOrEqual(TLane left, TLane right);

    /// <summary>Picks, place by place, the first value where the mask is set and the second elsewhere.</summary>
    static abstract TLane Select(TLane mask, TLane whereSet, TLane elsewhere);

    /// <summary>left where left &lt; right, else right: right where either is NaN or both are zeros.</summary>
    static abstract TLane Lesser(TLane left, TLane right);

    /// <summary>left where left &gt; right, else right: right where either is NaN or both are zeros.</summary>
    static abstract TLane Greater(TLane left, TLane right);

    /// <summary>Bitwise and.</summary>
    static abstract TLane And(TLane left, TLane right);

    /// <summary>Bitwise or.</summary>
    static abstract TLane Or(TLane left, TLane right);

    /// <summary>Largest integers not above the values.</summary>
    static abstract TLane Floor(TLane value);

    /// <summary>2^n for an integral n within the normal exponent range (float: -126 to 127; double: -1022 to 1023).</summary>
    static abstract TLane PowerOfTwo(TLane n);
}
