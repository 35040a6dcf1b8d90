using SpikeSR.Reference.Attention;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Neurons;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Judging;

/// <summary>
/// The definitions on bounded numbers: what a primitive leaves in a tensor is a closed sum, rounded to storage, and decisions are the book's (SPEC BND-1, JDG-2).
/// </summary>
/// <typeparam name="T">Scalar.</typeparam>
/// <param name="book">The judged backend's decisions.</param>
/// <param name="threads">Threads over outputs.</param>
internal sealed partial class BoundingBackend<T>(DecisionBook book, Parallelism threads) : DefinitionBackend<T>(new Workspace(), threads)
    where T : unmanaged, IErrorScalar<T>
{
    /// <inheritdoc/>
    public override string Name => "bounds";

    /// <inheritdoc/>
    public override void Surrogate(SurrogateFunction surrogate, TensorView<T> x, TensorView<T> spike)
    {
        var firing = new BookFiring<T>(book.Spikes(x), isReplay: false);
        for (var i = 0; i < x.Length; i++)
        {
            spike.Span[i] = firing.Fire(x.Span[i], i);
        }
    }

    /// <inheritdoc/>
    public override void Neuron(
        NeuronSettings settings,
        Parameter<T>? rate,
        TensorView<T> x,
        TensorView<T> membrane,
        TensorView<T> spike,
        TensorView<T> trace)
    {
        var firing = new BookFiring<T>(book.Spikes(x), isReplay: false, MultipliedOut(settings));
        SpikeSR.Reference.Neurons.Neuron.ForwardWith(settings, rate?.Value ?? default, x, membrane, spike, trace, firing, Threads);
        Store(trace, membrane);
    }

    /// <inheritdoc/>
    public override void NeuronBackward(
        NeuronSettings settings,
        Parameter<T>? rate,
        TensorView<T> x,
        TensorView<T> gradSpike,
        TensorView<T> gradTrace,
        TensorView<T> gradX)
    {
        var firing = new BookFiring<T>(book.Spikes(x), isReplay: true, MultipliedOut(settings));
        SpikeSR.Reference.Neurons.Neuron.BackwardWith(settings, rate?.Value ?? default, x, gradSpike, gradTrace, gradX, rate?.Gradient ?? default, firing, Workspace, Threads);
        Store(gradX);
        Store(rate?.Gradient ?? default);
    }

    /// <inheritdoc/>
    public override void Match(
        MatchSettings settings,
        TensorView<T> x,
        Parameter<T> weight,
        Parameter<T> bias,
        TensorView<T> gumbel,
        TensorView<T> y,
        TensorView<int> chosen)
    {
        var choosing = new BookChoosing<T>(book.Matches(x.Shape[0], x.Shape[1]));
        SpikeSR.Reference.Attention.Match.ForwardWith(settings, x, weight.Value, bias.Value, gumbel, y, chosen, choosing, Workspace, Threads);

        // In training the choice is a row of a matrix, and y may be a matrix product.
        AsOperands(settings.Train ? y : default);
        Store(y);
    }

    private static void AsOperands(TensorView<T> tensor)
    {
        foreach (ref var element in tensor.Span)
        {
            element = element.AsOperand();
        }
    }

    private static void Store(params ReadOnlySpan<TensorView<T>> tensors)
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
    private static double MultipliedOut(NeuronSettings settings) =>
        settings.DecayInput && (settings.Kind == NeuronKind.ParametricLeaky || !double.IsPow2(settings.Tau)) ? 2 * T.OneRounding : 0;
}
