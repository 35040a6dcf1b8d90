namespace SpikeSR.Reference.Tensors;

/// <summary>
/// Numbers so large that adding a small integer n leaves n plus the exponent's bias in the low bits of the sum: shifted to the exponent field
/// they are 2^n. One addition and one shift, where a conversion of doubles to integers would need AVX-512.
/// </summary>
internal static class LaneBits
{
    /// <summary>1.5 2^23, plus the bias of <see cref="float"/>.</summary>
    public const float SingleExponent = 12582912f + 127f;

    /// <summary>1.5 2^52, plus the bias of <see cref="double"/>.</summary>
    public const double DoubleExponent = 6755399441055744.0 + 1023.0;
}
