using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Training.Scoring;

/// <summary>
/// Counts spikes at every LIF site while the network, in evaluation, sees the middle of each picture (SPEC SCORE-2). The middle, because everything has to
/// be kept at once; a rate is a property of the content and needs no border.
/// </summary>
/// <param name="network">The network.</param>
/// <param name="backend">What computes.</param>
public sealed class SpikeMeter(SpikeSr<F32> network, Backend<F32> backend)
{
    private const int Side = 96;
    private readonly List<Count> _counts = [];

    /// <summary>The sites in the order of the forward pass, with their rates over all pictures so far.</summary>
    public IReadOnlyList<SpikeSite> Sites => [.. _counts.Select(count => new SpikeSite(count.Name, (double)count.Spikes / count.Neurons, count.MultiplyAdds))];

    /// <summary>Counts on one picture.</summary>
    /// <param name="image">At least the network's smallest side wide and high, reduced.</param>
    public void Add(TrainingImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        var side = Math.Min(Side, Math.Min(image.LowHeight, image.LowWidth));
        using var keep = backend.Workspace.OpenScope();
        var x = keep.Rent<F32>(1, side, side, 3);
        image.CopyLow((image.LowHeight - side) / 2, (image.LowWidth - side) / 2, transform: 0, x.At(0));
        var scale = network.Configuration.Scale;
        var saved = network.Forward(new ForwardPass<F32>(backend, train: false, keep), x, keep.Rent<F32>(1, side * scale, side * scale, 3));
        var site = 0;
        for (var g = 0; g < saved.Groups.Length; g++)
        {
            for (var n = 0; n < saved.Groups[g].Blocks.Length; n++)
            {
                var block = saved.Groups[g].Blocks[n];
                Fire(site++, $"body.{g}.body.{n}.residual.0", 9, block.X);
                Fire(site++, $"body.{g}.body.{n}.residual.3", 9, block.N1.Normalised);
            }

            Fire(site++, $"body.{g}.reduce_chan_level2.0", 1, saved.Groups[g].Features);
        }
    }

    // Charges a site's neurons with their input again and counts; taps is the size of the window of the convolution behind them.
    private void Fire(int site, string name, int taps, TensorView<F32> input)
    {
        if (site == _counts.Count)
        {
            var (channels, pixels) = ((long)network.Configuration.Channels, (long)EnergyEstimate.Side * EnergyEstimate.Side);
            _counts.Add(new Count(name, network.Configuration.Steps * pixels * taps * channels * channels));
        }

        using var scope = backend.Workspace.OpenScope();
        var spikes = scope.Rent<F32>(input.Shape[0], input.Length / input.Shape[0]);
        backend.Neuron(network.Configuration.Neuron, null, input.Reshape(spikes.Shape[0], spikes.Shape[1]), default, spikes, default);
        foreach (var spike in spikes.Span)
        {
            _counts[site].Spikes += spike.Value > 0 ? 1 : 0;
        }

        _counts[site].Neurons += spikes.Length;
    }

    private sealed class Count(string name, long multiplyAdds)
    {
        public string Name { get; } = name;

        public long MultiplyAdds { get; } = multiplyAdds;

        public long Spikes { get; set; }

        public long Neurons { get; set; }
    }
}
