using System.Numerics;
using System.Runtime.CompilerServices;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators.Kernels;

/// <summary>Kernel of <see cref="Adam"/>.</summary>
internal static unsafe class AdamKernel
{
    /// <summary>Updates parameters and moments in place.</summary>
    public static void Step<TLane, T>(AdamSettings settings, long step, TensorView<T> theta, TensorView<T> gradient, TensorView<T> m, TensorView<T> v, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Adam.Check(settings, step, theta, gradient, m, v);
        LaneLoop.Elements<TLane, T, Update<T>>(new(new(settings, step), theta.Pointer, gradient.Pointer, m.Pointer, v.Pointer), theta.Length, threads);
    }

    private readonly struct Update<T>(AdamConstants constants, T* theta, T* gradient, T* m, T* v) : LaneLoop.IElementKernel<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        private readonly T _learningRate = T.CreateTruncating(constants.LearningRate);
        private readonly T _beta1 = T.CreateTruncating(constants.Beta1);
        private readonly T _beta2 = T.CreateTruncating(constants.Beta2);
        private readonly T _take1 = T.CreateTruncating(constants.Take1);
        private readonly T _take2 = T.CreateTruncating(constants.Take2);
        private readonly T _correction1 = T.CreateTruncating(constants.Correction1);
        private readonly T _correction2 = T.CreateTruncating(constants.Correction2);
        private readonly T _epsilon = T.CreateTruncating(constants.Epsilon);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int i)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var g = TLane.Load(gradient + i);
            var momentum = TLane.FusedMultiplyAdd(TLane.Broadcast(_beta1), TLane.Load(m + i), TLane.Broadcast(_take1) * g);
            var second = TLane.FusedMultiplyAdd(TLane.Broadcast(_beta2), TLane.Load(v + i), TLane.Broadcast(_take2) * (g * g));
            TLane.Store(m + i, momentum);
            TLane.Store(v + i, second);
            var numerator = TLane.Broadcast(_learningRate) * (momentum / TLane.Broadcast(_correction1));
            var denominator = TLane.Sqrt(second / TLane.Broadcast(_correction2)) + TLane.Broadcast(_epsilon);
            TLane.Store(theta + i, TLane.Load(theta + i) - (numerator / denominator));
        }
    }
}
