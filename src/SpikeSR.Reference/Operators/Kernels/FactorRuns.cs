using System.Runtime.CompilerServices;

namespace SpikeSR.Reference.Operators.Kernels;

/// <summary>The factors k that sums meet, ascending, as runs of k that follow each other.</summary>
/// <param name="bounds">The first k of every run and the k behind its last; null for a single run.</param>
/// <param name="count">Runs.</param>
/// <param name="depth">The k behind the last of a single run, which begins at 0.</param>
internal readonly unsafe struct FactorRuns(int* bounds, int count, int depth)
{
    /// <summary>Runs.</summary>
    public int Count
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => count;
    }

    /// <summary>Every factor.</summary>
    /// <param name="depth">Number of products in a sum.</param>
    public static FactorRuns All(int depth) => new(null, 1, depth);

    /// <summary>The first k of a run.</summary>
    /// <param name="run">Index of the run.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public nint First(int run) => bounds is null ? 0 : bounds[2 * run];

    /// <summary>The k behind a run's last.</summary>
    /// <param name="run">Index of the run.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public nint End(int run) => bounds is null ? depth : bounds[(2 * run) + 1];
}
