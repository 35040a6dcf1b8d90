using BenchmarkDotNet.Attributes;

namespace SpikeSR.Reference.Bench;

/// <summary>The measurements of one kind as BenchmarkDotNet runs them: a name, a number of threads.</summary>
public abstract class Benchmarks
{
    private Measurement? _measurement;

    /// <summary>Name of the measurement.</summary>
    [ParamsSource(nameof(Names))]
    public string Name { get; set; } = string.Empty;

    /// <summary>Threads.</summary>
    [Params(1, 2)]
    public int Threads { get; set; }

    /// <summary>Names of all measurements.</summary>
    public IEnumerable<string> Names => All.Select(each => each.Name);

    /// <summary>The measurements.</summary>
    internal abstract IEnumerable<(string Name, Func<Measurement> Make)> All { get; }

    /// <summary>Makes the operands.</summary>
    [GlobalSetup]
    public void Prepare() => _measurement = Find(Name);

    /// <summary>One run.</summary>
    [Benchmark]
    public void Run() => _measurement!.Run(Threads);

    /// <summary>A measurement by name.</summary>
    internal Measurement Find(string name) => All.Single(each => each.Name == name).Make();
}
