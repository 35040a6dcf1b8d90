using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators.Kernels;

/// <content>Packing of right operands.</content>
internal static unsafe partial class MatrixKernel
{
    /// <summary>Rents the row that sums start at: the bias of every group, or zeros, filled up to whole lanes with zeros.</summary>
    /// <typeparam name="TLane">The lane type.</typeparam>
    /// <typeparam name="T">The number type.</typeparam>
    /// <param name="bias">Bias [groups columns], or absent.</param>
    /// <param name="groups">Number of groups.</param>
    /// <param name="columns">Columns of a group.</param>
    /// <param name="scope">The owner of the row.</param>
    /// <returns>Rows [groups, padded columns].</returns>
    public static TensorView<T> StartRow<TLane, T>(TensorView<T> bias, int groups, int columns, Workspace.Scope scope)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        var start = scope.RentCleared<T>(new Shape(groups, new PanelSplit<TLane, T>(columns).PaddedColumns));
        for (var group = 0; group < groups && !bias.IsAbsent; group++)
        {
            bias.Span.Slice(group * columns, columns).CopyTo(start.At(group).Span);
        }

        return start;
    }

    /// <summary>Packs b[k, n] = source[k stride + n].</summary>
    /// <typeparam name="TLane">The lane type.</typeparam>
    /// <typeparam name="T">The number type.</typeparam>
    /// <param name="source">Row-major [depth, columns].</param>
    /// <param name="stride">Elements between rows of source.</param>
    /// <param name="depth">Number of products in a sum.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="packed">Where to, <see cref="PackedLength"/> elements.</param>
    public static void PackRows<TLane, T>(T* source, nint stride, int depth, int columns, T* packed)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged => PackRows<TLane, T>(source, stride, depth, columns, packed, 0, depth);

    /// <summary>Packs b[k, n] = source[n stride + k]: a weight [out, in], keys [tokens, depth].</summary>
    /// <typeparam name="TLane">The lane type.</typeparam>
    /// <typeparam name="T">The number type.</typeparam>
    /// <param name="source">Row-major [columns, depth].</param>
    /// <param name="stride">Elements between rows of source.</param>
    /// <param name="depth">Number of products in a sum.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="packed">Where to, <see cref="PackedLength"/> elements.</param>
    public static void PackTransposed<TLane, T>(T* source, nint stride, int depth, int columns, T* packed)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        var split = new PanelSplit<TLane, T>(columns);
        var column = 0;
        for (var p = 0; p < split.Count; p++)
        {
            var width = split.LanesOf(p) * TLane.Width;
            var held = Math.Min(width, columns - column);
            Transpose(source + (column * stride), stride, held, depth, packed, width);
            for (var k = 0; k < depth; k++)
            {
                for (var n = held; n < width; n++)
                {
                    packed[(k * width) + n] = default;
                }
            }

            packed += (nint)depth * width;
            column += width;
        }
    }

    /// <summary>Packs b[(o, j), n] = source[o, n, j], depth = (o, j): a convolution's weight for its gradient by the input.</summary>
    /// <typeparam name="TLane">The lane type.</typeparam>
    /// <typeparam name="T">The number type.</typeparam>
    /// <param name="source">Row-major [blocks, columns, size].</param>
    /// <param name="blocks">Number of blocks o.</param>
    /// <param name="size">Number of taps j in a block.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="packed">Where to, <see cref="PackedLength"/> elements.</param>
    public static void PackTransposedBlocks<TLane, T>(T* source, int blocks, int size, int columns, T* packed)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        var split = new PanelSplit<TLane, T>(columns);
        var column = 0;
        new Span<T>(packed, PackedLength<TLane, T>(blocks * size, columns)).Clear();
        for (var p = 0; p < split.Count; p++)
        {
            var width = split.LanesOf(p) * TLane.Width;
            for (var o = 0; o < blocks; o++)
            {
                Transpose(source + ((((nint)o * columns) + column) * size), size, Math.Min(width, columns - column), size, packed, width);
                packed += (nint)size * width;
            }

            column += width;
        }
    }

    /// <summary>destination[j destinationStride + i] = source[i sourceStride + j].</summary>
    /// <typeparam name="T">Number type of 4 or 8 bytes.</typeparam>
    /// <param name="source">Row-major [rows, columns].</param>
    /// <param name="sourceStride">Elements between rows of source.</param>
    /// <param name="rows">Rows of source.</param>
    /// <param name="columns">Columns of source.</param>
    /// <param name="destination">Row-major [columns, rows].</param>
    /// <param name="destinationStride">Elements between rows of destination.</param>
    public static void Transpose<T>(T* source, nint sourceStride, int rows, int columns, T* destination, nint destinationStride)
        where T : unmanaged
    {
        // Squares of 16 bytes a side in registers; what is left number by number.
        var side = sizeof(T) == sizeof(float) && Sse.IsSupported ? 4 : sizeof(T) == sizeof(double) && Sse2.IsSupported ? 2 : 1;
        var (squareRows, squareColumns) = side == 1 ? (0, 0) : (rows - (rows % side), columns - (columns % side));
        for (var i = 0; i < squareRows; i += side)
        {
            for (var j = 0; j < squareColumns; j += side)
            {
                var from = source + (i * sourceStride) + j;
                var to = destination + (j * destinationStride) + i;
                if (side == 4)
                {
                    TransposeFour((float*)from, sourceStride, (float*)to, destinationStride);
                }
                else
                {
                    var (first, second) = (Vector128.Load((double*)from), Vector128.Load((double*)(from + sourceStride)));
                    Sse2.UnpackLow(first, second).Store((double*)to);
                    Sse2.UnpackHigh(first, second).Store((double*)(to + destinationStride));
                }
            }
        }

        for (var i = 0; i < rows; i++)
        {
            for (var j = i < squareRows ? squareColumns : 0; j < columns; j++)
            {
                destination[(j * destinationStride) + i] = source[(i * sourceStride) + j];
            }
        }
    }

    // The rows first <= k < last, each to all panels at once: source is read in the order in which it lies.
    private static void PackRows<TLane, T>(T* source, nint stride, int depth, int columns, T* packed, int first, int last)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        var split = new PanelSplit<TLane, T>(columns);
        for (var k = first; k < last; k++)
        {
            var column = 0;
            for (var p = 0; p < split.Count; p++)
            {
                var width = split.LanesOf(p) * TLane.Width;
                var held = Math.Min(width, columns - column);
                var row = packed + ((nint)column * depth) + ((nint)k * width);
                CopyRow<TLane, T>(source + (k * stride) + column, held, row);
                for (var n = held; n < width; n++)
                {
                    row[n] = default;
                }

                column += width;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TransposeFour(float* source, nint sourceStride, float* destination, nint destinationStride)
    {
        var first = Vector128.Load(source);
        var second = Vector128.Load(source + sourceStride);
        var third = Vector128.Load(source + (2 * sourceStride));
        var fourth = Vector128.Load(source + (3 * sourceStride));
        var (low, high) = (Sse.UnpackLow(first, second), Sse.UnpackHigh(first, second));
        var (nextLow, nextHigh) = (Sse.UnpackLow(third, fourth), Sse.UnpackHigh(third, fourth));
        Sse.MoveLowToHigh(low, nextLow).Store(destination);
        Sse.MoveHighToLow(nextLow, low).Store(destination + destinationStride);
        Sse.MoveLowToHigh(high, nextHigh).Store(destination + (2 * destinationStride));
        Sse.MoveHighToLow(nextHigh, high).Store(destination + (3 * destinationStride));
    }
}
