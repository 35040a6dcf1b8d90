using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance;

/// <summary>How cases are evaluated.</summary>
/// <param name="Precision">Scalar that is used throughout.</param>
/// <param name="Engine">Backend.</param>
/// <param name="Threads">Threads over outputs; no result depends on their number.</param>
public sealed record EvaluationSettings(Precision Precision, EngineKind Engine, Parallelism Threads)
{
    /// <summary>The oracle: definitions in binary64, on every processor.</summary>
    public static readonly EvaluationSettings Oracle = new(Precision.F64, EngineKind.Definition, new Parallelism(0));

    /// <summary>Makes the backend, with a workspace of its own.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    internal Backend<T> CreateBackend<T>()
        where T : unmanaged, IScalar<T> => Engine switch
        {
            EngineKind.Definition => new DefinitionBackend<T>(new Workspace(), Threads),
            EngineKind.Simd => SimdBackend.Create<T>(new Workspace(), Threads),
            _ => throw new InvalidOperationException($"unknown engine {Engine}"),
        };
}
