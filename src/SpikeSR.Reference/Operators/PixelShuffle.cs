using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators;

/// <summary>Definition of pixel shuffle: <c>y[n, h s + i, w s + j, c] = x[n, h, w, c s^2 + i s + j]</c> (SPEC PS-1).</summary>
public static class PixelShuffle
{
    /// <summary>Spreads channels over pixels.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="scale">s, at least 1.</param>
    /// <param name="x">Input [N, H, W, C s^2].</param>
    /// <param name="y">Output [N, s H, s W, C].</param>
    /// <param name="threads">Threads over input rows.</param>
    public static void Forward<T>(int scale, TensorView<T> x, TensorView<T> y, Parallelism threads)
        where T : unmanaged => Move(scale, Check(scale, x, nameof(x), y, nameof(y)), x, y, forward: true, threads);

    /// <summary>The inverse permutation: gradX[n, h, w, c s^2 + i s + j] = gradY[n, h s + i, w s + j, c]. Overwrites gradX.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="scale">s, at least 1.</param>
    /// <param name="gradY">Gradient by the output [N, s H, s W, C].</param>
    /// <param name="gradX">Gradient by the input [N, H, W, C s^2].</param>
    /// <param name="threads">Threads over input rows.</param>
    public static void Backward<T>(int scale, TensorView<T> gradY, TensorView<T> gradX, Parallelism threads)
        where T : unmanaged => Move(scale, Check(scale, gradX, nameof(gradX), gradY, nameof(gradY)), gradX, gradY, forward: false, threads);

    private static void Move<T>(int scale, int channels, TensorView<T> small, TensorView<T> large, bool forward, Parallelism threads)
        where T : unmanaged
    {
        var (height, width, packed) = (small.Shape[1], small.Shape[2], small.Shape[3]);
        threads.For(small.Shape[0] * height, row =>
        {
            var from = small.Span;
            var to = large.Span;
            for (var k = 0; k < width * packed; k++)
            {
                var (w, c, i, j) = (k / packed, k % packed / (scale * scale), k % (scale * scale) / scale, k % scale);
                var at = (((((row * scale) + i) * width * scale) + (w * scale) + j) * channels) + c;
                if (forward)
                {
                    to[at] = from[(row * width * packed) + k];
                }
                else
                {
                    from[(row * width * packed) + k] = to[at];
                }
            }
        });
    }

    /// <summary>Throws unless the shapes fit the scale; the number of channels after the shuffle.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="scale">s.</param>
    /// <param name="small">[N, H, W, C s^2].</param>
    /// <param name="smallName">What the caller calls it.</param>
    /// <param name="large">[N, s H, s W, C].</param>
    /// <param name="largeName">What the caller calls it.</param>
    internal static int Check<T>(int scale, TensorView<T> small, string smallName, TensorView<T> large, string largeName)
        where T : unmanaged
    {
        Guard.That(scale >= 1, $"scale is {scale}, expected at least 1", nameof(scale));
        Guard.HasShape(small, smallName, -1, -1, -1, -1);
        var (channels, rest) = Math.DivRem(small.Shape[3], (long)scale * scale);
        Guard.That(rest == 0, $"{small.Shape[3]} channels are not a multiple of {scale} squared", smallName);
        var (height, width) = (small.Shape[1] * (long)scale, small.Shape[2] * (long)scale);
        Guard.That(Math.Max(height, width) <= int.MaxValue, $"{smallName} of shape {small.Shape} is too large for scale {scale}", smallName);
        Guard.HasShape(large, largeName, small.Shape[0], (int)height, (int)width, (int)channels);
        return (int)channels;
    }
}
