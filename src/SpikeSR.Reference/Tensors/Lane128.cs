using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SpikeSR.Reference.Tensors;

/// <summary>A lane of 128 bits.</summary>
/// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
/// <param name="value">The hardware vector.</param>
internal unsafe struct Lane128<T>(Vector128<T> value) : ILane<Lane128<T>, T>
    where T : unmanaged
{
    public Vector128<T> Value = value;

    public static int Width
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector128<T>.Count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128<T> operator +(Lane128<T> left, Lane128<T> right) => new(left.Value + right.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128<T> operator -(Lane128<T> left, Lane128<T> right) => new(left.Value - right.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128<T> operator *(Lane128<T> left, Lane128<T> right) => new(left.Value * right.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128<T> operator /(Lane128<T> left, Lane128<T> right) => new(left.Value / right.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128<T> operator -(Lane128<T> value) => new(-value.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128<T> Load(T* source) => new(Vector128.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(T* destination, Lane128<T> value) => value.Value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128<T> Broadcast(T value) => new(Vector128.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Get(Lane128<T> value, int index) => value.Value.GetElement(index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128<T> FusedMultiplyAdd(Lane128<T> left, Lane128<T> right, Lane128<T> addend) =>
        typeof(T) == typeof(float)
            ? new(Vector128.FusedMultiplyAdd(left.Value.AsSingle(), right.Value.AsSingle(), addend.Value.AsSingle()).As<float, T>())
            : new(Vector128.FusedMultiplyAdd(left.Value.AsDouble(), right.Value.AsDouble(), addend.Value.AsDouble()).As<double, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Accumulate(ref Lane128<T> sum, Lane128<T> left, Lane128<T> right)
    {
        if (typeof(T) == typeof(float))
        {
            sum.Value = Vector128.FusedMultiplyAdd(left.Value.AsSingle(), right.Value.AsSingle(), sum.Value.AsSingle()).As<float, T>();
        }
        else
        {
            sum.Value = Vector128.FusedMultiplyAdd(left.Value.AsDouble(), right.Value.AsDouble(), sum.Value.AsDouble()).As<double, T>();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128<T> Sqrt(Lane128<T> value) => new(Vector128.Sqrt(value.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128<T> Abs(Lane128<T> value) => new(Vector128.Abs(value.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128<T> IsGreater(Lane128<T> left, Lane128<T> right) => new(Vector128.GreaterThan(left.Value, right.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128<T> IsGreaterOrEqual(Lane128<T> left, Lane128<T> right) => new(Vector128.GreaterThanOrEqual(left.Value, right.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128<T> Select(Lane128<T> mask, Lane128<T> whereSet, Lane128<T> elsewhere) =>
        new(Vector128.ConditionalSelect(mask.Value, whereSet.Value, elsewhere.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128<T> Lesser(Lane128<T> left, Lane128<T> right)
    {
        if (Sse2.IsSupported)
        {
            return typeof(T) == typeof(float)
                ? new(Sse.Min(left.Value.AsSingle(), right.Value.AsSingle()).As<float, T>())
                : new(Sse2.Min(left.Value.AsDouble(), right.Value.AsDouble()).As<double, T>());
        }

        return Select(IsGreater(right, left), left, right);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128<T> Greater(Lane128<T> left, Lane128<T> right)
    {
        if (Sse2.IsSupported)
        {
            return typeof(T) == typeof(float)
                ? new(Sse.Max(left.Value.AsSingle(), right.Value.AsSingle()).As<float, T>())
                : new(Sse2.Max(left.Value.AsDouble(), right.Value.AsDouble()).As<double, T>());
        }

        return Select(IsGreater(left, right), left, right);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128<T> And(Lane128<T> left, Lane128<T> right) => new(Vector128.BitwiseAnd(left.Value, right.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128<T> Or(Lane128<T> left, Lane128<T> right) => new(Vector128.BitwiseOr(left.Value, right.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128<T> Floor(Lane128<T> value) =>
        typeof(T) == typeof(float)
            ? new(Vector128.Floor(value.Value.AsSingle()).As<float, T>())
            : new(Vector128.Floor(value.Value.AsDouble()).As<double, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128<T> PowerOfTwo(Lane128<T> n) =>
        typeof(T) == typeof(float)
            ? new(((n.Value.AsSingle() + Vector128.Create(LaneBits.SingleExponent)).AsInt32() << 23).As<int, T>())
            : new(((n.Value.AsDouble() + Vector128.Create(LaneBits.DoubleExponent)).AsInt64() << 52).As<long, T>());
}
