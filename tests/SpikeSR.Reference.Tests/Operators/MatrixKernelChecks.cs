using System.Numerics;
using SpikeSR.Reference.Operators.Kernels;
using SpikeSR.Reference.Tensors;
using static SpikeSR.Reference.Tests.Operators.KernelTestData;

namespace SpikeSR.Reference.Tests.Operators;

/// <summary>The checks of <see cref="MatrixKernelChecks{TLane, T}"/>, whatever the lane type.</summary>
internal interface IMatrixKernelChecks
{
    void LinearMap(int rows, int depth, int columns);

    void LinearGradients(int rows, int outputs, int inputs);

    void StridedProduct(int rows, int depth, int columns);

    void Transposition(int rows, int columns);
}

/// <summary>What must hold of the product kernels on one lane type.</summary>
internal sealed unsafe class MatrixKernelChecks<TLane, T> : IMatrixKernelChecks
    where TLane : unmanaged, ILane<TLane, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public void LinearMap(int rows, int depth, int columns)
    {
        var random = new Random((rows * 31) + (depth * 7) + columns);
        foreach (var special in new[] { false, true })
        {
            var x = Numbers<T>(random, special, rows, depth);
            var weight = Numbers<T>(random, special, columns, depth);
            var bias = Numbers<T>(random, special, columns);
            foreach (var start in new[] { bias, default })
            {
                var expected = Product(rows, depth, columns, (m, k) => x.Span[(m * depth) + k], (k, n) => weight.Span[(n * depth) + k], (_, n) => start.IsAbsent ? T.Zero : start.Span[n]);
                foreach (var threads in new[] { 1, 3 })
                {
                    var y = Unwritten<T>(rows, columns);
                    LinearKernel.Forward<TLane, T>(x, LinearKernel.Pack<TLane, T>(weight), start, y, new Workspace(), new Parallelism(threads));
                    AssertSameBytes<T>(expected, y.Span, $"y, {threads} threads");
                }
            }
        }
    }

    public void LinearGradients(int rows, int outputs, int inputs)
    {
        var random = new Random((rows * 31) + (outputs * 7) + inputs);
        foreach (var special in new[] { false, true })
        {
            var x = Numbers<T>(random, special, rows, inputs);
            var g = Numbers<T>(random, special, rows, outputs);
            var weight = Numbers<T>(random, special, outputs, inputs);
            var former = Numbers<T>(random, special, outputs, inputs);
            var expectedX = Product(rows, outputs, inputs, (m, n) => g.Span[(m * outputs) + n], (n, k) => weight.Span[(n * inputs) + k], (_, _) => T.Zero);
            var expectedWeight = Product(outputs, rows, inputs, (n, m) => g.Span[(m * outputs) + n], (m, k) => x.Span[(m * inputs) + k], (n, k) => former.Span[(n * inputs) + k]);
            foreach (var threads in new[] { 1, 2, 7 })
            {
                var gradX = Unwritten<T>(rows, inputs);
                LinearKernel.BackwardInput<TLane, T>(g, LinearKernel.PackBackward<TLane, T>(weight), gradX, new Workspace(), new Parallelism(threads));
                AssertSameBytes<T>(expectedX, gradX.Span, $"gradX, {threads} threads");

                var gradWeight = TensorView<T>.Of(former.Shape, former.Span);
                LinearKernel.BackwardWeight<TLane, T>(x, g, gradWeight, new Workspace(), new Parallelism(threads));
                AssertSameBytes<T>(expectedWeight, gradWeight.Span, $"gradWeight, {threads} threads");
            }
        }
    }

    public void StridedProduct(int rows, int depth, int columns)
    {
        var random = new Random((rows * 31) + (depth * 7) + columns);
        var (aStride, bStride, yStride) = (rows + 3, columns + 2, columns + 5);
        var a = Numbers<T>(random, true, depth + 1, aStride);
        var b = Numbers<T>(random, true, depth + 1, bStride);
        var former = Numbers<T>(random, true, rows + 2, yStride);
        var y = TensorView<T>.Of(former.Shape, former.Span);
        var packed = Unwritten<T>(MatrixKernel.PackedLength<TLane, T>(depth, columns) + 1);
        MatrixKernel.PackRows<TLane, T>(b.Pointer, bStride, depth, columns, packed.Pointer);
        Assert.Equal(T.CreateChecked(12345.678), packed.Span[^1]);

        var at = y.Pointer + yStride;
        MatrixKernel.Multiply<TLane, T>(rows, depth, columns, a.Pointer, 1, aStride, packed.Pointer, at, yStride, at, yStride);

        var sums = Product(rows, depth, columns, (m, k) => a.Span[(k * aStride) + m], (k, n) => b.Span[(k * bStride) + n], (m, n) => former.Span[((m + 1) * yStride) + n]);
        var expected = former.Span.ToArray();
        for (var m = 0; m < rows; m++)
        {
            sums.AsSpan(m * columns, columns).CopyTo(expected.AsSpan((m + 1) * yStride));
        }

        AssertSameBytes<T>(expected, y.Span, "y with what surrounds it");
    }

    public void Transposition(int rows, int columns)
    {
        var source = Numbers<T>(new Random(rows), true, rows, columns + 1);
        var destination = Unwritten<T>(columns, rows + 2);
        MatrixKernel.Transpose(source.Pointer, columns + 1, rows, columns, destination.Pointer, rows + 2);
        for (var at = 0; at < destination.Length; at++)
        {
            var (j, i) = (at / (rows + 2), at % (rows + 2));
            AssertSameBytes<T>([i < rows ? source.Span[(i * (columns + 1)) + j] : T.CreateChecked(12345.678)], [destination.Span[at]], $"[{j}, {i}]");
        }
    }

    // start + sum over k ascending by fused multiply-add.
    private static T[] Product(int rows, int depth, int columns, Func<int, int, T> a, Func<int, int, T> b, Func<int, int, T> start)
    {
        var y = new T[rows * columns];
        for (var at = 0; at < y.Length; at++)
        {
            var (m, n) = (at / columns, at % columns);
            var sum = start(m, n);
            for (var k = 0; k < depth; k++)
            {
                sum = T.FusedMultiplyAdd(a(m, k), b(k, n), sum);
            }

            y[at] = sum;
        }

        return y;
    }
}
