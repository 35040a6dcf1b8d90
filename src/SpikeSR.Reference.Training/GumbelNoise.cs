using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Training;

/// <summary>Gumbel noise -log(-log u) from a Philox stream: the same bytes on every platform (SPEC TRAIN-5).</summary>
/// <param name="seed">Seed.</param>
/// <param name="position">How many numbers earlier steps have taken.</param>
public sealed class GumbelNoise(ulong seed, ulong position) : IGumbelNoise<F32>
{
    private readonly UniformStream _uniform = new(seed, RandomStreams.Noise, position);

    /// <summary>How many numbers have been taken in all.</summary>
    public ulong Position => _uniform.Position;

    /// <inheritdoc/>
    public void Fill(TensorView<F32> noise)
    {
        foreach (ref var element in noise.Span)
        {
            // u is a multiple of 2^-53; half a step up keeps both logarithms finite.
            var u = _uniform.Next() + (0.5 / (1UL << 53));
            element = new F32((float)-ExactMath.Log(-ExactMath.Log(Math.Min(u, 1 - (0.5 / (1UL << 52))))));
        }
    }
}
