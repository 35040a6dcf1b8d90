using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Imaging.Upscaling;

/// <summary>A SpikeSR network as the enlarger of tiles.</summary>
/// <param name="network">The network.</param>
/// <param name="backend">What computes.</param>
internal sealed class SpikeSrTileNetwork(SpikeSr<F32> network, Backend<F32> backend) : ITileNetwork
{
    // Sequences [T, H, W, C] that are alive at once at the worst moment, those of overlapping patches counted as what they cover, and what small tiles take more,
    // in pixels of one sequence; measured with every preset.
    private const double LiveSequences = 9;
    private const double FixedPixels = 8192;
    private readonly Lock _turn = new();

    public int Scale => network.Configuration.Scale;

    public TileLengths Lengths => new(network.Configuration.MinimumSide);

    public long BytesFor(int height, int width)
    {
        var configuration = network.Configuration;
        return (long)(((LiveSequences * height * width) + FixedPixels) * configuration.Steps * configuration.Channels * sizeof(float));
    }

    public void Enlarge(TensorView<F32> tile, TensorView<F32> enlarged)
    {
        // One tile at a time: that bounds the memory, and a tile keeps every thread busy by itself.
        lock (_turn)
        {
            network.Evaluate(backend, tile, enlarged);
        }
    }
}
