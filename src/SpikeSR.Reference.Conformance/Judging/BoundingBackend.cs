using SpikeSR.Reference.Attention;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Neurons;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Judging;

/// <summary>
/// The definitions on bounded numbers: what a primitive leaves in a tensor is a closed sum, rounded to storage, and decisions are the book's (SPEC BND-1, JDG-2).
/// </summary>
/// <typeparam name="TRounding">How the judged backend rounds.</typeparam>
/// <param name="book">The judged backend's decisions.</param>
/// <param name="threads">Threads over outputs.</param>
internal sealed partial class BoundingBackend<TRounding>(DecisionBook book, Parallelism threads) : DefinitionBackend<Bounded<TRounding>>(new Workspace(), threads)
    where TRounding : struct, IRounding
{
    /// <inheritdoc/>
    public override string Name => $"bounds of {TRounding.Name}";

    /// <inheritdoc/>
    public override void Surrogate(SurrogateFunction surrogate, TensorView<Bounded<TRounding>> x, TensorView<Bounded<TRounding>> spike)
    {
        var firing = new BookFiring<TRounding>(book.Spikes(x), 0, isReplay: false);
        for (var i = 0; i < x.Length; i++)
        {
            spike.Span[i] = firing.Fire(x.Span[i], i);
        }
    }

    /// <inheritdoc/>
    public override void Neuron(
        NeuronSettings settings,
        Parameter<Bounded<TRounding>>? rate,
        TensorView<Bounded<TRounding>> x,
        TensorView<Bounded<TRounding>> membrane,
        TensorView<Bounded<TRounding>> spike,
        TensorView<Bounded<TRounding>> trace)
    {
        // Step by step, so that the membrane is stored between steps: its sum does not go on.
        var (steps, count) = (x.Shape[0], x.Shape[1]);
        var call = book.Spikes(x);
        using var scope = Workspace.OpenScope();
        var (state, input) = (scope.Rent<Bounded<TRounding>>(count), scope.Rent<Bounded<TRounding>>(1, count));
        state.Span.Fill(Bounded<TRounding>.FromDouble(settings.Reset ?? 0));
        if (!membrane.IsAbsent)
        {
            membrane.CopyTo(state);
        }

        for (var t = 0; t < steps; t++)
        {
            x.Slice(t, 1).CopyTo(input);
            GrantMultipliedOut(settings, state, input);
            var after = trace.IsAbsent ? default : trace.Slice(t, 1);
            SpikeSR.Reference.Neurons.Neuron.ForwardWith(
                settings, rate?.Value ?? default, input, state, spike.Slice(t, 1), after, new BookFiring<TRounding>(call, t * count, isReplay: false), Threads);
            Store(state);
        }

        Store(trace);
        if (!membrane.IsAbsent)
        {
            state.CopyTo(membrane);
        }
    }

    /// <inheritdoc/>
    public override void NeuronBackward(
        NeuronSettings settings,
        Parameter<Bounded<TRounding>>? rate,
        TensorView<Bounded<TRounding>> x,
        TensorView<Bounded<TRounding>> gradSpike,
        TensorView<Bounded<TRounding>> gradTrace,
        TensorView<Bounded<TRounding>> gradX)
    {
        var firing = new BookFiring<TRounding>(book.Spikes(x), 0, isReplay: true);
        SpikeSR.Reference.Neurons.Neuron.BackwardWith(settings, rate?.Value ?? default, x, gradSpike, gradTrace, gradX, rate?.Gradient ?? default, firing, Workspace, Threads);
        Store(gradX);
        Store(rate?.Gradient ?? default);
    }

    /// <inheritdoc/>
    public override void Match(
        MatchSettings settings,
        TensorView<Bounded<TRounding>> x,
        Parameter<Bounded<TRounding>> weight,
        Parameter<Bounded<TRounding>> bias,
        TensorView<Bounded<TRounding>> gumbel,
        TensorView<Bounded<TRounding>> y,
        TensorView<int> chosen)
    {
        var choosing = new BookChoosing<TRounding>(book.Matches(x.Shape[0], x.Shape[1]));
        SpikeSR.Reference.Attention.Match.ForwardWith(settings, x, weight.Value, bias.Value, gumbel, y, chosen, choosing, Workspace, Threads);
        Store(y);
    }

    private static void Store(params ReadOnlySpan<TensorView<Bounded<TRounding>>> tensors)
    {
        foreach (var tensor in tensors)
        {
            foreach (ref var element in tensor.Span)
            {
                element = element.Store();
            }
        }
    }

    // V (1 - 1/tau) + X / tau in place of V + (X - V) / tau rounds 1/tau and 1 - 1/tau, which may be large beside what the definition rounds.
    private static void GrantMultipliedOut(NeuronSettings settings, TensorView<Bounded<TRounding>> state, TensorView<Bounded<TRounding>> input)
    {
        if (!settings.DecayInput || (settings.Kind == NeuronKind.Leaky && double.IsPow2(settings.Tau)))
        {
            return;
        }

        for (var i = 0; i < input.Length; i++)
        {
            ref var x = ref input.Span[i];
            var granted = 2 * (TRounding.Accumulation + TRounding.Storage) * (Math.Abs(state.Span[i].Value) + Math.Abs(settings.Reset ?? 0));
            x = granted == 0 ? x : x.Widen(granted);
        }
    }
}
