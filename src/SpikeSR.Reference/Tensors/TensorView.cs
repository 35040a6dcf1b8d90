using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SpikeSR.Reference.Tensors;

/// <summary>
/// A dense row-major tensor: a shape over memory that a <see cref="Workspace"/> (or an array) owns. It is a view: copying it copies
/// no element, and it never frees anything (SPEC TEN-1). Network tensors are channels-last, [T, B, H, W, C].
/// </summary>
/// <typeparam name="T">Element type.</typeparam>
public readonly struct TensorView<T>
    where T : unmanaged
{
    private readonly int _byteOffset;

    internal TensorView(byte[] block, int byteOffset, Shape shape)
    {
        Block = block;
        _byteOffset = byteOffset;
        Shape = shape;
    }

    /// <summary>True for the default value: no tensor at all (an absent bias, a gradient nobody asked for).</summary>
    public bool IsAbsent => Block is null;

    /// <summary>The extents, outermost first.</summary>
    public Shape Shape { get; }

    /// <summary>Number of elements.</summary>
    public int Length => Block is null ? 0 : Shape.Length;

    /// <summary>The elements in row-major order.</summary>
    public Span<T> Span => Block is null ? default : MemoryMarshal.Cast<byte, T>(Block.AsSpan(_byteOffset, Shape.Length * Unsafe.SizeOf<T>()));

    internal byte[]? Block { get; }

    /// <summary>The first element's address. Blocks are allocated pinned, so it stays valid while the workspace's block is rented.</summary>
    internal unsafe T* Pointer => Block is null ? null : (T*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(Block.AsSpan(_byteOffset)));

    /// <summary>Makes a tensor over fresh memory of its own: for parameters, tests and small results, not for hot paths.</summary>
    /// <param name="shape">Extents.</param>
    /// <returns>A tensor of zeros.</returns>
    public static TensorView<T> Allocate(Shape shape) => Workspace.AllocateBlock<T>(shape, clear: true);

    /// <summary>Makes a tensor over fresh memory and copies elements into it.</summary>
    /// <param name="shape">Extents.</param>
    /// <param name="elements">Elements in row-major order; as many as the shape holds.</param>
    /// <exception cref="ArgumentException">The number of elements differs from the shape's.</exception>
    public static TensorView<T> Of(Shape shape, ReadOnlySpan<T> elements)
    {
        if (elements.Length != shape.Length)
        {
            throw new ArgumentException($"{elements.Length} elements for shape {shape}", nameof(elements));
        }

        var tensor = Allocate(shape);
        elements.CopyTo(tensor.Span);
        return tensor;
    }

    /// <summary>The same elements under another shape of the same length.</summary>
    /// <param name="extents">New extents, outermost first.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public TensorView<T> Reshape(params ReadOnlySpan<int> extents)
    {
        var shape = new Shape(extents);
        if (shape.Length != Length)
        {
            throw new ArgumentException($"shape {Shape} cannot be viewed as {shape}", nameof(extents));
        }

        return new TensorView<T>(Block!, _byteOffset, shape);
    }

    /// <summary>The part [index] of the outermost axis, that axis dropped.</summary>
    /// <param name="index">Position on the outermost axis.</param>
    /// <exception cref="ArgumentOutOfRangeException">The axis has no such position.</exception>
    public TensorView<T> At(int index) => new(Block!, Slice(index, 1)._byteOffset, Shape.WithoutOutermost());

    /// <summary>The part [start, start + count) of the outermost axis.</summary>
    /// <param name="start">First position on the outermost axis.</param>
    /// <param name="count">Number of positions.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part passes the axis's end.</exception>
    public TensorView<T> Slice(int start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, Shape[0]);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Shape[0] - start);
        var stride = Shape[0] == 0 ? 0 : Shape.Length / Shape[0];
        return new TensorView<T>(Block!, _byteOffset + (start * stride * Unsafe.SizeOf<T>()), Shape.WithOutermost(count));
    }

    /// <summary>The same bytes as elements of another type of the same size (<c>float</c> as <see cref="F32"/>).</summary>
    /// <typeparam name="TOther">Element type of the same size.</typeparam>
    public TensorView<TOther> Cast<TOther>()
        where TOther : unmanaged
    {
        if (Unsafe.SizeOf<TOther>() != Unsafe.SizeOf<T>())
        {
            throw new ArgumentException("element sizes differ");
        }

        return Block is null ? default : new TensorView<TOther>(Block, _byteOffset, Shape);
    }

    /// <summary>Copies the elements into another tensor of the same length.</summary>
    /// <param name="destination">Where to.</param>
    public void CopyTo(TensorView<T> destination)
    {
        Guard.SameLength(this, destination, nameof(destination));
        Span.CopyTo(destination.Span);
    }

    /// <summary>Sets every element to the type's zero bytes.</summary>
    public void Clear() => Span.Clear();
}
