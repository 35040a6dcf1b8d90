namespace SpikeSR.Reference.Network;

/// <summary>The entries of one batch normalisation, [C] each.</summary>
/// <typeparam name="T">Element type.</typeparam>
/// <param name="Weight">Affine weight.</param>
/// <param name="Bias">Affine bias.</param>
/// <param name="RunningMean">Running mean, a buffer.</param>
/// <param name="RunningVariance">Running variance, a buffer.</param>
public sealed record NormParameters<T>(Parameter<T> Weight, Parameter<T> Bias, Parameter<T> RunningMean, Parameter<T> RunningVariance)
    where T : unmanaged;
