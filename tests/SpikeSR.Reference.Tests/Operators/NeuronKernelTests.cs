using SpikeSR.Reference.Network;
using SpikeSR.Reference.Neurons;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Tests.Operators;

/// <summary>Neurons and surrogates of <see cref="Backend{T}"/>.</summary>
public sealed class NeuronKernelTests
{
    [Fact]
    public void Neurons_of_every_setting_are_their_definition() => PrimitiveScenario.Check(new NeuronScenario(), 60);

    [Fact]
    public void The_rate_of_many_neurons_has_the_definitions_gradient() => PrimitiveScenario.Check(new NeuronScenario { Count = 9001, Kind = NeuronKind.ParametricLeaky }, 4);

    [Fact]
    public void The_step_and_its_surrogates_are_their_definitions() => PrimitiveScenario.Check(new SurrogateScenario(), 30);

    private sealed class NeuronScenario : PrimitiveScenario
    {
        public int Count { get; init; }

        public NeuronKind? Kind { get; init; }

        internal override void Run<T>(Backend<T> backend, Draw<T> draw)
        {
            var (steps, count) = (draw.Size(1, 6), Count > 0 ? Count : draw.Size(1, 150));
            var settings = new NeuronSettings
            {
                Kind = Kind ?? draw.Among(NeuronKind.IntegrateAndFire, NeuronKind.Leaky, NeuronKind.ParametricLeaky),
                Tau = draw.Among(2, 4, 1.7, 3.1),
                DecayInput = draw.Flag(),
                Threshold = draw.Number(0.05, 1),
                Reset = draw.Among<double?>(null, 0, 0.1, -0.3),
                DetachReset = draw.Flag(),
                Surrogate = Surrogate(draw),
            };
            var rate = settings.Kind == NeuronKind.ParametricLeaky ? draw.Parameter(1) : null;
            var x = draw.Operand(steps, count);
            x.Span[0] = T.FromDouble(settings.Threshold);
            var membrane = draw.Flag() ? draw.Operand(count) : default;
            var (spike, trace) = (draw.Unwritten(steps, count), draw.Flag() ? draw.Unwritten(steps, count) : default);
            backend.Neuron(settings, rate, x, membrane, spike, trace);
            draw.Result("membrane", membrane);
            draw.Result("spike", spike);
            draw.Result("trace", trace);
            var (gradSpike, gradTrace) = (draw.Operand(steps, count), draw.Flag() ? draw.Operand(steps, count) : default);
            var gradX = draw.Flag() ? gradSpike : draw.Unwritten(steps, count);
            backend.NeuronBackward(settings, rate, x, draw.Flag() ? gradSpike : default, gradTrace, gradX);
            draw.Result("gradX", gradX);
            draw.Gradient("gradient by the rate", rate);
        }
    }

    private sealed class SurrogateScenario : PrimitiveScenario
    {
        internal override void Run<T>(Backend<T> backend, Draw<T> draw)
        {
            var count = draw.Size(1, 5000);
            var (surrogate, x, spike, gradX) = (Surrogate(draw), draw.Operand(count), draw.Unwritten(count), draw.Unwritten(count));
            backend.Surrogate(surrogate, x, spike);
            backend.SurrogateBackward(surrogate, x, draw.Operand(count), gradX);
            draw.Result("spike", spike);
            draw.Result("gradX", gradX);
        }
    }

    private static SurrogateFunction Surrogate<T>(Draw<T> draw)
        where T : unmanaged, IScalar<T> => new(draw.Among(Enum.GetValues<SurrogateKind>()), draw.Number(0.5, 5));
}
