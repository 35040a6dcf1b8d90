namespace SpikeSR.Reference.Tensors;

/// <summary>The extents of a dense row-major tensor, outermost first; at most six axes (SPEC TEN-1).</summary>
public readonly struct Shape : IEquatable<Shape>
{
    /// <summary>The largest number of axes a shape can have.</summary>
    public const int MaximumRank = 6;

    private readonly int _a, _b, _c, _d, _e, _f;

    /// <summary>Makes a shape from its extents.</summary>
    /// <param name="extents">Extents, outermost first; each at least 0.</param>
    /// <exception cref="ArgumentException">More than six axes, a negative extent, or more than 2^31 - 1 elements.</exception>
    public Shape(params ReadOnlySpan<int> extents)
    {
        if (extents.Length > MaximumRank)
        {
            throw new ArgumentException($"a shape has at most {MaximumRank} axes, not {extents.Length}", nameof(extents));
        }

        Rank = extents.Length;
        long length = 1;
        Span<int> all = stackalloc int[MaximumRank];
        for (var axis = 0; axis < extents.Length; axis++)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(extents[axis], nameof(extents));
            all[axis] = extents[axis];
            length *= extents[axis];
            if (length > int.MaxValue)
            {
                throw new ArgumentException($"a tensor has at most {int.MaxValue} elements", nameof(extents));
            }
        }

        (_a, _b, _c, _d, _e, _f) = (all[0], all[1], all[2], all[3], all[4], all[5]);
        Length = (int)length;
    }

    /// <summary>Number of axes.</summary>
    public int Rank { get; }

    /// <summary>Number of elements: the product of the extents (1 for a scalar).</summary>
    public int Length { get; }

    /// <summary>Extent of one axis; negative indices count from the innermost axis (-1 is the last).</summary>
    /// <param name="axis">Axis, from -Rank to Rank - 1.</param>
    public int this[int axis]
    {
        get
        {
            var i = axis < 0 ? axis + Rank : axis;
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)i, (uint)Rank, nameof(axis));
            return i switch { 0 => _a, 1 => _b, 2 => _c, 3 => _d, 4 => _e, _ => _f };
        }
    }

    /// <summary>Compares two shapes axis by axis.</summary>
    public static bool operator ==(Shape left, Shape right) => left.Equals(right);

    /// <summary>Compares two shapes axis by axis.</summary>
    public static bool operator !=(Shape left, Shape right) => !left.Equals(right);

    /// <summary>The shape with another outermost extent.</summary>
    /// <param name="extent">The outermost extent, at least 0.</param>
    internal Shape WithOutermost(int extent)
    {
        Span<int> extents = stackalloc int[MaximumRank];
        CopyTo(extents);
        extents[0] = extent;
        return new Shape(extents[..Rank]);
    }

    /// <summary>The shape of what lies at one place of the outermost axis.</summary>
    internal Shape WithoutOutermost()
    {
        Span<int> extents = stackalloc int[MaximumRank];
        CopyTo(extents);
        return new Shape(extents[1..Rank]);
    }

    /// <summary>The extents as an array, outermost first.</summary>
    public int[] ToArray()
    {
        var extents = new int[MaximumRank];
        CopyTo(extents);
        return extents[..Rank];
    }

    /// <inheritdoc/>
    public bool Equals(Shape other) =>
        Rank == other.Rank && (_a, _b, _c, _d, _e, _f) == (other._a, other._b, other._c, other._d, other._e, other._f);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Shape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Rank, _a, _b, _c, _d, _e, _f);

    /// <summary>The extents in brackets, as in <c>[4, 1, 16, 16, 64]</c>.</summary>
    public override string ToString() => "[" + string.Join(", ", ToArray()) + "]";

    private void CopyTo(Span<int> extents) => (extents[0], extents[1], extents[2], extents[3], extents[4], extents[5]) = (_a, _b, _c, _d, _e, _f);
}
