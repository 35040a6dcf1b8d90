using SpikeSR.Reference.Imaging;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;
using SpikeSR.Reference.Training;

namespace SpikeSR.Reference.Bench;

/// <summary>The published network as a whole: inference and a training step, on weights as a new network has them and on noise.</summary>
internal static class NetworkMeasurements
{
    /// <summary>Every measurement by name.</summary>
    public static IEnumerable<(string Name, Func<Measurement> Make)> All =>
        from side in new[] { 64, 128 }
        from measurement in new (string Name, Func<string, Measurement> Make)[]
        {
            ($"inference {side}x{side}", name => Inference(name, side)), ($"training step {side}x{side}", name => TrainingStep(name, side)),
        }
        select (measurement.Name, new Func<Measurement>(() => measurement.Make(measurement.Name)));

    /// <summary>A new network of the published size.</summary>
    public static SpikeSr<F32> NewNetwork()
    {
        var network = new SpikeSr<F32>(SpikeSrConfiguration.Preset("published"));
        network.StateDict.Initialise(seed: 1);
        return network;
    }

    private static Measurement Inference(string name, int side)
    {
        var network = NewNetwork();
        var x = TensorView<F32>.Allocate(new Shape(1, side, side, 3));
        var y = TensorView<F32>.Allocate(new Shape(1, 4 * side, 4 * side, 3));
        var random = new Random(1);
        foreach (ref var element in x.Span)
        {
            element = new F32(random.NextSingle());
        }

        Backend<F32>? backend = null;
        return new Measurement(name, Gigaflop(network, side), threads => network.Evaluate(backend = Engine(backend, threads), x, y));
    }

    private static Measurement TrainingStep(string name, int side)
    {
        var picture = new Image(new ImageHeader(4 * side, 4 * side, 3, SampleKind.UInt8));
        var random = new Random(1);
        for (var row = 0; row < picture.Height; row++)
        {
            foreach (ref var sample in picture.Row(row))
            {
                sample = random.Next(256);
            }
        }

        var pool = new ImagePool([TrainingImage.Of("noise", picture, scale: 4, smallest: side, Parallelism.Single)]);
        var network = NewNetwork();
        var settings = new TrainingSettings { Crop = side, Batch = 1, AverageDecay = 0 };
        Backend<F32>? backend = null;
        Trainer? trainer = null;
        return new Measurement(name, 3 * Gigaflop(network, side), threads =>
        {
            if (backend != (backend = Engine(backend, threads)) || trainer is null)
            {
                trainer = new Trainer(network, settings, backend, pool);
            }

            trainer.Advance();
        });
    }

    private static double Gigaflop(SpikeSr<F32> network, int side) => 2e-9 * NetworkCost.MultiplyAdds(network.Configuration, side, side);

    private static Backend<F32> Engine(Backend<F32>? present, int threads) =>
        present?.Threads.Threads == threads ? present : SimdBackend.Create<F32>(new Workspace(), new Parallelism(threads));
}
