using System.Globalization;
using BenchmarkDotNet.Running;
using SpikeSR.Reference.Bench;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

// SpikeSR.Reference.Bench [PART OF A NAME] [THREADS ...]   every measurement of that name, between two measurements of the peak
// SpikeSR.Reference.Bench --benchmark [ARGUMENTS OF BENCHMARKDOTNET]   the same by BenchmarkDotNet, with allocations
// SpikeSR.Reference.Bench --serve NAME THREADS             once for every line of standard input; "peak" is a name too
// SpikeSR.Reference.Bench --work NAME                      the measurement's GFLOP
// SpikeSR.Reference.Bench --tiles IMAGE ...                how much tiles differ from the whole image, against their size and overlap
// SpikeSR.Reference.Bench --weights FILE                   the weights of a new network of the published size
switch (args)
{
    case ["--tiles", .. { Length: > 0 } images]:
        TileMeasurements.Print(images);
        break;
    case ["--benchmark", .. var rest]:
        BenchmarkSwitcher.FromTypes([typeof(ProductBenchmarks), typeof(NetworkBenchmarks)]).Run(rest, BenchmarkSettings.Create());
        break;
    case ["--weights", var path]:
        ModelFile.Save(NetworkMeasurements.NewNetwork(), path);
        break;
    case ["--work", var name]:
        Console.WriteLine(Named(name).Gigaflop.ToString(CultureInfo.InvariantCulture));
        break;
    case ["--serve", "peak", var threads]:
        Serve(() => Enumerable.Range(0, 100).Max(_ => Peak.Measure<float>(Count(threads))));
        break;
    case ["--serve", var name, var threads]:
        var served = Named(name);
        Serve(() => served.Rate(Count(threads)));
        break;
    default:
        PrintAll(args.Length > 0 ? args[0] : string.Empty, args.Length > 1 ? [.. args[1..].Select(Count)] : [1, 2]);
        break;
}

static Measurement Named(string name) => Measurements().Single(each => each.Name == name).Make();

static int Count(string text) => int.Parse(text, CultureInfo.InvariantCulture);

static IEnumerable<(string Name, Func<Measurement> Make)> Measurements() => ProductMeasurements.All.Concat(NetworkMeasurements.All);

static void Serve(Func<double> rate)
{
    rate();
    Console.WriteLine("ready");
    while (Console.ReadLine() is not null)
    {
        Console.WriteLine(rate().ToString(CultureInfo.InvariantCulture));
    }
}

static void PrintAll(string part, int[] threadCounts)
{
    foreach (var threads in threadCounts)
    {
        var peak = Enumerable.Range(0, 50).Max(_ => Peak.Measure<float>(threads));
        Console.WriteLine($"{SimdDispatch.LaneName}, float, {threads} threads: peak {peak:F0} GFLOP/s");
    }

    foreach (var (name, make) in Measurements().Where(each => each.Name.Contains(part, StringComparison.OrdinalIgnoreCase)))
    {
        foreach (var threads in threadCounts)
        {
            make().Print(threads);
        }
    }
}
