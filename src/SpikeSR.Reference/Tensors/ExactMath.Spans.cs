using System.Runtime.CompilerServices;

namespace SpikeSR.Reference.Tensors;

/// <content>The functions over spans, for any lane.</content>
public static partial class ExactMath
{
    /// <summary>A function of one number, over any lane.</summary>
    internal interface ILaneFunction
    {
        static abstract TLane Invoke<TLane, T>(TLane x)
            where TLane : unmanaged, ILane<TLane, T>
            where T : unmanaged;
    }

    /// <summary>Applies one function to every element; the places of a last, partly filled lane are filled with zeros.</summary>
    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    internal static unsafe void Apply<TLane, T>(ElementaryFunction function, ReadOnlySpan<T> x, Span<T> result)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        Guard.That(x.Length == result.Length, $"result holds {result.Length} elements, x {x.Length}", nameof(result));
        fixed (T* source = x, destination = result)
        {
            switch (function)
            {
                case ElementaryFunction.Exp:
                    Apply<ExpFunction, TLane, T>(source, destination, x.Length);
                    break;
                case ElementaryFunction.Sigmoid:
                    Apply<SigmoidFunction, TLane, T>(source, destination, x.Length);
                    break;
                case ElementaryFunction.Tanh:
                    Apply<TanhFunction, TLane, T>(source, destination, x.Length);
                    break;
                case ElementaryFunction.Erf:
                    Apply<ErfFunction, TLane, T>(source, destination, x.Length);
                    break;
                case ElementaryFunction.Gelu:
                    Apply<GeluFunction, TLane, T>(source, destination, x.Length);
                    break;
                case ElementaryFunction.GeluDerivative:
                    Apply<GeluDerivativeFunction, TLane, T>(source, destination, x.Length);
                    break;
                default:
                    throw new ArgumentException($"unknown function {function}", nameof(function));
            }
        }
    }

    private static unsafe void Apply<TFunction, TLane, T>(T* x, T* result, int count)
        where TFunction : ILaneFunction
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        var i = 0;
        for (; i <= count - TLane.Width; i += TLane.Width)
        {
            TLane.Store(result + i, TFunction.Invoke<TLane, T>(TLane.Load(x + i)));
        }

        if (i < count)
        {
            // Through the same loop: a second copy of the function would use up what the compiler is ready to inline.
            var rest = stackalloc T[TLane.Width];
            new Span<T>(x + i, count - i).CopyTo(new(rest, TLane.Width));
            Apply<TFunction, TLane, T>(rest, rest, TLane.Width);
            new Span<T>(rest, count - i).CopyTo(new(result + i, count - i));
        }
    }

    private readonly struct ExpFunction : ILaneFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TLane Invoke<TLane, T>(TLane x)
            where TLane : unmanaged, ILane<TLane, T>
            where T : unmanaged => Exp<TLane, T>(x);
    }

    private readonly struct SigmoidFunction : ILaneFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TLane Invoke<TLane, T>(TLane x)
            where TLane : unmanaged, ILane<TLane, T>
            where T : unmanaged => Sigmoid<TLane, T>(x);
    }

    private readonly struct TanhFunction : ILaneFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TLane Invoke<TLane, T>(TLane x)
            where TLane : unmanaged, ILane<TLane, T>
            where T : unmanaged => Tanh<TLane, T>(x);
    }

    private readonly struct ErfFunction : ILaneFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TLane Invoke<TLane, T>(TLane x)
            where TLane : unmanaged, ILane<TLane, T>
            where T : unmanaged => Erf<TLane, T>(x);
    }

    private readonly struct GeluFunction : ILaneFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TLane Invoke<TLane, T>(TLane x)
            where TLane : unmanaged, ILane<TLane, T>
            where T : unmanaged => Gelu<TLane, T>(x);
    }

    private readonly struct GeluDerivativeFunction : ILaneFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TLane Invoke<TLane, T>(TLane x)
            where TLane : unmanaged, ILane<TLane, T>
            where T : unmanaged => GeluDerivative<TLane, T>(x);
    }
}
