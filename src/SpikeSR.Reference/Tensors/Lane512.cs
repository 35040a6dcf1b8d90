using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SpikeSR.Reference.Tensors;

/// <summary>A lane of 512 bits.</summary>
/// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
/// <param name="value">The hardware vector.</param>
internal unsafe struct Lane512<T>(Vector512<T> value) : ILane<Lane512<T>, T>
    where T : unmanaged
{
    public Vector512<T> Value = value;

    public static int Width
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector512<T>.Count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> operator +(Lane512<T> left, Lane512<T> right) => new(left.Value + right.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> operator -(Lane512<T> left, Lane512<T> right) => new(left.Value - right.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> operator *(Lane512<T> left, Lane512<T> right) => new(left.Value * right.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> operator /(Lane512<T> left, Lane512<T> right) => new(left.Value / right.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> operator -(Lane512<T> value) => new(-value.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> Load(T* source) => new(Vector512.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(T* destination, Lane512<T> value) => value.Value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> Broadcast(T value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Get(Lane512<T> value, int index) => value.Value.GetElement(index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> FusedMultiplyAdd(Lane512<T> left, Lane512<T> right, Lane512<T> addend) =>
        typeof(T) == typeof(float)
            ? new(Vector512.FusedMultiplyAdd(left.Value.AsSingle(), right.Value.AsSingle(), addend.Value.AsSingle()).As<float, T>())
            : new(Vector512.FusedMultiplyAdd(left.Value.AsDouble(), right.Value.AsDouble(), addend.Value.AsDouble()).As<double, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Accumulate(ref Lane512<T> sum, Lane512<T> left, Lane512<T> right)
    {
        if (typeof(T) == typeof(float))
        {
            sum.Value = Vector512.FusedMultiplyAdd(left.Value.AsSingle(), right.Value.AsSingle(), sum.Value.AsSingle()).As<float, T>();
        }
        else
        {
            sum.Value = Vector512.FusedMultiplyAdd(left.Value.AsDouble(), right.Value.AsDouble(), sum.Value.AsDouble()).As<double, T>();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> Sqrt(Lane512<T> value) => new(Vector512.Sqrt(value.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> Abs(Lane512<T> value) => new(Vector512.Abs(value.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> IsGreater(Lane512<T> left, Lane512<T> right) => new(Vector512.GreaterThan(left.Value, right.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> IsGreaterOrEqual(Lane512<T> left, Lane512<T> right) => new(Vector512.GreaterThanOrEqual(left.Value, right.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> Select(Lane512<T> mask, Lane512<T> whereSet, Lane512<T> elsewhere) =>
        new(Vector512.ConditionalSelect(mask.Value, whereSet.Value, elsewhere.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> Lesser(Lane512<T> left, Lane512<T> right)
    {
        if (Avx512F.IsSupported)
        {
            return typeof(T) == typeof(float)
                ? new(Avx512F.Min(left.Value.AsSingle(), right.Value.AsSingle()).As<float, T>())
                : new(Avx512F.Min(left.Value.AsDouble(), right.Value.AsDouble()).As<double, T>());
        }

        return Select(IsGreater(right, left), left, right);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> Greater(Lane512<T> left, Lane512<T> right)
    {
        if (Avx512F.IsSupported)
        {
            return typeof(T) == typeof(float)
                ? new(Avx512F.Max(left.Value.AsSingle(), right.Value.AsSingle()).As<float, T>())
                : new(Avx512F.Max(left.Value.AsDouble(), right.Value.AsDouble()).As<double, T>());
        }

        return Select(IsGreater(left, right), left, right);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> And(Lane512<T> left, Lane512<T> right) => new(Vector512.BitwiseAnd(left.Value, right.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> Or(Lane512<T> left, Lane512<T> right) => new(Vector512.BitwiseOr(left.Value, right.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> Floor(Lane512<T> value) =>
        typeof(T) == typeof(float)
            ? new(Vector512.Floor(value.Value.AsSingle()).As<float, T>())
            : new(Vector512.Floor(value.Value.AsDouble()).As<double, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> PowerOfTwo(Lane512<T> n) =>
        typeof(T) == typeof(float)
            ? new(((n.Value.AsSingle() + Vector512.Create(LaneBits.SingleExponent)).AsInt32() << 23).As<int, T>())
            : new(((n.Value.AsDouble() + Vector512.Create(LaneBits.DoubleExponent)).AsInt64() << 52).As<long, T>());
}
