namespace SpikeSR.Reference.Bench;

/// <summary>Products and convolutions.</summary>
public class ProductBenchmarks : Benchmarks
{
    internal override IEnumerable<(string Name, Func<Measurement> Make)> All => ProductMeasurements.All;
}
