using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace SpikeSR.Reference.Tensors;

/// <summary>
/// The one place that decides which lane kernels run on: the widest that the hardware works on directly. A lane wider than one number
/// counts only with a fused multiply-add in hardware; without it every element would call a software routine through vectors (SPEC REP-1).
/// </summary>
public static class SimdDispatch
{
    /// <summary>Bits in the lane that kernels run on: 512, 256, 128, or 0 for one number at a time.</summary>
    public static int LaneBits { get; } = Widest();

    /// <summary>The lane's name in reports and in the output of test processes, such as <c>Lane512</c>.</summary>
    public static string LaneName => LaneBits == 0 ? "LaneScalar" : $"Lane{LaneBits}";

    /// <summary>Makes what depends on the lane type (a backend, a kernel) for this machine's lane.</summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <typeparam name="TResult">What is made.</typeparam>
    /// <typeparam name="TChoice">Its own type, so that the compiler ahead of time sees which lanes it is made for.</typeparam>
    /// <param name="choice">Makes it for a given lane type.</param>
    internal static TResult Choose<T, TResult, TChoice>(TChoice choice)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TChoice : struct, ILaneChoice<T, TResult> => LaneBits switch
        {
            512 => choice.For<Lane512<T>>(),
            256 => choice.For<Lane256<T>>(),
            128 => choice.For<Lane128<T>>(),
            _ => choice.For<LaneScalar<T>>(),
        };

    // Asks this process's processor and settings: the attribute keeps the answers that an ahead-of-time compiler took for granted out of it.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Widest()
    {
        // On processors that slow down a little under 512-bit work the runtime does not call Vector512 accelerated, although the instructions
        // are there and, for products, nearly twice as fast. Vector256 is denied only where somebody asked for narrower vectors.
        if (Vector512.IsHardwareAccelerated || (Avx512F.IsSupported && Avx512DQ.IsSupported && Vector256.IsHardwareAccelerated))
        {
            return 512;
        }

        if (!Fma.IsSupported && !AdvSimd.IsSupported)
        {
            return 0;
        }

        return Vector256.IsHardwareAccelerated ? 256 : Vector128.IsHardwareAccelerated ? 128 : 0;
    }
}
