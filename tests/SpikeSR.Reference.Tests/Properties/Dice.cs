using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Tests.Properties;

/// <summary>The choices that a sample makes: sizes and settings. The same sample makes the same choices in every scalar.</summary>
/// <param name="sample">What decides.</param>
internal sealed class Dice(Sample sample)
{
    private readonly UniformStream _stream = new(sample.Seed, 0);

    /// <summary>A whole number in [low, high].</summary>
    public int Between(int low, int high) => low + (int)(_stream.Next() * (high - low + 1));

    /// <summary>A whole number in [low, high] that small samples keep near low.</summary>
    public int Extent(int low, int high) => Between(low, Math.Min(high, low + sample.Size));

    /// <summary>A real number in [low, high).</summary>
    public double Real(double low, double high) => _stream.Next(low, high);

    /// <summary>Yes or no.</summary>
    public bool Toss() => Between(0, 1) == 1;

    /// <summary>One of several.</summary>
    public TChoice Pick<TChoice>(params ReadOnlySpan<TChoice> choices) => choices[Between(0, choices.Length - 1)];
}
