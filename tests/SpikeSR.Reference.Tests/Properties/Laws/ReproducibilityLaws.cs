using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Tests.Properties.Laws;

/// <summary>No byte of any subject depends on threads or on what memory held before; no buffer is kept.</summary>
internal static class ReproducibilityLaws
{
    public static IEnumerable<Law> Of(Subject subject)
    {
        var samples = Math.Min(3, subject.Samples);
        yield return new($"{subject}: the same on one thread and three", samples, (sample, engine) =>
            First(
                Differences(subject, sample, engine.Create<F64>(), engine.Create<F64>(new Workspace(), new Parallelism(3))),
                Differences(subject, sample, engine.Create<F32>(), engine.Create<F32>(new Workspace(), new Parallelism(3)))));
        yield return new($"{subject}: the same in used memory", samples, (sample, engine) =>
        {
            var backend = engine.Create<F64>();
            return First(
                Differences(subject, sample, backend, backend),
                backend.Workspace.RentedBytes == 0 ? null : $"{backend.Workspace.RentedBytes} bytes are still rented");
        });
    }

    /// <summary>Null where two backends give the same bytes for every output and gradient of a sample.</summary>
    public static string? Differences<T>(Subject subject, Sample sample, Backend<T> left, Backend<T> right)
        where T : unmanaged, IScalar<T>
    {
        var one = subject.Run(sample, left, Plain<T>, backwardPasses: 1);
        var other = subject.Run(sample, right, Plain<T>, backwardPasses: 1);
        foreach (var (a, b) in one.Outputs.Zip(other.Outputs))
        {
            if (Comparison.Bytes($"output {a.Name}", a.Value, b.Value) is { } difference)
            {
                return difference;
            }
        }

        foreach (var (a, b) in one.Inputs.Zip(other.Inputs))
        {
            if (Comparison.Bytes($"the gradient of {a.Name}", a.Gradient, b.Gradient) is { } difference)
            {
                return difference;
            }
        }

        return null;
    }

    private static T Plain<T>(Drawn drawn)
        where T : unmanaged, IScalar<T> => T.FromDouble(drawn.Value);

    private static string? First(params ReadOnlySpan<string?> violations) => Comparison.First(violations);
}
