using SpikeSR.Reference.Attention;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Operators;

/// <summary>Gumbel noise from a case: <c>gumbel.i</c> [B, n, n], i counting the Match calls by group, block and time step.</summary>
/// <typeparam name="T">Scalar.</typeparam>
internal sealed class StoredNoise<T> : IGumbelNoise<T>
    where T : unmanaged, IScalar<T>
{
    private readonly TensorView<T>[] _calls;
    private int _next;

    private StoredNoise(TensorView<T>[] calls) => _calls = calls;

    /// <summary>
    /// Checks that every patch fits into the image, H and W being known, and takes the noise of so many Match calls in training; B must be known.
    /// </summary>
    public static StoredNoise<T> Bind(CaseBinding<T> bind, int patchSize, int calls)
    {
        if (Math.Min(bind["H"], bind["W"]) < patchSize)
        {
            throw bind.Refuse("tensor 'in/x'", $"{bind["H"]} x {bind["W"]} pixels", $"at least one patch of {patchSize} x {patchSize}");
        }

        bind.Define("n", new PatchGrid(patchSize, patchSize - 2, bind["H"], bind["W"]).Count);
        return new StoredNoise<T>(bind.Train ? [.. Enumerable.Range(0, calls).Select(call => bind.Noise($"gumbel.{call}", "B n n"))] : []);
    }

    /// <inheritdoc/>
    public void Fill(TensorView<T> noise)
    {
        for (var at = 0; at < noise.Length; _next++)
        {
            _calls[_next].Span.CopyTo(noise.Span[at..]);
            at += _calls[_next].Length;
        }
    }
}
