using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators;

/// <summary>Definition of global average pooling: the mean over the pixels of each plane and channel, in <see cref="FixedOrder"/>, then divided (SPEC POOL).</summary>
public static class Pooling
{
    /// <summary>y[n, c] = (sum over pixels of x[n, pixel, c]) / pixels.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="x">Input [N, pixels, C].</param>
    /// <param name="y">Output [N, C].</param>
    /// <param name="threads">Threads over planes.</param>
    public static void Forward<T>(TensorView<T> x, TensorView<T> y, Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        var (planes, pixels, channels) = Check(x, y);
        threads.For(planes, n =>
        {
            for (var c = 0; c < channels; c++)
            {
                var sum = FixedOrder.Sum<T, FixedOrder.Strided<T>>(pixels, new(x.Span, (n * pixels * channels) + c, channels));
                y.Span[(n * channels) + c] = sum / T.FromDouble(pixels);
            }
        });
    }

    /// <summary>gradX[n, pixel, c] = gradY[n, c] / pixels. Overwrites gradX.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="gradY">Gradient by the output [N, C].</param>
    /// <param name="gradX">Gradient by the input [N, pixels, C].</param>
    /// <param name="threads">Threads over planes.</param>
    public static void Backward<T>(TensorView<T> gradY, TensorView<T> gradX, Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        var (planes, pixels, channels) = Check(gradX, gradY);
        threads.For(planes, n =>
        {
            for (var i = 0; i < pixels * channels; i++)
            {
                gradX.Span[(n * pixels * channels) + i] = gradY.Span[(n * channels) + (i % channels)] / T.FromDouble(pixels);
            }
        });
    }

    /// <summary>Throws unless the mean has one element a plane and channel, of at least one pixel.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="x">[N, pixels, C].</param>
    /// <param name="y">[N, C].</param>
    internal static (int Planes, int Pixels, int Channels) Check<T>(TensorView<T> x, TensorView<T> y)
        where T : unmanaged
    {
        Guard.HasShape(x, nameof(x), -1, -1, -1);
        Guard.HasShape(y, nameof(y), x.Shape[0], x.Shape[2]);
        Guard.That(x.Shape[1] > 0, "a plane has at least one pixel", nameof(x));
        return (x.Shape[0], x.Shape[1], x.Shape[2]);
    }
}
