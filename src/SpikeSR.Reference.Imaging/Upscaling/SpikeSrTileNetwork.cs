using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Imaging.Upscaling;

/// <summary>A SpikeSR network as the enlarger of tiles.</summary>
/// <param name="network">The network.</param>
/// <param name="backend">What computes.</param>
internal sealed class SpikeSrTileNetwork(SpikeSr<F32> network, Backend<F32> backend) : ITileNetwork
{
    // Sequences [T, H, W, C] that are alive at once at the worst moment, those of overlapping patches counted as what they cover; measured with every preset.
    private const double LiveSequences = 12;
    private readonly Lock _turn = new();

    public int Scale => network.Configuration.Scale;

    public TileLengths Lengths => new(network.Configuration.MinimumSide);

    public long BytesFor(int height, int width)
    {
        var configuration = network.Configuration;
        return (long)((double)height * width * configuration.Steps * configuration.Channels * sizeof(float) * LiveSequences);
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
