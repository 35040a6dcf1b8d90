using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators;

/// <summary>
/// Definition of per-channel sums over [planes, pixels, channels]: each plane by itself in <see cref="FixedOrder"/>, index = pixel; planes added in
/// ascending order, starting from the first (SPEC REP-4). Gradients of biases and affine parameters are such sums.
/// </summary>
public static class ChannelSum
{
    /// <summary>gradBias[c] += sum of gradY[..., c].</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="gradY">Gradient by the output [planes, pixels, C].</param>
    /// <param name="gradBias">Gradient by the bias [C].</param>
    /// <param name="threads">Threads over channels.</param>
    public static void AddTo<T>(TensorView<T> gradY, TensorView<T> gradBias, Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        Check(gradY, gradBias);
        threads.For(gradY.Shape[2], c => gradBias.Span[c] += Channel(gradY, c));
    }

    /// <summary>gradWeight[c] += sum of gradY[..., c] normalised[..., c], each product rounded before it is added.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="gradY">Gradient by the output [planes, pixels, C].</param>
    /// <param name="normalised">Normalised input [planes, pixels, C].</param>
    /// <param name="gradWeight">Gradient by the affine weight [C].</param>
    /// <param name="threads">Threads over channels.</param>
    public static void AddProductTo<T>(TensorView<T> gradY, TensorView<T> normalised, TensorView<T> gradWeight, Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        Guard.HasShape(gradY, nameof(gradY), -1, -1, -1);
        Guard.HasShape(gradWeight, nameof(gradWeight), gradY.Shape[2]);
        Guard.SameLength(gradY, normalised, nameof(normalised));
        threads.For(gradY.Shape[2], c => gradWeight.Span[c] += ChannelOfProduct(gradY, normalised, c));
    }

    /// <summary>The sum of one channel.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="x">[planes, pixels, C].</param>
    /// <param name="channel">c.</param>
    internal static T Channel<T>(TensorView<T> x, int channel)
        where T : unmanaged, IScalar<T>
    {
        var (planes, pixels, channels) = (x.Shape[0], x.Shape[1], x.Shape[2]);
        var total = T.FromDouble(0);
        for (var plane = 0; plane < planes; plane++)
        {
            var terms = new FixedOrder.Strided<T>(x.Span, (plane * pixels * channels) + channel, channels);
            var sum = FixedOrder.Sum<T, FixedOrder.Strided<T>>(pixels, terms);
            total = plane == 0 ? sum : total + sum;
        }

        return total;
    }

    /// <summary>The sum of one channel of an element-wise product.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="left">[planes, pixels, C].</param>
    /// <param name="right">[planes, pixels, C].</param>
    /// <param name="channel">c.</param>
    internal static T ChannelOfProduct<T>(TensorView<T> left, TensorView<T> right, int channel)
        where T : unmanaged, IScalar<T>
    {
        var (planes, pixels, channels) = (left.Shape[0], left.Shape[1], left.Shape[2]);
        var total = T.FromDouble(0);
        for (var plane = 0; plane < planes; plane++)
        {
            var terms = new FixedOrder.Products<T>(left.Span, right.Span, (plane * pixels * channels) + channel, channels);
            var sum = FixedOrder.Sum<T, FixedOrder.Products<T>>(pixels, terms);
            total = plane == 0 ? sum : total + sum;
        }

        return total;
    }

    /// <summary>Throws unless the bias has one element a channel.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="gradY">[planes, pixels, C].</param>
    /// <param name="gradBias">[C].</param>
    internal static void Check<T>(TensorView<T> gradY, TensorView<T> gradBias)
        where T : unmanaged
    {
        Guard.HasShape(gradY, nameof(gradY), -1, -1, -1);
        Guard.HasShape(gradBias, nameof(gradBias), gradY.Shape[2]);
    }
}
