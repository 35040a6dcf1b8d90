using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators.Kernels;

/// <summary>Kernels of <see cref="Linear"/>, byte for byte its definition.</summary>
internal static unsafe class LinearKernel
{
    // Rows that a thread claims at least: two blocks of the strided product.
    private const int RowGrain = 192;

    // Rows whose products are added to a weight gradient at once: 64 inputs and 100 gradients of each are 84 KB in float, which stay in the second-level cache
    // beside what is written; with four times as many a training step takes 2 % longer.
    private const int DepthBlock = 128;

    /// <summary>Packs a weight for <see cref="Forward"/>.</summary>
    /// <typeparam name="TLane">The lane type.</typeparam>
    /// <typeparam name="T">The number type.</typeparam>
    /// <param name="weight">Weight [O, K].</param>
    /// <param name="former">A buffer packed before whose contents are no longer needed, or null.</param>
    public static PackedMatrix<T> Pack<TLane, T>(TensorView<T> weight, PackedMatrix<T>? former = null)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        var (outputs, inputs) = (weight.Shape[0], weight.Shape[1]);
        var packed = PackedMatrix<T>.Reuse<TLane>(former, 1, inputs, outputs);
        MatrixKernel.PackTransposed<TLane, T>(weight.Pointer, inputs, inputs, outputs, packed.Group(0));
        return packed;
    }

    /// <summary>Packs a weight for <see cref="BackwardInput"/>.</summary>
    /// <typeparam name="TLane">The lane type.</typeparam>
    /// <typeparam name="T">The number type.</typeparam>
    /// <param name="weight">Weight [O, K].</param>
    /// <param name="former">A buffer packed before whose contents are no longer needed, or null.</param>
    public static PackedMatrix<T> PackBackward<TLane, T>(TensorView<T> weight, PackedMatrix<T>? former = null)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        var (outputs, inputs) = (weight.Shape[0], weight.Shape[1]);
        var packed = PackedMatrix<T>.Reuse<TLane>(former, 1, outputs, inputs);
        MatrixKernel.PackRows<TLane, T>(weight.Pointer, inputs, outputs, inputs, packed.Group(0));
        return packed;
    }

    /// <summary><see cref="Linear.Forward"/>.</summary>
    /// <typeparam name="TLane">The lane type.</typeparam>
    /// <typeparam name="T">The number type.</typeparam>
    /// <param name="x">Input [M, K].</param>
    /// <param name="weight">Weight from <see cref="Pack"/>.</param>
    /// <param name="bias">Bias [O], or absent.</param>
    /// <param name="y">Output [M, O].</param>
    /// <param name="workspace">The owner of temporary buffers.</param>
    /// <param name="threads">Threads over rows.</param>
    public static void Forward<TLane, T>(TensorView<T> x, PackedMatrix<T> weight, TensorView<T> bias, TensorView<T> y, Workspace workspace, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        Guard.HasShape(x, nameof(x), -1, weight.Depth);
        Guard.HasShape(y, nameof(y), x.Shape[0], weight.Columns);
        Guard.AbsentOrShape(bias, nameof(bias), weight.Columns);
        RowProducts<TLane, T>(x, weight, bias, y, workspace, threads);
    }

    /// <summary><see cref="Linear.BackwardInput"/>.</summary>
    /// <typeparam name="TLane">The lane type.</typeparam>
    /// <typeparam name="T">The number type.</typeparam>
    /// <param name="gradY">Gradient by the output [M, O].</param>
    /// <param name="weight">Weight from <see cref="PackBackward"/>.</param>
    /// <param name="gradX">Gradient by the input [M, K].</param>
    /// <param name="workspace">The owner of temporary buffers.</param>
    /// <param name="threads">Threads over rows.</param>
    public static void BackwardInput<TLane, T>(TensorView<T> gradY, PackedMatrix<T> weight, TensorView<T> gradX, Workspace workspace, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        Guard.HasShape(gradY, nameof(gradY), -1, weight.Depth);
        Guard.HasShape(gradX, nameof(gradX), gradY.Shape[0], weight.Columns);
        RowProducts<TLane, T>(gradY, weight, default, gradX, workspace, threads);
    }

    /// <summary><see cref="Linear.BackwardWeight"/>: left operand gradY transposed, right operand x, depth the rows m.</summary>
    /// <typeparam name="TLane">The lane type.</typeparam>
    /// <typeparam name="T">The number type.</typeparam>
    /// <param name="x">Input [M, K].</param>
    /// <param name="gradY">Gradient by the output [M, O].</param>
    /// <param name="gradWeight">Gradient by the weight [O, K], added to.</param>
    /// <param name="workspace">The owner of temporary buffers.</param>
    /// <param name="threads">Threads over outputs.</param>
    public static void BackwardWeight<TLane, T>(TensorView<T> x, TensorView<T> gradY, TensorView<T> gradWeight, Workspace workspace, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        Guard.HasShape(x, nameof(x), -1, -1);
        Guard.HasShape(gradY, nameof(gradY), x.Shape[0], -1);
        Guard.HasShape(gradWeight, nameof(gradWeight), gradY.Shape[1], x.Shape[1]);

        // Every thread reads all rows for itself, so there are no more ranges than threads.
        var outputs = gradY.Shape[1];
        var tiles = (outputs + MicroKernel.Rows - 1) / MicroKernel.Rows;
        var grain = MicroKernel.Rows * ((tiles + threads.Threads - 1) / threads.Threads);
        threads.For((outputs + grain - 1) / Math.Max(1, grain), range =>
            AddToWeight<TLane, T>(x, gradY, gradWeight, range * grain, Math.Min(outputs, (range + 1) * grain), workspace));
    }

    /// <summary>The same on one thread.</summary>
    public static void AddToWeight<TLane, T>(TensorView<T> x, TensorView<T> gradY, TensorView<T> gradWeight, Workspace workspace)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged => AddToWeight<TLane, T>(x, gradY, gradWeight, 0, gradY.Shape[1], workspace);

    // The rows [first, last) of a weight's gradient.
    private static void AddToWeight<TLane, T>(TensorView<T> x, TensorView<T> gradY, TensorView<T> gradWeight, int first, int last, Workspace workspace)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        var (rows, inputs, outputs) = (x.Shape[0], x.Shape[1], gradY.Shape[1]);
        var own = gradWeight.Pointer + ((nint)first * inputs);
        using var scope = workspace.OpenScope();
        var right = new RightRows<TLane, T>(inputs, inputs, DepthBlock, scope);
        for (var m = 0; m < rows; m += DepthBlock)
        {
            var depth = Math.Min(DepthBlock, rows - m);
            var packed = right.Pack(x.Pointer + ((nint)m * inputs), depth);
            MatrixKernel.Multiply<TLane, T>(last - first, depth, inputs, gradY.Pointer + ((nint)m * outputs) + first, 1, outputs, packed, own, inputs, own, inputs);
        }
    }

    /// <summary>y = start + x w for some rows on one thread, of which start is one, filled up to whole lanes.</summary>
    /// <typeparam name="TLane">The lane type.</typeparam>
    /// <typeparam name="T">The number type.</typeparam>
    /// <param name="x">Input [n, K].</param>
    /// <param name="weight">The packed weight, K x O.</param>
    /// <param name="start">Where the sums start: the bias, or zeros.</param>
    /// <param name="y">Output [n, O].</param>
    public static void Rows<TLane, T>(TensorView<T> x, PackedMatrix<T> weight, T* start, TensorView<T> y)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged =>
        MatrixKernel.Multiply<TLane, T>(x.Shape[0], weight.Depth, weight.Columns, x.Pointer, weight.Depth, 1, weight.Group(0), start, 0, y.Pointer, weight.Columns);

    private static void RowProducts<TLane, T>(TensorView<T> x, PackedMatrix<T> weight, TensorView<T> bias, TensorView<T> y, Workspace workspace, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        using var scope = workspace.OpenScope();
        var start = MatrixKernel.StartRow<TLane, T>(bias, 1, weight.Columns, scope);
        threads.ForRange(x.Shape[0], RowGrain, (from, to) => Rows<TLane, T>(x.Slice(from, to - from), weight, start.Pointer, y.Slice(from, to - from)));
    }
}
