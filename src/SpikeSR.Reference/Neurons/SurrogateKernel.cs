using System.Numerics;
using System.Runtime.CompilerServices;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Neurons;

/// <summary>Kernels of <see cref="Surrogate"/>, and the step and its surrogate gradient on lanes.</summary>
internal static unsafe class SurrogateKernel
{
    /// <summary>spike = step(x).</summary>
    public static void Forward<TLane, T>(TensorView<T> x, TensorView<T> spike, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Guard.SameLength(x, spike, nameof(spike));
        LaneLoop.Elements<TLane, T, Step<T>>(new(x.Pointer, spike.Pointer), x.Length, threads);
    }

    /// <summary>gradX = gradSpike sg(x).</summary>
    public static void Backward<TLane, T>(SurrogateFunction surrogate, TensorView<T> x, TensorView<T> gradSpike, TensorView<T> gradX, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        surrogate.Check();
        Guard.SameLength(x, gradSpike, nameof(gradSpike));
        Guard.SameLength(x, gradX, nameof(gradX));
        LaneLoop.Elements<TLane, T, Gradient<T>>(new(new(surrogate), x.Pointer, gradSpike.Pointer, gradX.Pointer), x.Length, threads);
    }

    /// <summary>1 where u &gt;= 0, else 0; 0 where u is NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane Fire<TLane, T>(TLane u)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var zero = TLane.Broadcast(T.Zero);
        return TLane.Select(TLane.IsGreaterOrEqual(u, zero), TLane.Broadcast(T.One), zero);
    }

    /// <summary>A surrogate's shape and its constants as numbers, each rounded once from double.</summary>
    internal readonly struct Constants<T>(SurrogateFunction surrogate)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        private readonly SurrogateKind _kind = surrogate.Kind;
        private readonly T _alpha = T.CreateTruncating(surrogate.Alpha);

        // pi/2 alpha of ATan, alpha / sqrt(pi) of Erf.
        private readonly T _factor = T.CreateTruncating(surrogate.Kind == SurrogateKind.Erf ? surrogate.Alpha / Math.Sqrt(Math.PI) : Math.PI / 2 * surrogate.Alpha);

        /// <summary>sg(u), as <see cref="SurrogateFunction.Derivative{T}"/>.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane Derivative<TLane>(TLane u)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var (alpha, one, two) = (TLane.Broadcast(_alpha), TLane.Broadcast(T.One), TLane.Broadcast(T.One + T.One));
            switch (_kind)
            {
                case SurrogateKind.Sigmoid:
                    var q = ExactMath.Sigmoid<TLane, T>(alpha * u);
                    return alpha * (q * (one - q));
                case SurrogateKind.ATan:
                {
                    var z = TLane.Broadcast(_factor) * u;
                    return alpha / (two * (one + (z * z)));
                }

                case SurrogateKind.PiecewiseQuadratic:
                    var (height, zero) = (alpha - ((alpha * alpha) * TLane.Abs(u)), TLane.Broadcast(T.Zero));
                    return TLane.Select(TLane.IsGreater(height, zero), height, zero);
                case SurrogateKind.PiecewiseExp:
                    return (alpha / two) * ExactMath.Exp<TLane, T>(-(alpha * TLane.Abs(u)));
                case SurrogateKind.SoftSign:
                    var w = one + (alpha * TLane.Abs(u));
                    return alpha / (two * (w * w));
                default:
                {
                    var z = alpha * u;
                    return TLane.Broadcast(_factor) * ExactMath.Exp<TLane, T>(-(z * z));
                }
            }
        }
    }

    private readonly struct Step<T>(T* x, T* spike) : LaneLoop.IElementKernel<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int i)
            where TLane : unmanaged, ILane<TLane, T> => TLane.Store(spike + i, Fire<TLane, T>(TLane.Load(x + i)));
    }

    private readonly struct Gradient<T>(Constants<T> surrogate, T* x, T* gradSpike, T* gradX) : LaneLoop.IElementKernel<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int i)
            where TLane : unmanaged, ILane<TLane, T> =>
            TLane.Store(gradX + i, TLane.Load(gradSpike + i) * surrogate.Derivative(TLane.Load(x + i)));
    }
}
