using System.CommandLine;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Cli.Verbs;

/// <summary>The options that say what computes.</summary>
internal static class EngineOptions
{
    /// <summary>--threads.</summary>
    public static readonly Option<int> Threads = new("--threads", "-j")
    {
        Description = "Threads; 0: one a processor. Results do not depend on it.",
        DefaultValueFactory = _ => 0,
    };

    /// <summary>The fast engine in float32.</summary>
    public static Backend<F32> Simd(ParseResult parsed) => SimdBackend.Create<F32>(new Workspace(), ThreadsOf(parsed));

    /// <summary>The threads asked for.</summary>
    /// <exception cref="ArgumentException">A negative number.</exception>
    public static Parallelism ThreadsOf(ParseResult parsed)
    {
        var threads = parsed.GetValue(Threads);
        return threads is >= 0 and <= 1024 ? new Parallelism(threads) : throw new ArgumentException($"--threads is {threads}, expected 0 to 1024");
    }
}
