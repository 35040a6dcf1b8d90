using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Imaging.Upscaling;

/// <summary>A SpikeSR network as the enlarger of tiles.</summary>
/// <param name="network">The network.</param>
/// <param name="backend">What computes.</param>
internal sealed class SpikeSrTileNetwork(SpikeSr<F32> network, Backend<F32> backend) : ITileNetwork
{
    // Alive at once at the worst moment, in deformable attention: sequences [T, H, W, C], images [H, W, C] of one step, and images cut into overlapping patches; and
    // what small tiles take more, in pixels of one sequence. Measured with every preset, with room for blocks that come back and do not fit what is asked for next.
    private const double LiveSequences = 5.55;
    private const double LiveImages = 3;
    private const double LivePatches = 3;
    private const double FixedPixels = 8192;
    private readonly Lock _turn = new();

    public int Scale => network.Configuration.Scale;

    public TileLengths Lengths => new(network.Configuration.MinimumSide);

    public long BytesFor(int height, int width)
    {
        var configuration = network.Configuration;
        double patch = configuration.PatchSizes.Aggregate(Math.Min);
        var overlap = patch / (patch - 2);
        var images = (LiveSequences * configuration.Steps) + LiveImages + (LivePatches * overlap * overlap);
        return (long)(((images * height * width) + (FixedPixels * configuration.Steps)) * configuration.Channels * sizeof(float));
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
