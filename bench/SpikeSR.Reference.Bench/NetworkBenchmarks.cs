namespace SpikeSR.Reference.Bench;

/// <summary>The network: inference and a training step.</summary>
public class NetworkBenchmarks : Benchmarks
{
    internal override IEnumerable<(string Name, Func<Measurement> Make)> All => NetworkMeasurements.All;
}
