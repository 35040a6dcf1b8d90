using System.Numerics;
using System.Runtime.CompilerServices;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators.Kernels;

/// <summary>Kernels of <see cref="Activation"/>.</summary>
internal static unsafe class ActivationKernel
{
    /// <summary>y = f(x).</summary>
    public static void Forward<TLane, T>(ActivationKind kind, TensorView<T> x, TensorView<T> y, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Guard.SameLength(x, y, nameof(y));
        switch (kind)
        {
            case ActivationKind.Gelu:
                LaneLoop.Elements<TLane, T, Gelu<T>>(new(x.Pointer, y.Pointer), x.Length, threads);
                break;
            case ActivationKind.Relu:
                LaneLoop.Elements<TLane, T, Relu<T>>(new(x.Pointer, y.Pointer), x.Length, threads);
                break;
            case ActivationKind.Sigmoid:
                LaneLoop.Elements<TLane, T, Sigmoid<T>>(new(x.Pointer, y.Pointer), x.Length, threads);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(kind));
        }
    }

    /// <summary>x = GELU(x) on one thread.</summary>
    public static void GeluInPlace<TLane, T>(T* x, int count)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T> => LaneLoop.ElementRange<TLane, T, Gelu<T>>(new(x, x), 0, count);

    /// <summary>y = GELU(x) and gradient = gradient GELU'(x) on one thread.</summary>
    public static void GeluWithGradient<TLane, T>(T* x, T* y, T* gradient, int count)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T> => LaneLoop.ElementRange<TLane, T, GeluBoth<T>>(new(x, y, gradient), 0, count);

    /// <summary>y = 2 sigmoid(x) for the first channels of every pixel, as many as fill y's pixels, on one thread.</summary>
    public static void TwiceSigmoid<TLane, T>(T* x, int xStride, T* y, int yStride, int pixels)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var two = TLane.Broadcast(T.CreateTruncating(2));
        for (var pixel = 0; pixel < pixels; pixel++, x += xStride, y += yStride)
        {
            for (var c = 0; c < yStride; c += TLane.Width)
            {
                TLane.Store(y + c, ExactMath.Sigmoid<TLane, T>(TLane.Load(x + c)) * two);
            }
        }
    }

    /// <summary>gradX = gradY f'(x).</summary>
    public static void Backward<TLane, T>(ActivationKind kind, TensorView<T> x, TensorView<T> gradY, TensorView<T> gradX, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Guard.SameLength(x, gradY, nameof(gradY));
        Guard.SameLength(x, gradX, nameof(gradX));
        switch (kind)
        {
            case ActivationKind.Gelu:
                LaneLoop.Elements<TLane, T, GeluBackward<T>>(new(x.Pointer, gradY.Pointer, gradX.Pointer), x.Length, threads);
                break;
            case ActivationKind.Relu:
                LaneLoop.Elements<TLane, T, ReluBackward<T>>(new(x.Pointer, gradY.Pointer, gradX.Pointer), x.Length, threads);
                break;
            case ActivationKind.Sigmoid:
                LaneLoop.Elements<TLane, T, SigmoidBackward<T>>(new(x.Pointer, gradY.Pointer, gradX.Pointer), x.Length, threads);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(kind));
        }
    }

    private readonly struct Gelu<T>(T* x, T* y) : LaneLoop.IElementKernel<T>
        where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int i)
            where TLane : unmanaged, ILane<TLane, T> => TLane.Store(y + i, ExactMath.Gelu<TLane, T>(TLane.Load(x + i)));
    }

    private readonly struct Relu<T>(T* x, T* y) : LaneLoop.IElementKernel<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int i)
            where TLane : unmanaged, ILane<TLane, T>
        {
            TLane.Store(y + i, TLane.Greater(TLane.Load(x + i), TLane.Broadcast(T.Zero)));
        }
    }

    private readonly struct Sigmoid<T>(T* x, T* y) : LaneLoop.IElementKernel<T>
        where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int i)
            where TLane : unmanaged, ILane<TLane, T> => TLane.Store(y + i, ExactMath.Sigmoid<TLane, T>(TLane.Load(x + i)));
    }

    private readonly struct GeluBackward<T>(T* x, T* gradY, T* gradX) : LaneLoop.IElementKernel<T>
        where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int i)
            where TLane : unmanaged, ILane<TLane, T> =>
            TLane.Store(gradX + i, TLane.Load(gradY + i) * ExactMath.GeluDerivative<TLane, T>(TLane.Load(x + i)));
    }

    private readonly struct GeluBoth<T>(T* x, T* y, T* gradient) : LaneLoop.IElementKernel<T>
        where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int i)
            where TLane : unmanaged, ILane<TLane, T>
        {
            TLane.Store(y + i, ExactMath.Gelu<TLane, T>(TLane.Load(x + i), out var derivative));
            TLane.Store(gradient + i, TLane.Load(gradient + i) * derivative);
        }
    }

    private readonly struct ReluBackward<T>(T* x, T* gradY, T* gradX) : LaneLoop.IElementKernel<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int i)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var (zero, one) = (TLane.Broadcast(T.Zero), TLane.Broadcast(T.One));
            TLane.Store(gradX + i, TLane.Load(gradY + i) * TLane.Select(TLane.IsGreater(TLane.Load(x + i), zero), one, zero));
        }
    }

    private readonly struct SigmoidBackward<T>(T* x, T* gradY, T* gradX) : LaneLoop.IElementKernel<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int i)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var sigmoid = ExactMath.Sigmoid<TLane, T>(TLane.Load(x + i));
            TLane.Store(gradX + i, TLane.Load(gradY + i) * (sigmoid * (TLane.Broadcast(T.One) - sigmoid)));
        }
    }
}
