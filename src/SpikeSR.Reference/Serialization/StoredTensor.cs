using System.Numerics;
using System.Runtime.InteropServices;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Serialization;

/// <summary>
/// One tensor of a file: its name, type and shape are known and checked; its elements stay in the file until they are read.
/// Elements come in row-major order whatever the file's own layout. The file must still be open when they are read.
/// </summary>
public sealed class StoredTensor
{
    /// <summary>The most axes that a file's tensor may have.</summary>
    internal const int MaximumRank = 64;

    private readonly string _file;
    private readonly long[] _extents;
    private readonly ByteReader _readBytes;

    /// <summary>Describes a tensor whose shape was already checked with <see cref="CountElements"/>.</summary>
    internal StoredTensor(string file, string name, ElementType type, long[] extents, ByteReader readBytes)
    {
        (_file, Name, ElementType, _extents, _readBytes) = (file, name, type, extents, readBytes);
        Length = CountElements(extents);
    }

    /// <summary>Reads all elements of a tensor as they are stored, side by side in row-major order.</summary>
    /// <param name="elements">Where to; as long as they are.</param>
    internal delegate void ByteReader(Span<byte> elements);

    /// <summary>The name in the file.</summary>
    public string Name { get; }

    /// <summary>How the file stores an element.</summary>
    public ElementType ElementType { get; }

    /// <summary>The extents, outermost first; none for a scalar. A file may have more or larger axes than <see cref="Tensors.Shape"/> allows.</summary>
    public IReadOnlyList<long> Extents => _extents;

    /// <summary>Number of elements.</summary>
    public long Length { get; }

    /// <summary>The extents as a shape.</summary>
    /// <exception cref="MalformedFileException">More than six axes, or more than 2^31 - 1 elements.</exception>
    public Shape ToShape()
    {
        if (_extents.Length > Shape.MaximumRank)
        {
            throw Refuse($"{_extents.Length} axes", $"at most {Shape.MaximumRank}");
        }

        Span<int> shape = stackalloc int[_extents.Length];
        for (var axis = 0; axis < shape.Length; axis++)
        {
            shape[axis] = Length <= int.MaxValue && _extents[axis] <= int.MaxValue
                ? (int)_extents[axis]
                : throw Refuse($"shape [{string.Join(", ", _extents)}]", $"at most {int.MaxValue} elements");
        }

        return new Shape(shape);
    }

    /// <summary>Reads all elements as double: exact, but for I64 beyond 2^53 (to nearest, ties to even). BOOL gives 0 or 1.</summary>
    /// <param name="values">Where to; as long as <see cref="Length"/>.</param>
    /// <exception cref="ArgumentException">The span has another length.</exception>
    /// <exception cref="MalformedFileException">The file's bytes are not what its header promised.</exception>
    public void Read(Span<double> values) => Decode(values);

    /// <summary>Reads all elements as float: F64 and integers to nearest, ties to even; the rest exact.</summary>
    /// <inheritdoc cref="Read(Span{double})"/>
    public void Read(Span<float> values) => Decode(values);

    /// <summary>Reads all elements of an integer or BOOL tensor, exactly.</summary>
    /// <param name="values">Where to; as long as <see cref="Length"/>.</param>
    /// <exception cref="ArgumentException">The span has another length.</exception>
    /// <exception cref="MalformedFileException">The tensor holds floating-point numbers, or its bytes are not what the header promised.</exception>
    public void Read(Span<long> values)
    {
        if (!ElementType.IsInteger())
        {
            throw Refuse(ElementType.ToString(), "an integer type");
        }

        Decode(values);
    }

    /// <summary>Reads all elements as an array of double.</summary>
    /// <inheritdoc cref="Read(Span{double})"/>
    public double[] ToDoubles()
    {
        var values = new double[LengthInMemory()];
        Read(values);
        return values;
    }

    /// <summary>Reads all elements as an array of float.</summary>
    /// <inheritdoc cref="Read(Span{float})"/>
    public float[] ToSingles()
    {
        var values = new float[LengthInMemory()];
        Read(values);
        return values;
    }

    /// <summary>Reads all elements of an integer or BOOL tensor as an array of long.</summary>
    /// <inheritdoc cref="Read(Span{long})"/>
    public long[] ToInt64s()
    {
        var values = new long[LengthInMemory()];
        Read(values);
        return values;
    }

    /// <summary>The exception that refuses this tensor, naming its file and itself.</summary>
    /// <param name="found">What is wrong with it.</param>
    /// <param name="expected">What should stand in its place.</param>
    public MalformedFileException Refuse(string found, string expected) => new(_file, $"tensor '{Name}'", found, expected);

    /// <summary>The product of the extents, or -1 where it passes 2^63 - 1 or an extent is negative.</summary>
    internal static long CountElements(ReadOnlySpan<long> extents)
    {
        long count = 1;
        foreach (var extent in extents)
        {
            if (extent < 0 || Math.BigMul(count, extent, out var product) != 0 || product < 0)
            {
                return -1;
            }

            count = product;
        }

        return count;
    }

    private int LengthInMemory() =>
        Length <= Array.MaxLength / sizeof(double) ? (int)Length : throw Refuse($"{Length} elements", "at most 2 GiB of doubles");

    private void Decode<T>(Span<T> values)
        where T : unmanaged, INumberBase<T>
    {
        if (values.Length != Length)
        {
            throw new ArgumentException($"a span of {values.Length} for {Length} elements of tensor '{MalformedFileException.Printable(Name)}'", nameof(values));
        }

        if (ElementType.IsStored<T>())
        {
            _readBytes(MemoryMarshal.AsBytes(values));
            return;
        }

        var size = Length * ElementType.Size();
        var bytes = size <= Array.MaxLength ? new byte[size] : throw Refuse($"{size} bytes", $"at most {Array.MaxLength}");
        _readBytes(bytes);
        if (ElementType == ElementType.BOOL && bytes.IndexOfAnyExceptInRange((byte)0, (byte)1) is >= 0 and var index)
        {
            throw Refuse($"byte {bytes[index]} in BOOL element {index}", "0 or 1");
        }

        ElementDecoding.Decode(ElementType, bytes, values);
    }
}
