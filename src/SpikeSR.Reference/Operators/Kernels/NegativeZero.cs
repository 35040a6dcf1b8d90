using System.Runtime.InteropServices;

namespace SpikeSR.Reference.Operators.Kernels;

/// <summary>The one number that adding a zero changes: -0 + 0 = +0.</summary>
internal static class NegativeZero
{
    /// <summary>Whether it is among some numbers.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="values">The numbers.</param>
    public static unsafe bool IsIn<T>(ReadOnlySpan<T> values)
        where T : unmanaged => sizeof(T) == sizeof(int)
            ? MemoryMarshal.Cast<T, int>(values).Contains(int.MinValue)
            : MemoryMarshal.Cast<T, long>(values).Contains(long.MinValue);
}
