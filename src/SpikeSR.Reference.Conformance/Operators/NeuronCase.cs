using SpikeSR.Reference.Conformance.Judging;
using SpikeSR.Reference.Neurons;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Operators;

/// <summary>IF, LIF and PLIF over T steps from a fresh membrane.</summary>
internal sealed class NeuronCase : CaseOperator
{
    private readonly NeuronKind _kind;

    private NeuronCase(string name, NeuronKind kind, string signature, params ReadOnlySpan<CaseAttribute> own)
        : base(
            name,
            signature,
            [.. own, CaseAttribute.Number("v_threshold"), CaseAttribute.NumberOrNull("v_reset"), CaseAttribute.Boolean("detach_reset"), .. SurrogateAttributes.All]) => _kind = kind;

    /// <summary>One for each kind of neuron.</summary>
    public static IReadOnlyList<CaseOperator> All { get; } =
    [
        new NeuronCase("lif", NeuronKind.Leaky, "x [T, ...] -> spike, v (after reset)", CaseAttribute.Number("tau", above: 1), CaseAttribute.Boolean("decay_input")),
        new NeuronCase("if", NeuronKind.IntegrateAndFire, "x [T, ...] -> spike, v (after reset)"),
        new NeuronCase("plif", NeuronKind.ParametricLeaky, "x [T, ...] -> spike; w [1]", CaseAttribute.Boolean("decay_input")),
    ];

    internal override Action Bind<T>(CaseBinding<T> bind)
    {
        var settings = Settings(bind.Attributes);
        var rate = _kind == NeuronKind.ParametricLeaky ? bind.Parameter("w", "1") : null;
        var x = bind.Input("x", "T ...");
        var shape = x.StoredShape.ToArray();
        var (spike, trace) = (bind.Output("spike", shape), _kind == NeuronKind.ParametricLeaky ? null : bind.Output("v", shape));
        return () =>
        {
            // Steps by neurons; an output that the case does not have is absent.
            TensorView<T> Matrix(TensorView<T>? tensor) => tensor?.Reshape(bind["T"], x.Shape.Length / bind["T"]) ?? default;
            bind.Backend.Neuron(settings, rate, Matrix(x.Value), default, Matrix(spike.Value), Matrix(trace?.Value));
            if (bind.WantsGradients)
            {
                bind.Backend.NeuronBackward(settings, rate, Matrix(x.Value), Matrix(spike.Gradient), Matrix(trace?.Gradient), Matrix(x.Gradient));
            }
        };
    }

    internal override SpikeMargins Margins(CaseFile question)
    {
        var backend = new DefinitionBackend<F64>(new Workspace(), EvaluationSettings.Oracle.Threads);
        var bind = new CaseBinding<F64>(question, backend);
        var rate = _kind == NeuronKind.ParametricLeaky ? bind.Parameter("w", "1") : null;
        var x = bind.Input("x", "T ...").Value;
        return SpikeMargins.Of(backend, Settings(question.Attributes), rate, x.Reshape(bind["T"], x.Length / bind["T"]));
    }

    private NeuronSettings Settings(CaseAttributes attributes) => new()
    {
        Kind = _kind,
        Tau = _kind == NeuronKind.Leaky ? attributes.Number("tau") : 2,
        DecayInput = _kind != NeuronKind.IntegrateAndFire && attributes.Boolean("decay_input"),
        Threshold = attributes.Number("v_threshold"),
        Reset = attributes.NumberOrNull("v_reset"),
        DetachReset = attributes.Boolean("detach_reset"),
        Surrogate = SurrogateAttributes.Read(attributes),
    };

    internal override DecisionPlan Decisions(CaseFile question) => DecisionPlan.OutputSpikes(question);
}
