using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators;

/// <summary>Definitions of the element-wise pieces that join branches (SPEC EW-1).</summary>
public static class Elementwise
{
    /// <summary>y = left + right.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="left">Any shape.</param>
    /// <param name="right">As left.</param>
    /// <param name="y">As left; may be either operand.</param>
    /// <param name="threads">Threads over elements.</param>
    public static void Add<T>(TensorView<T> left, TensorView<T> right, TensorView<T> y, Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        Guard.SameLength(left, right, nameof(right));
        Guard.SameLength(left, y, nameof(y));
        threads.ForRange(left.Length, 4096, (first, last) =>
        {
            for (var i = first; i < last; i++)
            {
                y.Span[i] = left.Span[i] + right.Span[i];
            }
        });
    }

    /// <summary>y = left * right.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="left">Any shape.</param>
    /// <param name="right">As left.</param>
    /// <param name="y">As left; may be either operand.</param>
    /// <param name="threads">Threads over elements.</param>
    public static void Multiply<T>(TensorView<T> left, TensorView<T> right, TensorView<T> y, Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        Guard.SameLength(left, right, nameof(right));
        Guard.SameLength(left, y, nameof(y));
        threads.ForRange(left.Length, 4096, (first, last) =>
        {
            for (var i = first; i < last; i++)
            {
                y.Span[i] = left.Span[i] * right.Span[i];
            }
        });
    }

    /// <summary>y = x * factor.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="x">Any shape.</param>
    /// <param name="factor">The constant, rounded to T first.</param>
    /// <param name="y">As x; may be x itself.</param>
    /// <param name="threads">Threads over elements.</param>
    public static void Scale<T>(TensorView<T> x, double factor, TensorView<T> y, Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        Guard.SameLength(x, y, nameof(y));
        threads.ForRange(x.Length, 4096, (first, last) =>
        {
            for (var i = first; i < last; i++)
            {
                y.Span[i] = x.Span[i] * T.FromDouble(factor);
            }
        });
    }

    /// <summary>y[m] = (x[0, m] + x[1, m] + ... ) / T, added in ascending order: the mean over time steps (SPEC EW-1).</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="x">Input [T, M].</param>
    /// <param name="y">Output [M].</param>
    /// <param name="threads">Threads over elements.</param>
    public static void MeanOverSteps<T>(TensorView<T> x, TensorView<T> y, Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        CheckSteps(x, nameof(x), y);
        var (steps, count) = (x.Shape[0], x.Shape[1]);
        threads.ForRange(count, 4096, (first, last) =>
        {
            for (var i = first; i < last; i++)
            {
                var sum = x.Span[i];
                for (var t = 1; t < steps; t++)
                {
                    sum += x.Span[(t * count) + i];
                }

                y.Span[i] = sum / T.FromDouble(steps);
            }
        });
    }

    /// <summary>gradX[t, m] = gradY[m] / T for every step. Overwrites gradX.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="gradY">Gradient by the mean [M].</param>
    /// <param name="gradX">Gradient by the steps [T, M].</param>
    /// <param name="threads">Threads over elements.</param>
    public static void MeanOverStepsBackward<T>(TensorView<T> gradY, TensorView<T> gradX, Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        CheckSteps(gradX, nameof(gradX), gradY);
        var (steps, count) = (gradX.Shape[0], gradX.Shape[1]);
        threads.ForRange(count, 4096, (first, last) =>
        {
            for (var i = first; i < last; i++)
            {
                for (var t = 0; t < steps; t++)
                {
                    gradX.Span[(t * count) + i] = gradY.Span[i] / T.FromDouble(steps);
                }
            }
        });
    }

    /// <summary>y[n, pixel, c] = a[n, c] x[n, pixel, c] (SPEC HDA-1).</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="x">Input [N, pixels, C].</param>
    /// <param name="a">Gate [N, C].</param>
    /// <param name="y">Output, as x; may be x itself.</param>
    /// <param name="threads">Threads over planes.</param>
    public static void ScaleChannels<T>(TensorView<T> x, TensorView<T> a, TensorView<T> y, Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        CheckPlanes(x, a, nameof(a));
        Guard.SameLength(x, y, nameof(y));
        var (plane, channels) = (x.Shape[1] * x.Shape[2], x.Shape[2]);
        threads.For(x.Shape[0], n =>
        {
            for (var i = 0; i < plane; i++)
            {
                y.Span[(n * plane) + i] = a.Span[(n * channels) + (i % channels)] * x.Span[(n * plane) + i];
            }
        });
    }

    /// <summary>gradA[n, c] = sum over pixels of gradY x, in <see cref="FixedOrder"/>: the gate's gradient. Overwrites gradA.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="x">Input [N, pixels, C].</param>
    /// <param name="gradY">Gradient by the output, as x.</param>
    /// <param name="gradA">Gradient by the gate [N, C].</param>
    /// <param name="threads">Threads over planes.</param>
    public static void ScaleChannelsBackward<T>(TensorView<T> x, TensorView<T> gradY, TensorView<T> gradA, Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        CheckPlanes(x, gradA, nameof(gradA));
        Guard.SameLength(x, gradY, nameof(gradY));
        var (pixels, channels) = (x.Shape[1], x.Shape[2]);
        threads.For(x.Shape[0], n =>
        {
            for (var c = 0; c < channels; c++)
            {
                gradA.Span[(n * channels) + c] =
                    FixedOrder.Sum<T, FixedOrder.Products<T>>(pixels, new(gradY.Span, x.Span, (n * pixels * channels) + c, channels));
            }
        });
    }

    /// <summary>y[n, pixel, c] = (1 - t) a[n, c] + t r: the feature refinement's blend (SPEC FRB-1).</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="t">Spatial gate [N, pixels, C].</param>
    /// <param name="a">Channel descriptor [N, C].</param>
    /// <param name="r">Features, as t.</param>
    /// <param name="y">Output, as t.</param>
    /// <param name="threads">Threads over planes.</param>
    public static void Blend<T>(TensorView<T> t, TensorView<T> a, TensorView<T> r, TensorView<T> y, Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        CheckPlanes(t, a, nameof(a));
        Guard.SameLength(t, r, nameof(r));
        Guard.SameLength(t, y, nameof(y));
        var (plane, channels) = (t.Shape[1] * t.Shape[2], t.Shape[2]);
        threads.For(t.Shape[0], n =>
        {
            for (var i = 0; i < plane; i++)
            {
                var (gate, descriptor) = (t.Span[(n * plane) + i], a.Span[(n * channels) + (i % channels)]);
                y.Span[(n * plane) + i] = ((T.FromDouble(1) - gate) * descriptor) + (gate * r.Span[(n * plane) + i]);
            }
        });
    }

    /// <summary>gradT = g (r - a), gradR = g t, gradA[n, c] = sum over pixels of g (1 - t) in <see cref="FixedOrder"/>. Overwrites all three.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="t">Spatial gate [N, pixels, C].</param>
    /// <param name="a">Channel descriptor [N, C].</param>
    /// <param name="r">Features, as t.</param>
    /// <param name="gradY">Gradient by the output, as t.</param>
    /// <param name="gradT">Gradient by t.</param>
    /// <param name="gradA">Gradient by a [N, C].</param>
    /// <param name="gradR">Gradient by r.</param>
    /// <param name="threads">Threads over planes.</param>
    public static void BlendBackward<T>(
        TensorView<T> t, TensorView<T> a, TensorView<T> r, TensorView<T> gradY, TensorView<T> gradT, TensorView<T> gradA, TensorView<T> gradR, Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        CheckBlend(t, a, r, gradY, gradT, gradA, gradR);
        var (pixels, channels) = (t.Shape[1], t.Shape[2]);
        threads.For(t.Shape[0], n =>
        {
            for (var c = 0; c < channels; c++)
            {
                gradA.Span[(n * channels) + c] =
                    FixedOrder.Sum<T, Complements<T>>(pixels, new(gradY.Span, t.Span, (n * pixels * channels) + c, channels));
            }

            for (var i = n * pixels * channels; i < (n + 1) * pixels * channels; i++)
            {
                var g = gradY.Span[i];
                gradT.Span[i] = g * (r.Span[i] - a.Span[(n * channels) + (i % channels)]);
                gradR.Span[i] = g * t.Span[i];
            }
        });
    }

    /// <summary>Throws unless the steps [T, M] hold at least one, of as many elements as their mean.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="steps">[T, M].</param>
    /// <param name="name">Its parameter's name.</param>
    /// <param name="mean">[M], any shape.</param>
    internal static void CheckSteps<T>(TensorView<T> steps, string name, TensorView<T> mean)
        where T : unmanaged
    {
        Guard.HasShape(steps, name, -1, mean.Length);
        Guard.That(steps.Shape[0] > 0, "the mean of no step is not defined", name);
    }

    /// <summary>Throws unless a tensor [N, pixels, C] has a gate [N, C].</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="x">[N, pixels, C].</param>
    /// <param name="a">[N, C].</param>
    /// <param name="name">Its parameter's name.</param>
    internal static void CheckPlanes<T>(TensorView<T> x, TensorView<T> a, string name)
        where T : unmanaged
    {
        Guard.HasShape(x, nameof(x), -1, -1, -1);
        Guard.HasShape(a, name, x.Shape[0], x.Shape[2]);
    }

    /// <summary>Throws unless the blend's tensors and gradients fit together.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="t">[N, pixels, C].</param>
    /// <param name="a">[N, C].</param>
    /// <param name="r">As t.</param>
    /// <param name="gradY">As t.</param>
    /// <param name="gradT">As t.</param>
    /// <param name="gradA">As a.</param>
    /// <param name="gradR">As t.</param>
    internal static void CheckBlend<T>(TensorView<T> t, TensorView<T> a, TensorView<T> r, TensorView<T> gradY, TensorView<T> gradT, TensorView<T> gradA, TensorView<T> gradR)
        where T : unmanaged
    {
        CheckPlanes(t, a, nameof(a));
        Guard.SameLength(t, r, nameof(r));
        Guard.SameLength(t, gradY, nameof(gradY));
        Guard.SameLength(t, gradT, nameof(gradT));
        Guard.SameShape(a, gradA, nameof(gradA));
        Guard.SameLength(t, gradR, nameof(gradR));
    }

    // g (1 - t).
    private readonly ref struct Complements<T>(ReadOnlySpan<T> g, ReadOnlySpan<T> t, int offset, int stride) : FixedOrder.ITerms<T>
        where T : unmanaged, IScalar<T>
    {
        private readonly ReadOnlySpan<T> _g = g;
        private readonly ReadOnlySpan<T> _t = t;

        public T this[int index] => _g[offset + (index * stride)] * (T.FromDouble(1) - _t[offset + (index * stride)]);
    }
}
