using System.Globalization;

namespace SpikeSR.Reference.Tests.Properties;

/// <summary>Everything that chance decides in one check: sizes, settings, values and directions all follow from it.</summary>
/// <param name="Seed">Key of the random streams.</param>
/// <param name="Size">How far extents may pass their smallest value.</param>
internal readonly record struct Sample(ulong Seed, int Size)
{
    /// <summary>The sample to check instead of random ones, from the environment variable SPIKESR_REPLAY = SEED:SIZE; null where it is not set.</summary>
    public static Sample? Replay { get; } = Parse(Environment.GetEnvironmentVariable("SPIKESR_REPLAY"));

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"SPIKESR_REPLAY={Seed}:{Size}");

    private static Sample? Parse(string? text) =>
        text?.Split(':') is [var seed, var size] ? new Sample(ulong.Parse(seed, CultureInfo.InvariantCulture), int.Parse(size, CultureInfo.InvariantCulture)) : null;
}
