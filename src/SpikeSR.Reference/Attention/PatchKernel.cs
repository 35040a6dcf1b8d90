using System.Numerics;
using System.Runtime.CompilerServices;
using SpikeSR.Reference.Operators.Kernels;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Attention;

/// <summary>Kernels of <see cref="PatchOperator"/>: copies by rows of a patch; sums by pixels, over the patches that hold the pixel.</summary>
internal static unsafe class PatchKernel
{
    /// <summary>Cuts images into patches.</summary>
    public static void Divide<T>(PatchGrid grid, TensorView<T> x, TensorView<T> y, Parallelism threads)
        where T : unmanaged
    {
        var (images, channels) = PatchOperator.Check(grid, x, y);
        var (size, run) = (grid.PatchSize, (nint)grid.PatchSize * channels);
        threads.ForRange(images * grid.Count, Grain(size * run), (first, last) =>
        {
            for (var patch = first; patch < last; patch++)
            {
                var (top, left) = grid.Origin(patch % grid.Count);
                for (var row = 0; row < size; row++)
                {
                    var pixel = ((((nint)(patch / grid.Count) * grid.Height) + top + row) * grid.Width) + left;
                    Copy(x.Pointer + (pixel * channels), y.Pointer + ((((nint)patch * size) + row) * run), run);
                }
            }
        });
    }

    /// <summary>gradX at a pixel = the sum of gradY over the patches that hold it.</summary>
    public static void DivideBackward<TLane, T>(PatchGrid grid, TensorView<T> gradY, TensorView<T> gradX, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T> => SumPatches<TLane, T>(grid, gradY, gradX, average: false, threads);

    /// <summary>x at a pixel = the sum of y over the patches that hold it, divided by the grid's divisor.</summary>
    public static void Reverse<TLane, T>(PatchGrid grid, TensorView<T> y, TensorView<T> x, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T> => SumPatches<TLane, T>(grid, y, x, average: true, threads);

    /// <summary>gradY[patch, pixel] = gradX[pixel] / divisor.</summary>
    public static void ReverseBackward<TLane, T>(PatchGrid grid, TensorView<T> gradX, TensorView<T> gradY, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (images, channels) = PatchOperator.Check(grid, gradX, gradY);
        var size = grid.PatchSize;
        threads.ForRange(images * grid.Count, Grain((nint)size * size * channels), (first, last) =>
        {
            for (var patch = first; patch < last; patch++)
            {
                var (top, left) = grid.Origin(patch % grid.Count);
                for (var i = 0; i < size * size; i++)
                {
                    var (row, column) = (top + (i / size), left + (i % size));
                    var source = gradX.Pointer + ((((((nint)(patch / grid.Count) * grid.Height) + row) * grid.Width) + column) * channels);
                    var target = gradY.Pointer + ((((nint)patch * size * size) + i) * channels);
                    LaneLoop.ElementRange<TLane, T, Quotients<T>>(new(source, new(T.CreateTruncating(grid.Divisor(row, column))), target), 0, channels);
                }
            }
        });
    }

    // In a row of the image, the first row of patches over it starts each pixel's sum with the first patch that holds the pixel; all others add to it.
    private static void SumPatches<TLane, T>(PatchGrid grid, TensorView<T> y, TensorView<T> x, bool average, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (images, channels) = PatchOperator.Check(grid, x, y);
        var size = grid.PatchSize;
        threads.ForRange(images * grid.Height, Grain((nint)grid.Width * channels), (first, last) =>
        {
            for (var imageRow = first; imageRow < last; imageRow++)
            {
                var (image, row) = (imageRow / grid.Height, imageRow % grid.Height);
                var sums = x.Pointer + ((nint)imageRow * grid.Width * channels);
                var (patch, covered) = (0, 0);
                for (; patch < grid.Count && covered < grid.Width; patch++)
                {
                    var (top, left) = grid.Origin(patch);
                    if (top <= row && row < top + size)
                    {
                        var source = y.Pointer + ((((((nint)image * grid.Count) + patch) * size) + row - top) * size * channels);
                        var added = (Math.Max(left, covered) - left) * channels;
                        AddRun<TLane, T>(source, sums + (left * channels), added);
                        Copy(source + added, sums + (left * channels) + added, (size * channels) - added);
                        covered = left + size;
                    }
                }

                for (; patch < grid.Count; patch++)
                {
                    var (top, left) = grid.Origin(patch);
                    if (top <= row && row < top + size)
                    {
                        var source = y.Pointer + ((((((nint)image * grid.Count) + patch) * size) + row - top) * size * channels);
                        AddRun<TLane, T>(source, sums + (left * channels), size * channels);
                    }
                }

                for (var column = 0; average && column < grid.Width; column++)
                {
                    var divisor = grid.Divisor(row, column);
                    if (divisor != 1)
                    {
                        var pixel = sums + (column * channels);
                        LaneLoop.ElementRange<TLane, T, Quotients<T>>(new(pixel, new(T.CreateTruncating(divisor)), pixel), 0, channels);
                    }
                }
            }
        });
    }

    // sums += source.
    private static void AddRun<TLane, T>(T* source, T* sums, int count)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        LaneLoop.ElementRange<TLane, T, ElementwiseKernel.Sum<T>>(new(sums, source, sums), 0, count);

    private static void Copy<T>(T* source, T* target, nint count)
        where T : unmanaged => Unsafe.CopyBlockUnaligned(target, source, (uint)(count * sizeof(T)));

    // Patches, or rows, in the smallest range that is worth a thread's while.
    private static int Grain(nint elements) => (int)Math.Max(1, 4096 / Math.Max(1, elements));

    private readonly struct Quotients<T>(T* source, Divisor<T> divisor, T* target) : LaneLoop.IElementKernel<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int i)
            where TLane : unmanaged, ILane<TLane, T> => TLane.Store(target + i, divisor.Divide(TLane.Load(source + i)));
    }
}
