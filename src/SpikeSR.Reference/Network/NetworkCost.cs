namespace SpikeSR.Reference.Network;

/// <summary>
/// The multiply-adds of one inference, counted from the definition (SPEC COST): every convolution over an image, linear map of tokens, attention product and product of
/// Match's queries, padding included; what is equal at every step (the head) is counted once. Normalisations, activations, sampling and the maps of pooled vectors (HDA's, FRB's) are not counted.
/// </summary>
public static class NetworkCost
{
    /// <summary>Multiply-adds for one image.</summary>
    /// <param name="configuration">Sizes.</param>
    /// <param name="height">Image height in pixels.</param>
    /// <param name="width">Image width in pixels.</param>
    public static long MultiplyAdds(SpikeSrConfiguration configuration, int height, int width)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        long channels = configuration.Channels;
        var pixels = (long)height * width;
        var head = pixels * 3 * 9 * channels;
        long blocks = 0;
        for (var block = 0; block < configuration.Groups * configuration.Blocks; block++)
        {
            blocks += configuration.Steps * BlockStep(configuration, configuration.PatchSizeOf(block), height, width);
        }

        var reductions = configuration.Groups * configuration.Steps * pixels * channels * channels;
        var refinement = pixels * 9 * ((channels * channels) + (channels * (channels / 8)) + ((channels / 8) * channels));
        var tail = pixels * 9 * channels * 3 * configuration.Scale * configuration.Scale;
        return head + blocks + reductions + refinement + tail;
    }

    // One step of one block.
    private static long BlockStep(SpikeSrConfiguration configuration, int patchSize, int height, int width)
    {
        long channels = configuration.Channels;
        var pixels = (long)height * width;
        var patches = new Attention.PatchGrid(patchSize, patchSize - 2, height, width).Count;
        var (tokens, inPatch) = ((long)patches * patchSize * patchSize, (long)patchSize * patchSize);
        var convolutions = pixels * 9 * channels * channels * 4; // two on the main path, the shortcut, DSA's last
        var projections = tokens * channels * ((2L * configuration.QueryDepth) + channels);
        var attention = tokens * inPatch * (configuration.QueryDepth + channels);
        var mlp = tokens * 2 * channels * configuration.Hidden;
        var deformable = tokens * 9 * channels * (27 + channels);
        var match = (long)patches * patches * channels;
        return convolutions + (3 * (projections + attention + mlp)) + deformable + match;
    }
}
