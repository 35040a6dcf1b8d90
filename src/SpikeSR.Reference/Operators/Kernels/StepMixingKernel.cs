using System.Numerics;
using System.Runtime.CompilerServices;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators.Kernels;

/// <summary>Kernels of <see cref="StepMixing"/>.</summary>
internal static unsafe class StepMixingKernel
{
    /// <summary>y[t, m] = sum over t' ascending from 0 of weight[t, t'] x[t', m].</summary>
    public static void Forward<TLane, T>(TensorView<T> x, TensorView<T> weight, TensorView<T> y, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (steps, count) = StepMixing.Check(x, weight, y);
        LaneLoop.Elements<TLane, T, Mix<T>>(new(x.Pointer, weight.Pointer, steps, 1, y.Pointer, steps, count), count, threads);
    }

    /// <summary>gradX[t', m] = sum over t ascending from 0 of weight[t, t'] gradY[t, m].</summary>
    public static void BackwardInput<TLane, T>(TensorView<T> gradY, TensorView<T> weight, TensorView<T> gradX, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (steps, count) = StepMixing.Check(gradY, weight, gradX);
        LaneLoop.Elements<TLane, T, Mix<T>>(new(gradY.Pointer, weight.Pointer, 1, steps, gradX.Pointer, steps, count), count, threads);
    }

    /// <summary>gradWeight[t, t'] += sum over m ascending of gradY[t, m] x[t', m].</summary>
    public static void BackwardWeight<TLane, T>(TensorView<T> x, TensorView<T> gradY, TensorView<T> gradWeight, Workspace workspace)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (steps, count) = StepMixing.Check(x, gradWeight, gradY);
        var packed = workspace.Rent<T>(new Shape(MatrixKernel.PackedLength<TLane, T>(count, steps)));
        MatrixKernel.PackTransposed<TLane, T>(x.Pointer, count, count, steps, packed.Pointer);
        MatrixKernel.Multiply<TLane, T>(steps, count, steps, gradY.Pointer, count, 1, packed.Pointer, gradWeight.Pointer, steps, gradWeight.Pointer, steps);
        workspace.Return(packed);
    }

    // y[t, m] = sum over k ascending from 0 of weight[t rowStride + k depthStride] x[k, m].
    private readonly struct Mix<T>(T* x, T* weight, int rowStride, int depthStride, T* y, int steps, int count) : LaneLoop.IElementKernel<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int i)
            where TLane : unmanaged, ILane<TLane, T>
        {
            for (var t = 0; t < steps; t++)
            {
                var sum = TLane.Broadcast(T.Zero);
                for (var k = 0; k < steps; k++)
                {
                    sum = TLane.FusedMultiplyAdd(TLane.Broadcast(weight[(t * rowStride) + (k * depthStride)]), TLane.Load(x + ((nint)k * count) + i), sum);
                }

                TLane.Store(y + ((nint)t * count) + i, sum);
            }
        }
    }
}
