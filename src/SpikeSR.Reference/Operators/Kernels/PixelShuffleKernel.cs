using System.Runtime.CompilerServices;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators.Kernels;

/// <summary>
/// Kernel of <see cref="PixelShuffle"/>: within an input row, output row i takes from each pixel the s C numbers (j, c) at c s^2 + i s + j. They are moved
/// one by one through a table of those places; there is no arithmetic for lanes to do.
/// </summary>
internal static unsafe class PixelShuffleKernel
{
    /// <summary>y[n, h s + i, w s + j, c] = x[n, h, w, c s^2 + i s + j].</summary>
    public static void Forward<T>(int scale, TensorView<T> x, TensorView<T> y, Workspace workspace, Parallelism threads)
        where T : unmanaged
    {
        var channels = PixelShuffle.Check(scale, x, nameof(x), y, nameof(y));
        Move<T, Spread<T>>(scale, channels, x, y, workspace, threads);
    }

    /// <summary>gradX[n, h, w, c s^2 + i s + j] = gradY[n, h s + i, w s + j, c].</summary>
    public static void Backward<T>(int scale, TensorView<T> gradY, TensorView<T> gradX, Workspace workspace, Parallelism threads)
        where T : unmanaged
    {
        var channels = PixelShuffle.Check(scale, gradX, nameof(gradX), gradY, nameof(gradY));
        Move<T, Gather<T>>(scale, channels, gradX, gradY, workspace, threads);
    }

    private static void Move<T, TDirection>(int scale, int channels, TensorView<T> small, TensorView<T> large, Workspace workspace, Parallelism threads)
        where T : unmanaged
        where TDirection : struct, IDirection<T>
    {
        var (width, packed, run) = (small.Shape[2], small.Shape[3], scale * channels);
        using var scope = workspace.OpenScope();
        var places = scope.Rent<int>(packed);
        for (var k = 0; k < packed; k++)
        {
            // k = (i, j, c).
            places.Span[k] = (k % channels * scale * scale) + (k / channels);
        }

        threads.ForRange(small.Shape[0] * small.Shape[1], Math.Max(1, 4096 / Math.Max(1, width * packed)), (first, last) =>
        {
            for (nint row = first * scale; row < last * scale; row++)
            {
                MoveRow<T, TDirection>(
                    small.Pointer + (row / scale * width * packed), large.Pointer + (row * width * run), places.Pointer + (row % scale * run), width, packed, run);
            }
        });
    }

    private static void MoveRow<T, TDirection>(T* small, T* large, int* places, int width, int packed, int run)
        where T : unmanaged
        where TDirection : struct, IDirection<T>
    {
        for (var w = 0; w < width; w++)
        {
            for (var k = 0; k < run; k++)
            {
                TDirection.Copy(small + places[k], large + k);
            }

            small += packed;
            large += run;
        }
    }

    private interface IDirection<T>
        where T : unmanaged
    {
        static abstract void Copy(T* small, T* large);
    }

    private readonly struct Spread<T> : IDirection<T>
        where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Copy(T* small, T* large) => *large = *small;
    }

    private readonly struct Gather<T> : IDirection<T>
        where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Copy(T* small, T* large) => *small = *large;
    }
}
