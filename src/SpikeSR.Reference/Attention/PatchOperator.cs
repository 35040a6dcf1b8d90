using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Attention;

/// <summary>Definitions of patch_divide and patch_reverse and their gradients (SPEC PATCH).</summary>
public static class PatchOperator
{
    /// <summary>Cuts images into patches.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="grid">Where the patches lie.</param>
    /// <param name="x">Images [N, H, W, C].</param>
    /// <param name="y">Patches [N, n, P P, C].</param>
    /// <param name="threads">Threads over patches.</param>
    public static void Divide<T>(PatchGrid grid, TensorView<T> x, TensorView<T> y, Parallelism threads)
        where T : unmanaged
    {
        var (images, channels) = Check(grid, x, y);
        threads.For(images * grid.Count, patch =>
        {
            var (top, left) = grid.Origin(patch % grid.Count);
            var run = grid.PatchSize * channels;
            for (var row = 0; row < grid.PatchSize; row++)
            {
                var from = ((((patch / grid.Count * grid.Height) + top + row) * grid.Width) + left) * channels;
                x.Span.Slice(from, run).CopyTo(y.Span.Slice(((patch * grid.PatchSize) + row) * run, run));
            }
        });
    }

    /// <summary>gradX at a pixel = the sum of gradY over the patches that hold it, patches ascending, starting from the first. Overwrites gradX.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="grid">Where the patches lie.</param>
    /// <param name="gradY">Gradient by the patches [N, n, P P, C].</param>
    /// <param name="gradX">Gradient by the images [N, H, W, C].</param>
    /// <param name="threads">Threads over image rows.</param>
    public static void DivideBackward<T>(PatchGrid grid, TensorView<T> gradY, TensorView<T> gradX, Parallelism threads)
        where T : unmanaged, IScalar<T> => SumPatches(grid, gradY, gradX, average: false, threads);

    /// <summary>Adds patches back, patches ascending, and divides each pixel's sum by <see cref="PatchGrid.Divisor"/>.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="grid">Where the patches lie.</param>
    /// <param name="y">Patches [N, n, P P, C].</param>
    /// <param name="x">Images [N, H, W, C]; overwritten.</param>
    /// <param name="threads">Threads over image rows.</param>
    public static void Reverse<T>(PatchGrid grid, TensorView<T> y, TensorView<T> x, Parallelism threads)
        where T : unmanaged, IScalar<T> => SumPatches(grid, y, x, average: true, threads);

    /// <summary>gradY[patch, pixel] = gradX[pixel] / divisor. Overwrites gradY.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="grid">Where the patches lie.</param>
    /// <param name="gradX">Gradient by the images [N, H, W, C].</param>
    /// <param name="gradY">Gradient by the patches [N, n, P P, C].</param>
    /// <param name="threads">Threads over patches.</param>
    public static void ReverseBackward<T>(PatchGrid grid, TensorView<T> gradX, TensorView<T> gradY, Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        var (images, channels) = Check(grid, gradX, gradY);
        threads.For(images * grid.Count, patch =>
        {
            var (top, left) = grid.Origin(patch % grid.Count);
            var (size, image) = (grid.PatchSize, patch / grid.Count);
            for (var i = 0; i < size * size; i++)
            {
                var (row, column) = (top + (i / size), left + (i % size));
                for (var c = 0; c < channels; c++)
                {
                    gradY.Span[(((patch * size * size) + i) * channels) + c] =
                        gradX.Span[(((((image * grid.Height) + row) * grid.Width) + column) * channels) + c] / T.FromDouble(grid.Divisor(row, column));
                }
            }
        });
    }

    private static void SumPatches<T>(PatchGrid grid, TensorView<T> y, TensorView<T> x, bool average, Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        var (images, channels) = Check(grid, x, y);
        var size = grid.PatchSize;
        threads.For(images * grid.Height, imageRow =>
        {
            var (image, row) = (imageRow / grid.Height, imageRow % grid.Height);
            var sums = x.Span.Slice(imageRow * grid.Width * channels, grid.Width * channels);
            var met = new bool[grid.Width];
            for (var patch = 0; patch < grid.Count; patch++)
            {
                var (top, left) = grid.Origin(patch);
                if (row < top || row >= top + size)
                {
                    continue;
                }

                for (var column = 0; column < size; column++)
                {
                    var from = (((((image * grid.Count) + patch) * size) + row - top) * size) + column;
                    var source = y.Span.Slice(from * channels, channels);
                    var target = sums.Slice((left + column) * channels, channels);
                    for (var c = 0; c < channels; c++)
                    {
                        target[c] = met[left + column] ? target[c] + source[c] : source[c];
                    }

                    met[left + column] = true;
                }
            }

            for (var i = 0; average && i < sums.Length; i++)
            {
                sums[i] /= T.FromDouble(grid.Divisor(row, i / channels));
            }
        });
    }

    /// <summary>Throws unless images and patches fit the grid.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="grid">Where the patches lie.</param>
    /// <param name="x">Images [N, H, W, C].</param>
    /// <param name="y">Patches [N, n, P P, C].</param>
    internal static (int Images, int Channels) Check<T>(PatchGrid grid, TensorView<T> x, TensorView<T> y)
        where T : unmanaged
    {
        Guard.HasShape(x, nameof(x), -1, grid.Height, grid.Width, -1);
        Guard.HasShape(y, nameof(y), x.Shape[0], grid.Count, grid.PatchSize * grid.PatchSize, x.Shape[3]);
        return (x.Shape[0], x.Shape[3]);
    }
}
