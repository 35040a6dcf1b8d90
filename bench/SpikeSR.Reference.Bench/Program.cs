using SpikeSR.Reference.Bench;
using SpikeSR.Reference.Tensors;

// Usage: SpikeSR.Reference.Bench [part of a name] [threads ...]
var filter = args.Length > 0 ? args[0] : string.Empty;
var threadCounts = args.Length > 1 ? args[1..].Select(int.Parse).ToArray() : [1, 2];
foreach (var threads in threadCounts)
{
    var peak = Enumerable.Range(0, 50).Max(_ => Peak.Measure<float>(threads));
    Console.WriteLine($"{SimdDispatch.LaneName}, float, {threads} threads: peak {peak:F0} GFLOP/s");
}

foreach (var (name, measurement) in SimdDispatch.Choose<float, IReadOnlyList<(string Name, Func<Measurement> Make)>, ProductMeasurements>(default))
{
    if (name.Contains(filter, StringComparison.OrdinalIgnoreCase))
    {
        foreach (var threads in threadCounts)
        {
            measurement().Print(threads);
        }
    }
}
