namespace SpikeSR.Reference.Conformance.Judging;

/// <summary>Throws for <see cref="Scrambled{TRounding}"/>, by thread.</summary>
internal static class Dice
{
    [ThreadStatic]
    private static ulong s_state;

    /// <summary>Starts the throws of a run on this thread.</summary>
    /// <param name="seed">Its number.</param>
    public static void Start(int seed) => s_state = 0x9E3779B97F4A7C15UL * ((ulong)seed + 1);

    /// <summary>A number from 0 to sides - 1.</summary>
    /// <param name="sides">At least 1.</param>
    public static int Next(int sides)
    {
        // xorshift64*.
        s_state ^= s_state >> 12;
        s_state ^= s_state << 25;
        s_state ^= s_state >> 27;
        return (int)((((s_state * 0x2545F4914F6CDD1DUL) >> 32) * (ulong)sides) >> 32);
    }
}
