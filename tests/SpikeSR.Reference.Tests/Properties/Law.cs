namespace SpikeSR.Reference.Tests.Properties;

/// <summary>Something that must hold of an engine for every sample.</summary>
/// <param name="Name">What it is about and what must hold; the first 50 characters stand in test reports.</param>
/// <param name="Samples">How many samples are checked.</param>
/// <param name="Violation">Null where it holds; otherwise what was found.</param>
internal sealed record Law(string Name, int Samples, Func<Sample, IEngine, string?> Violation)
{
    /// <summary>Whether the samples are fixed instead of random: for laws of finite differences, which a kink within the step would break.</summary>
    public bool HasFixedSamples { get; init; }

    /// <summary>The samples of a law with fixed ones, which also serve where a quick answer must always be the same.</summary>
    public IEnumerable<Sample> FixedSamples => Enumerable.Range(1, Samples).Select(i => new Sample((ulong)i, i % 6));

    public override string ToString() => Name;
}
