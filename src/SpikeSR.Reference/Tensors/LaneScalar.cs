using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SpikeSR.Reference.Tensors;

/// <summary>A lane of one number: what kernels run on where there is no vector hardware, and what <see cref="ExactMath"/>'s scalar entries use.</summary>
/// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
/// <param name="value">The number.</param>
internal readonly unsafe struct LaneScalar<T>(T value) : ILane<LaneScalar<T>, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public readonly T Value = value;

    public static int Width
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LaneScalar<T> operator +(LaneScalar<T> left, LaneScalar<T> right) => new(left.Value + right.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LaneScalar<T> operator -(LaneScalar<T> left, LaneScalar<T> right) => new(left.Value - right.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LaneScalar<T> operator *(LaneScalar<T> left, LaneScalar<T> right) => new(left.Value * right.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LaneScalar<T> operator /(LaneScalar<T> left, LaneScalar<T> right) => new(left.Value / right.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LaneScalar<T> operator -(LaneScalar<T> value) => new(-value.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LaneScalar<T> Load(T* source) => new(*source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(T* destination, LaneScalar<T> value) => *destination = value.Value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LaneScalar<T> Broadcast(T value) => new(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Get(LaneScalar<T> value, int index) => value.Value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LaneScalar<T> FusedMultiplyAdd(LaneScalar<T> left, LaneScalar<T> right, LaneScalar<T> addend) =>
        new(T.FusedMultiplyAdd(left.Value, right.Value, addend.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Accumulate(ref LaneScalar<T> sum, LaneScalar<T> left, LaneScalar<T> right) => sum = FusedMultiplyAdd(left, right, sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LaneScalar<T> Sqrt(LaneScalar<T> value) => new(T.Sqrt(value.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LaneScalar<T> Abs(LaneScalar<T> value) => new(T.Abs(value.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LaneScalar<T> IsGreater(LaneScalar<T> left, LaneScalar<T> right) => Mask(left.Value > right.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LaneScalar<T> IsGreaterOrEqual(LaneScalar<T> left, LaneScalar<T> right) => Mask(left.Value >= right.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LaneScalar<T> Select(LaneScalar<T> mask, LaneScalar<T> whereSet, LaneScalar<T> elsewhere) =>
        typeof(T) == typeof(float)
            ? (Bits32(mask.Value) != 0 ? whereSet : elsewhere)
            : (Bits64(mask.Value) != 0 ? whereSet : elsewhere);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LaneScalar<T> Lesser(LaneScalar<T> left, LaneScalar<T> right)
    {
        // Not a branch where there is an instruction for it.
        if (typeof(T) == typeof(float) && Sse.IsSupported)
        {
            return new(Sse.MinScalar(Vector128.CreateScalarUnsafe(left.Value).AsSingle(), Vector128.CreateScalarUnsafe(right.Value).AsSingle()).As<float, T>().ToScalar());
        }

        return left.Value < right.Value ? left : right;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LaneScalar<T> Greater(LaneScalar<T> left, LaneScalar<T> right)
    {
        if (typeof(T) == typeof(float) && Sse.IsSupported)
        {
            return new(Sse.MaxScalar(Vector128.CreateScalarUnsafe(left.Value).AsSingle(), Vector128.CreateScalarUnsafe(right.Value).AsSingle()).As<float, T>().ToScalar());
        }

        return left.Value > right.Value ? left : right;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LaneScalar<T> And(LaneScalar<T> left, LaneScalar<T> right) =>
        typeof(T) == typeof(float)
            ? new(Unsafe.BitCast<uint, T>(Bits32(left.Value) & Bits32(right.Value)))
            : new(Unsafe.BitCast<ulong, T>(Bits64(left.Value) & Bits64(right.Value)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LaneScalar<T> Or(LaneScalar<T> left, LaneScalar<T> right) =>
        typeof(T) == typeof(float)
            ? new(Unsafe.BitCast<uint, T>(Bits32(left.Value) | Bits32(right.Value)))
            : new(Unsafe.BitCast<ulong, T>(Bits64(left.Value) | Bits64(right.Value)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LaneScalar<T> Floor(LaneScalar<T> value) => new(T.Floor(value.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LaneScalar<T> PowerOfTwo(LaneScalar<T> n) =>
        typeof(T) == typeof(float)
            ? new(Unsafe.BitCast<uint, T>(Bits32(n.Value + T.CreateTruncating(LaneBits.SingleExponent)) << 23))
            : new(Unsafe.BitCast<ulong, T>(Bits64(n.Value + T.CreateTruncating(LaneBits.DoubleExponent)) << 52));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static LaneScalar<T> Mask(bool set) =>
        typeof(T) == typeof(float)
            ? new(Unsafe.BitCast<uint, T>(set ? uint.MaxValue : 0))
            : new(Unsafe.BitCast<ulong, T>(set ? ulong.MaxValue : 0));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Bits32(T value) => Unsafe.BitCast<T, uint>(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Bits64(T value) => Unsafe.BitCast<T, ulong>(value);
}
