using System.Runtime.Intrinsics;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Judging;

/// <summary>
/// Sums of absolute values without computing a single one of them: with independent standard Cauchy numbers z, <c>sum z_j a_j</c> is Cauchy of scale
/// <c>sum |a_j|</c>, whatever their signs, and the median of its absolute value over many draws is that scale (SPEC BND-5).
/// </summary>
internal static class CauchyScale
{
    /// <summary>Lanes of a draw.</summary>
    public const int Lanes = 16;

    /// <summary>Draws, each a run of the definitions.</summary>
    public const int Runs = 2;

    /// <summary>The median of 32 draws is under an eighth of the scale once in 2e9 times.</summary>
    public const double Margin = 8;

    // Many times what a float's underflow may have lost.
    private const double Floor = 1e-30;

    private const int TableLength = 1 << 16;

    private static readonly float[] Table = MakeTable();

    [ThreadStatic]
    private static ulong s_state;

    /// <summary>Starts the draws of a run on this thread.</summary>
    /// <param name="run">Its number.</param>
    public static void Start(int run) => s_state = 0x9E3779B97F4A7C15UL * ((ulong)run + 1);

    /// <summary>The next draw.</summary>
    public static Vector512<float> Next()
    {
        // xorshift64*.
        var state = s_state;
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        s_state = state;
        return Vector512.LoadUnsafe(ref Table[(state * 0x2545F4914F6CDD1DUL) >> 48]);
    }

    /// <summary>The bound that draws support: <see cref="Margin"/> times the median of their absolute values.</summary>
    /// <param name="draws">Overwritten.</param>
    /// <param name="unit">What they count.</param>
    public static double Bound(Span<float> draws, double unit)
    {
        foreach (ref var draw in draws)
        {
            draw = float.IsNaN(draw) ? float.PositiveInfinity : Math.Abs(draw);
        }

        draws.Sort();
        return ((Margin * (double)draws[draws.Length / 2]) + Floor) * unit;
    }

    // The quotient of the coordinates of a point of the unit disc: + - * / and comparisons alone, the same on every platform.
    private static float[] MakeTable()
    {
        var numbers = new UniformStream(seed: 20250304223, stream: 0);
        var table = new float[TableLength + Lanes];
        for (var i = 0; i < table.Length;)
        {
            var (x, y) = (numbers.Next(-1, 1), numbers.Next(-1, 1));
            if ((x * x) + (y * y) is > 1e-12 and <= 1 && y != 0)
            {
                table[i++] = (float)(x / y);
            }
        }

        return table;
    }
}
