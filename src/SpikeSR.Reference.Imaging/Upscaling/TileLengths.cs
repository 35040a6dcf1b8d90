namespace SpikeSR.Reference.Imaging.Upscaling;

/// <summary>
/// The sides of a tile that waste nothing on overlap between the network's patches: one patch, and any number of steps more (16, 30, 44, ... for patches of 16).
/// </summary>
/// <param name="Smallest">The patch size: the smallest side that the network takes.</param>
internal readonly record struct TileLengths(int Smallest)
{
    private int Step => Smallest - 2;

    /// <summary>The smallest of them that is no smaller than <paramref name="length"/>.</summary>
    public int AtLeast(int length) => Smallest + (Math.Max(0, (length - Smallest + Step - 1) / Step) * Step);

    /// <summary>The largest of them that is no larger than <paramref name="length"/>, which is at least <see cref="Smallest"/>.</summary>
    public int AtMost(int length) => Smallest + ((length - Smallest) / Step * Step);
}
