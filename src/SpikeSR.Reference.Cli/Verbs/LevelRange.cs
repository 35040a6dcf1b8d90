using SpikeSR.Reference.Conformance.Golden;

namespace SpikeSR.Reference.Cli.Verbs;

/// <summary>Levels of a suite, written as 2 or 1-3.</summary>
/// <param name="Lowest">The lowest.</param>
/// <param name="Highest">The highest, included.</param>
internal readonly record struct LevelRange(int Lowest, int Highest)
{
    /// <summary>Every level.</summary>
    public static readonly LevelRange All = new(GoldenCase.LowestLevel, GoldenCase.HighestLevel);

    /// <summary>Reads a level or a range of them.</summary>
    /// <param name="text">As <see cref="ToString"/> writes it, or one level.</param>
    /// <returns>Null where it is neither.</returns>
    public static LevelRange? Parse(string text)
    {
        var parts = text.Split('-');
        return parts.Length <= 2 && int.TryParse(parts[0], out var lowest) && int.TryParse(parts[^1], out var highest) && All.Lowest <= lowest && lowest <= highest && highest <= All.Highest
            ? new LevelRange(lowest, highest)
            : null;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Lowest}-{Highest}";
}
