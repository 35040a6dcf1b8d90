namespace SpikeSR.Reference.Imaging;

/// <summary>What the last channel means.</summary>
public enum AlphaKind
{
    /// <summary>A colour or band like the others.</summary>
    None,

    /// <summary>Opacity; colours are not multiplied by it.</summary>
    Straight,

    /// <summary>Opacity; colours are already multiplied by it.</summary>
    Premultiplied,
}
