namespace SpikeSR.Reference.Training;

/// <summary>Philox streams of a run's seed; parameters are initialised from the streams 0, 1, 2, ... below them.</summary>
internal static class RandomStreams
{
    /// <summary>Which crops are drawn.</summary>
    public const uint Sampling = 0x8000_0000;

    /// <summary>Gumbel noise of Match.</summary>
    public const uint Noise = 0x8000_0001;
}
