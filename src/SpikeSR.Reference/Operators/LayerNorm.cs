using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators;

/// <summary>
/// Definition of layer normalisation over the last axis (SPEC LN): mean and biased variance in <see cref="FixedOrder"/> over c,
/// <c>rstd = 1 / sqrt(var + eps)</c>, <c>y = fma((x - mean) rstd, weight, bias)</c>.
/// </summary>
public static class LayerNorm
{
    /// <summary>Normalises every row.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="epsilon">Added to the variance under the root; 1e-5 in SpikeSR.</param>
    /// <param name="x">Input [M, C].</param>
    /// <param name="weight">Affine weight [C].</param>
    /// <param name="bias">Affine bias [C].</param>
    /// <param name="y">Output [M, C].</param>
    /// <param name="threads">Threads over rows.</param>
    public static void Forward<T>(double epsilon, TensorView<T> x, TensorView<T> weight, TensorView<T> bias, TensorView<T> y, Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        var (rows, channels) = Check(x, weight);
        Guard.HasShape(bias, nameof(bias), channels);
        Guard.SameLength(x, y, nameof(y));
        threads.ForRange(rows, 1, (first, last) =>
        {
            for (var m = first; m < last; m++)
            {
                var row = x.Span.Slice(m * channels, channels);
                var (mean, rstd) = Moments(epsilon, row);
                for (var c = 0; c < channels; c++)
                {
                    y.Span[(m * channels) + c] = T.FusedMultiplyAdd((row[c] - mean) * rstd, weight.Span[c], bias.Span[c]);
                }
            }
        });
    }

    /// <summary>
    /// With xhat = (x - mean) rstd and h = g weight: gradX = rstd ((h - mean_c h) - xhat mean_c(h xhat)); gradWeight += sum over rows of g xhat,
    /// gradBias += sum over rows of g, both in <see cref="FixedOrder"/> over the row index. Overwrites gradX.
    /// </summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="epsilon">Added to the variance under the root.</param>
    /// <param name="x">Input [M, C].</param>
    /// <param name="weight">Affine weight [C].</param>
    /// <param name="gradY">Gradient by the output [M, C].</param>
    /// <param name="gradX">Gradient by the input [M, C].</param>
    /// <param name="gradWeight">Gradient by the weight [C].</param>
    /// <param name="gradBias">Gradient by the bias [C].</param>
    /// <param name="workspace">Where the normalised input is kept meanwhile.</param>
    /// <param name="threads">Threads over rows and channels.</param>
    public static void Backward<T>(
        double epsilon, TensorView<T> x, TensorView<T> weight, TensorView<T> gradY, TensorView<T> gradX, TensorView<T> gradWeight, TensorView<T> gradBias, Workspace workspace, Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        var (rows, channels) = CheckBackward(x, weight, gradY, gradX, gradWeight, gradBias);
        using var scope = workspace.OpenScope();
        var normalised = scope.Rent<T>(1, rows, channels);
        threads.ForRange(rows, 1, (first, last) =>
        {
            var (h, product) = (new T[channels], new T[channels]);
            for (var m = first; m < last; m++)
            {
                var row = x.Span.Slice(m * channels, channels);
                var g = gradY.Span.Slice(m * channels, channels);
                var xhat = normalised.Span.Slice(m * channels, channels);
                var (mean, rstd) = Moments(epsilon, row);
                for (var c = 0; c < channels; c++)
                {
                    xhat[c] = (row[c] - mean) * rstd;
                    h[c] = g[c] * weight.Span[c];
                    product[c] = h[c] * xhat[c];
                }

                var meanGradient = FixedOrder.Sum<T>(h) / T.FromDouble(channels);
                var meanProduct = FixedOrder.Sum<T>(product) / T.FromDouble(channels);
                for (var c = 0; c < channels; c++)
                {
                    gradX.Span[(m * channels) + c] = rstd * ((h[c] - meanGradient) - (xhat[c] * meanProduct));
                }
            }
        });
        ChannelSum.AddProductTo(gradY.Reshape(1, rows, channels), normalised, gradWeight, threads);
        ChannelSum.AddTo(gradY.Reshape(1, rows, channels), gradBias, threads);
    }

    private static (T Mean, T Rstd) Moments<T>(double epsilon, ReadOnlySpan<T> row)
        where T : unmanaged, IScalar<T>
    {
        var n = T.FromDouble(row.Length);
        var mean = FixedOrder.Sum(row) / n;
        var variance = FixedOrder.Sum<T, BatchNorm.SquaredDeviations<T>>(row.Length, new(row, 0, 1, mean)) / n;
        return (mean, T.FromDouble(1) / T.Sqrt(variance + T.FromDouble(epsilon)));
    }

    /// <summary>Throws unless the backward pass's tensors fit together; M and C.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="x">[M, C].</param>
    /// <param name="weight">[C].</param>
    /// <param name="gradY">As x.</param>
    /// <param name="gradX">As x.</param>
    /// <param name="gradWeight">[C].</param>
    /// <param name="gradBias">[C].</param>
    internal static (int Rows, int Channels) CheckBackward<T>(
        TensorView<T> x, TensorView<T> weight, TensorView<T> gradY, TensorView<T> gradX, TensorView<T> gradWeight, TensorView<T> gradBias)
        where T : unmanaged
    {
        var sizes = Check(x, weight);
        Guard.SameLength(x, gradY, nameof(gradY));
        Guard.SameLength(x, gradX, nameof(gradX));
        Guard.HasShape(gradWeight, nameof(gradWeight), sizes.Channels);
        Guard.HasShape(gradBias, nameof(gradBias), sizes.Channels);
        return sizes;
    }

    /// <summary>Throws unless the weight has one element a channel.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="x">[M, C].</param>
    /// <param name="weight">[C].</param>
    internal static (int Rows, int Channels) Check<T>(TensorView<T> x, TensorView<T> weight)
        where T : unmanaged
    {
        Guard.HasShape(x, nameof(x), -1, -1);
        Guard.HasShape(weight, nameof(weight), x.Shape[1]);
        return (x.Shape[0], x.Shape[1]);
    }
}
