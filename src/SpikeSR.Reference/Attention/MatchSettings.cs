namespace SpikeSR.Reference.Attention;

/// <summary>The attributes of Match (SPEC MATCH-1).</summary>
/// <param name="Train">Whether the match is drawn through Gumbel noise with a straight-through gradient.</param>
/// <param name="Tau">Temperature of the softmax in training; 1 in the network.</param>
/// <param name="Epsilon">Added to the variance in the layer norm.</param>
/// <param name="PublishedBatch">
/// 0: every image matches within itself. Otherwise the number B of images that stand together, and evaluation takes the matched patch from the first of
/// them, as the published code does (SPEC MATCH-5).
/// </param>
public readonly record struct MatchSettings(bool Train = false, double Tau = 1, double Epsilon = 1e-5, int PublishedBatch = 0);
