using System.CommandLine;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Cli.Verbs;

/// <summary>The options that say what computes.</summary>
internal static class EngineOptions
{
    /// <summary>--threads.</summary>
    public static readonly Option<int> Threads =
        Options.Integer("--threads", "Threads; 0: one a processor. Results do not depend on it.", minimum: 0, maximum: 1024, fallback: 0, "-j");

    /// <summary>The fast engine in float32.</summary>
    public static Backend<F32> Simd(ParseResult parsed) => SimdBackend.Create<F32>(new Workspace(), ThreadsOf(parsed));

    /// <summary>The threads asked for.</summary>
    public static Parallelism ThreadsOf(ParseResult parsed) => new(parsed.GetValue(Threads));
}
