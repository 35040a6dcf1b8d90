using System.Runtime.CompilerServices;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators.Kernels;

/// <summary>
/// Matrix products at the machine's speed, on raw memory: y[m, n] = start[m, n] + sum over k ascending of a[m, k] b[k, n]. The left operand is
/// addressed through tables (<see cref="MicroKernel"/>) or strides, the right one is packed into panels (<see cref="PanelSplit{TLane, T}"/>).
/// No call allocates; callers split the outputs over threads.
/// </summary>
internal static unsafe partial class MatrixKernel
{
    // Where sums are cut into parts unless the caller knows better: a panel of 1024 x 64 floats and the 96 rows it meets stay in a second-level
    // cache of 1 MB. The sums of a 3x3 convolution over 64 channels (576) are not cut.
    private const int MaximumDepth = 1024;

    // Rows of a strided left operand that share one table: 16 tiles.
    private const int RowBlock = 96;

    // Rows of a right operand that a thread packs at least.
    private const int PackGrain = 16;

    // Rows that are computed at once beside an output they do not fill: 8 tiles, 12 KB.
    private const int EdgeBlock = 48;

    /// <summary>Elements that a packed right operand takes.</summary>
    /// <typeparam name="TLane">The lane type.</typeparam>
    /// <typeparam name="T">The number type.</typeparam>
    /// <param name="depth">Number of products in a sum.</param>
    /// <param name="columns">Columns.</param>
    public static int PackedLength<TLane, T>(int depth, int columns)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged => checked(depth * new PanelSplit<TLane, T>(columns).PaddedColumns);

    /// <summary>The product with a left operand a[rows[m] + offsets[k]].</summary>
    /// <typeparam name="TLane">The lane type.</typeparam>
    /// <typeparam name="T">The number type.</typeparam>
    /// <param name="count">Rows of y.</param>
    /// <param name="depth">Number of products in a sum.</param>
    /// <param name="columns">Columns of y.</param>
    /// <param name="a">Origin of the left operand.</param>
    /// <param name="rows">Element offset of every row.</param>
    /// <param name="offsets">Element offset of every k.</param>
    /// <param name="packed">Packed right operand [depth, columns].</param>
    /// <param name="start">Where the sums start: y itself, or one row for all of y's rows, filled up to whole lanes.</param>
    /// <param name="startStride">Elements between rows of start: stride where start is y, 0 where it is one row.</param>
    /// <param name="y">Output.</param>
    /// <param name="stride">Elements between rows of y.</param>
    /// <param name="maximumDepth">Sums longer than this are cut into even parts, the partial sums waiting in y.</param>
    public static void Multiply<TLane, T>(
        int count, int depth, int columns, T* a, nint* rows, int* offsets, T* packed, T* start, nint startStride, T* y, nint stride, int maximumDepth = MaximumDepth)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        var parts = Parts(depth, maximumDepth);
        for (var part = 0; part < parts; part++)
        {
            var (first, last) = PartBounds(depth, part, parts);
            MultiplyPart<TLane, T>(count, depth, first, FactorRuns.All(last - first), columns, a, rows, offsets + first, packed, start, startStride, y, stride);
            start = y;
            startStride = stride;
        }
    }

    /// <summary>The same, of which only some products are added.</summary>
    /// <typeparam name="TLane">The lane type.</typeparam>
    /// <typeparam name="T">The number type.</typeparam>
    /// <param name="count">Rows of y.</param>
    /// <param name="depth">Number of products in a whole sum.</param>
    /// <param name="runs">The products that are added.</param>
    /// <param name="columns">Columns of y.</param>
    /// <param name="a">Origin of the left operand.</param>
    /// <param name="rows">Element offset of every row.</param>
    /// <param name="offsets">Element offset of every k.</param>
    /// <param name="packed">Packed right operand [depth, columns].</param>
    /// <param name="start">Where the sums start: one row for all of y's rows, filled up to whole lanes.</param>
    /// <param name="y">Output.</param>
    /// <param name="stride">Elements between rows of y.</param>
    public static void Multiply<TLane, T>(int count, int depth, FactorRuns runs, int columns, T* a, nint* rows, int* offsets, T* packed, T* start, T* y, nint stride)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged => MultiplyPart<TLane, T>(count, depth, 0, runs, columns, a, rows, offsets, packed, start, 0, y, stride);

    /// <summary>The product with a left operand a[m rowStride + k depthStride]: a dense matrix, or a transposed one (rowStride 1).</summary>
    /// <typeparam name="TLane">The lane type.</typeparam>
    /// <typeparam name="T">The number type.</typeparam>
    /// <param name="count">Rows of y.</param>
    /// <param name="depth">Number of products in a sum.</param>
    /// <param name="columns">Columns of y.</param>
    /// <param name="a">Left operand.</param>
    /// <param name="rowStride">Elements between rows of a.</param>
    /// <param name="depthStride">Elements between the factors in a row of a.</param>
    /// <param name="packed">Packed right operand [depth, columns].</param>
    /// <param name="start">Where the sums start: y itself, or one row for all of y's rows, filled up to whole lanes.</param>
    /// <param name="startStride">Elements between rows of start: stride where start is y, 0 where it is one row.</param>
    /// <param name="y">Output.</param>
    /// <param name="stride">Elements between rows of y.</param>
    [SkipLocalsInit]
    public static void Multiply<TLane, T>(
        int count, int depth, int columns, T* a, nint rowStride, int depthStride, T* packed, T* start, nint startStride, T* y, nint stride)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        var rows = stackalloc nint[RowBlock];
        for (var m = 0; m < Math.Min(RowBlock, count); m++)
        {
            rows[m] = m * rowStride;
        }

        var parts = Parts(depth, MaximumDepth);
        var offsets = stackalloc int[MaximumDepth];
        for (var k = 0; k < Math.Min(MaximumDepth, depth); k++)
        {
            offsets[k] = k * depthStride;
        }

        for (var part = 0; part < parts; part++)
        {
            var (first, last) = PartBounds(depth, part, parts);
            for (var m = 0; m < count; m += RowBlock)
            {
                MultiplyPart<TLane, T>(
                    Math.Min(RowBlock, count - m),
                    depth,
                    first,
                    FactorRuns.All(last - first),
                    columns,
                    a + (m * rowStride) + ((nint)first * depthStride),
                    rows,
                    offsets,
                    packed,
                    start + (m * startStride),
                    startStride,
                    y + (m * stride),
                    stride);
            }

            start = y;
            startStride = stride;
        }
    }

    /// <summary>y = a b for dense matrices, starting at 0.</summary>
    /// <typeparam name="TLane">The lane type.</typeparam>
    /// <typeparam name="T">The number type.</typeparam>
    /// <param name="a">Left operand [M, K].</param>
    /// <param name="b">Right operand [K, N].</param>
    /// <param name="y">Output [M, N].</param>
    /// <param name="workspace">The owner of temporary buffers.</param>
    /// <param name="threads">Threads over panels of columns.</param>
    public static void Multiply<TLane, T>(TensorView<T> a, TensorView<T> b, TensorView<T> y, Workspace workspace, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        Guard.HasShape(a, nameof(a), -1, -1);
        Guard.HasShape(b, nameof(b), a.Shape[1], -1);
        Guard.HasShape(y, nameof(y), a.Shape[0], b.Shape[1]);
        var (rows, depth, columns) = (a.Shape[0], a.Shape[1], b.Shape[1]);
        using var scope = workspace.OpenScope();
        var start = StartRow<TLane, T>(default, 1, columns, scope);
        var packed = scope.Rent<T>(PackedLength<TLane, T>(depth, columns));

        threads.ForRange(depth, PackGrain, (first, last) => PackRows<TLane, T>(b.Pointer, columns, depth, columns, packed.Pointer, first, last));

        // All rows meet a panel while it is in a thread's second-level cache.
        var split = new PanelSplit<TLane, T>(columns);
        threads.For(split.Count, panel =>
        {
            var column = split.FirstColumnOf(panel);
            Multiply<TLane, T>(
                rows,
                depth,
                Math.Min(split.LanesOf(panel) * TLane.Width, columns - column),
                a.Pointer,
                depth,
                1,
                packed.Pointer + ((nint)column * depth),
                start.Pointer,
                0,
                y.Pointer + column,
                columns);
        });
    }

    private static int Parts(int depth, int maximum) => Math.Max(1, (depth + maximum - 1) / maximum);

    private static (int First, int Last) PartBounds(int depth, int part, int parts) =>
        ((int)((long)depth * part / parts), (int)((long)depth * (part + 1) / parts));

    // Adds products of every sum; k = 0 of the runs and of the offsets is the product first.
    [SkipLocalsInit]
    private static void MultiplyPart<TLane, T>(
        int count, int depth, int first, FactorRuns runs, int columns, T* a, nint* rows, int* offsets, T* packed, T* start, nint startStride, T* y, nint stride)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        var split = new PanelSplit<TLane, T>(columns);
        var column = 0;
        for (var p = 0; p < split.Count; p++)
        {
            var lanes = split.LanesOf(p);
            var width = lanes * TLane.Width;
            var panel = packed + ((nint)column * depth) + ((nint)first * width);
            var tiles = column + width <= columns ? count / MicroKernel.Rows : 0;
            if (tiles > 0)
            {
                MicroKernel.Run<TLane, T>(lanes, tiles, a, rows, offsets, runs, panel, start + column, startStride, y + column, stride);
            }

            for (var m = tiles * MicroKernel.Rows; m < count; m += EdgeBlock)
            {
                MultiplyEdge<TLane, T>(
                    Math.Min(EdgeBlock, count - m),
                    Math.Min(width, columns - column),
                    lanes,
                    a,
                    rows + m,
                    offsets,
                    runs,
                    panel,
                    start + column + (m * startStride),
                    startStride,
                    y + column + (m * stride),
                    stride);
            }

            column += width;
        }
    }

    // Tiles that pass an edge of y: computed whole beside y (missing rows repeat the last), of which what lies in y is copied.
    [SkipLocalsInit]
    private static void MultiplyEdge<TLane, T>(
        int count, int columns, int lanes, T* a, nint* rows, int* offsets, FactorRuns runs, T* panel, T* start, nint startStride, T* y, nint stride)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        var width = lanes * TLane.Width;
        var tiles = (count + MicroKernel.Rows - 1) / MicroKernel.Rows;
        var memory = stackalloc byte[(EdgeBlock * 4 * 64) + 64];
        var block = (T*)(((nuint)memory + 63) & ~(nuint)63);
        var allRows = stackalloc nint[EdgeBlock];
        for (var m = 0; m < tiles * MicroKernel.Rows; m++)
        {
            allRows[m] = rows[Math.Min(m, count - 1)];
        }

        if (startStride != 0)
        {
            for (var m = 0; m < tiles * MicroKernel.Rows; m++)
            {
                CopyRow<TLane, T>(start + (Math.Min(m, count - 1) * startStride), columns, block + (m * width));
            }

            start = block;
            startStride = width;
        }

        MicroKernel.Run<TLane, T>(lanes, tiles, a, allRows, offsets, runs, panel, start, startStride, block, width);
        for (var m = 0; m < count; m++)
        {
            CopyRow<TLane, T>(block + (m * width), columns, y + (m * stride));
        }
    }

    // Whole lanes, the last of them moved back to end with the row; rows shorter than a lane number by number.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopyRow<TLane, T>(T* source, int count, T* destination)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        if (count < TLane.Width)
        {
            for (var i = 0; i < count; i++)
            {
                destination[i] = source[i];
            }

            return;
        }

        for (var i = 0; i <= count - TLane.Width; i += TLane.Width)
        {
            TLane.Store(destination + i, TLane.Load(source + i));
        }

        TLane.Store(destination + count - TLane.Width, TLane.Load(source + count - TLane.Width));
    }
}
