using SpikeSR.Reference.Attention;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Neurons;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance;

/// <summary>The definitions, writing down every decision they take: spikes, and the patches that Match chooses.</summary>
/// <typeparam name="T">Scalar.</typeparam>
/// <param name="threads">Threads over outputs.</param>
internal sealed class DecisionRecorder<T>(Parallelism threads) : DefinitionBackend<T>(new Workspace(), threads)
    where T : unmanaged, IScalar<T>
{
    private readonly List<Decisions> _calls = [];

    /// <summary>The decisions of every call, in the order of the calls.</summary>
    public IReadOnlyList<Decisions> Calls => _calls;

    /// <inheritdoc/>
    public override void Neuron(NeuronSettings settings, Parameter<T>? rate, TensorView<T> x, TensorView<T> membrane, TensorView<T> spike, TensorView<T> trace)
    {
        // The spikes may take the place of the input.
        var margins = x is TensorView<F64> exact && membrane.IsAbsent && this is DecisionRecorder<F64> self ? SpikeMargins.Of(self, settings, rate as Parameter<F64>, exact).Values : null;
        base.Neuron(settings, rate, x, membrane, spike, trace);
        var fired = new int[spike.Length];
        for (var i = 0; i < fired.Length; i++)
        {
            fired[i] = (int)T.ToDouble(spike.Span[i]);
        }

        _calls.Add(new Decisions("spike, H - V_th =", fired, (i, _) => margins?[i] ?? double.NaN));
    }

    /// <inheritdoc/>
    public override void Match(MatchSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> gumbel, TensorView<T> y, TensorView<int> chosen)
    {
        var similarity = Similarity(settings, x, weight, bias, gumbel);
        base.Match(settings, x, weight, bias, gumbel, y, chosen);
        var (patches, choice) = (x.Shape[1], chosen.Span.ToArray());
        _calls.Add(new Decisions("match, similarity less the other's =", choice, (i, other) => similarity[(i * patches) + choice[i]] - similarity[(i * patches) + other]));
    }

    // A (+ gumbel) without the self term, [N n, n]; what is near 0 in its differences was near a tie.
    private double[] Similarity(MatchSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> gumbel)
    {
        var (count, patches, channels) = (x.Shape[0] * x.Shape[1], x.Shape[1], x.Shape[3]);
        using var scope = Workspace.OpenScope();
        var (means, queries) = (scope.Rent<T>(count, channels), scope.Rent<T>(count, channels));
        AveragePool(x.Reshape(count, x.Shape[2], channels), means);
        LayerNorm(settings.Epsilon, means, weight, bias, queries);
        var similarity = new double[count * patches];
        for (var at = 0; at < similarity.Length; at++)
        {
            var (i, j) = (at / patches, (at / patches / patches * patches) + (at % patches));
            for (var c = 0; c < channels; c++)
            {
                similarity[at] += T.ToDouble(queries.Span[(i * channels) + c]) * T.ToDouble(queries.Span[(j * channels) + c]) / Math.Sqrt(channels);
            }

            similarity[at] += gumbel.IsAbsent ? 0 : T.ToDouble(gumbel.Span[at]);
        }

        return similarity;
    }
}
