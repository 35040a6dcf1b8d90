using SpikeSR.Reference.Neurons;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;
using SpikeSR.Reference.Tests.Properties.Subjects;

namespace SpikeSR.Reference.Tests.Properties.Laws;

/// <summary>How spiking neurons behave in time.</summary>
internal static class NeuronLaws
{
    public static IEnumerable<Law> All { get; } =
    [
        new("neurons: a table stepped by hand", 1, HandStepped),
        new("neurons: H on the threshold fires", 20, Threshold),
        new("neurons: T1 then T2 steps are T1 + T2 steps", 60, Continuation),
        new("neurons: silence first only delays", 60, Delay),
        new("neurons: every neuron by itself", 30, Independence),
        new("neurons: doubled in all, doubled membrane", 60, Scaling),
    ];

    // Dyadic numbers, so that every step is exact; V_th = 1, and r = 1/2 for PLIF.
    private static (NeuronSettings Settings, double[] X, double[] Spike, double[] Trace)[] HandSteppedTable()
    {
        var lif = new NeuronSettings();
        double[] x = [0.5, 0.5, 0.75, 1, 0.5, -1, 4];
        double[] spike = [0, 0, 1, 1, 0, 0, 1];
        double[] v = [0.5, 0.75, 0, 0, 0.5, -0.75, 0];
        return
        [
            (lif, x, spike, v),
            (lif with { Kind = NeuronKind.ParametricLeaky }, x, spike, v),
            (lif with { Reset = null }, [0.5, 0.5, 0.75, 1, 2.5, 0], [0, 0, 1, 1, 1, 0], [0.5, 0.75, 0.125, 0.0625, 1.53125, 0.765625]),
            (lif with { Reset = -0.5 }, [1, 0.5, 1, 1.5], [0, 0, 1, 1], [0.5, 0.5, -0.5, -0.5]),
            (lif with { DecayInput = true }, [1, 1, 1.25, 2, 1.5], [0, 0, 1, 1, 0], [0.5, 0.75, 0, 0, 0.75]),
            (lif with { DecayInput = true, Kind = NeuronKind.ParametricLeaky }, [1, 1, 1.25, 2, 1.5], [0, 0, 1, 1, 0], [0.5, 0.75, 0, 0, 0.75]),
            (lif with { Tau = 4 }, [0.5, 0.5, 0.5], [0, 0, 1], [0.5, 0.875, 0]),
            (lif with { Tau = 4, DecayInput = true }, [2, 2, 4], [0, 0, 1], [0.5, 0.875, 0]),
            (lif with { Kind = NeuronKind.IntegrateAndFire }, [0.5, 0.25, 0.25, 0.75], [0, 0, 1, 0], [0.5, 0.75, 0, 0.75]),
            (lif with { Kind = NeuronKind.IntegrateAndFire, Reset = null }, [0.5, 0.25, 0.25, 1.5, 0.5], [0, 0, 1, 1, 1], [0.5, 0.75, 0, 0.5, 0]),
        ];
    }

    private static string? HandStepped(Sample sample, IEngine engine)
    {
        foreach (var row in HandSteppedTable())
        {
            var rate = row.Settings.Kind == NeuronKind.ParametricLeaky ? new Parameter<F64>("w", Row(0).Reshape(1)) : null;
            var (spike, trace) = (Allocate(row.X.Length, 1), Allocate(row.X.Length, 1));
            engine.Create<F64>().Neuron(row.Settings, rate, Row(row.X).Reshape(row.X.Length, 1), default, spike, trace);
            if (Comparison.First(
                Comparison.Follows($"spike of {row.Settings}", spike, t => row.Spike[t]),
                Comparison.Follows($"v of {row.Settings}", trace, t => row.Trace[t])) is { } wrong)
            {
                return wrong;
            }
        }

        return null;
    }

    private static string? Threshold(Sample sample, IEngine engine)
    {
        var (threshold, backend) = (new Dice(sample).Real(0.1, 1), engine.Create<F64>());
        var x = Row(Math.BitDecrement(threshold), threshold, Math.BitIncrement(threshold));
        foreach (var kind in new[] { NeuronKind.IntegrateAndFire, NeuronKind.Leaky })
        {
            var spike = Allocate(1, x.Length);
            backend.Neuron(new NeuronSettings { Kind = kind, Threshold = threshold }, null, x, default, spike, default);
            if (Comparison.Bytes($"spike of {kind} just below, on and just above the threshold", spike, Row(0, 1, 1)) is { } wrong)
            {
                return wrong;
            }
        }

        var step = Allocate(1, 4);
        backend.Surrogate(NeuronSettings.SpikeSr.Surrogate, Row(-double.Epsilon, -0.0, 0, double.Epsilon), step);
        return Comparison.Bytes("the step around 0", step, Row(0, 1, 1, 1));
    }

    private static string? Continuation(Sample sample, IEngine engine)
    {
        var run = new Run(sample, engine);
        var split = run.Dice.Between(0, run.Steps);
        var (membrane, wholeMembrane) = (run.FreshMembrane(), run.FreshMembrane());
        var (first, second) = (run.Answer(run.X.Slice(0, split), membrane), run.Answer(run.X.Slice(split, run.Steps - split), membrane));
        var (whole, fresh) = (run.Answer(run.X, wholeMembrane), run.Answer(run.X));
        return Comparison.First(
            Comparison.Bytes("spike of the first steps", first.Spike, whole.Spike.Slice(0, split)),
            Comparison.Bytes("spike of the second steps", second.Spike, whole.Spike.Slice(split, run.Steps - split)),
            Comparison.Bytes("v of the second steps", second.Trace, whole.Trace.Slice(split, run.Steps - split)),
            Comparison.Bytes("membrane", membrane, wholeMembrane),
            Comparison.Bytes("the last v and the membrane", whole.Trace.At(run.Steps - 1), wholeMembrane),
            Comparison.Bytes("v without a membrane", fresh.Trace, whole.Trace));
    }

    private static string? Delay(Sample sample, IEngine engine)
    {
        var run = new Run(sample, engine);
        var silence = run.Dice.Between(1, 3);
        var late = Allocate(silence + run.Steps, run.Count);
        run.X.CopyTo(late.Slice(silence, run.Steps));
        var (prompt, delayed) = (run.Answer(run.X), run.Answer(late));
        return Comparison.First(
            Comparison.Bytes("spike", delayed.Spike.Slice(silence, run.Steps), prompt.Spike),
            Comparison.Bytes("v", delayed.Trace.Slice(silence, run.Steps), prompt.Trace));
    }

    private static string? Independence(Sample sample, IEngine engine)
    {
        var run = new Run(sample, engine);
        var together = run.Answer(run.X);
        for (var i = 0; i < run.Count; i++)
        {
            var alone = run.Answer(Column(run.X, i));
            if (Comparison.First(
                Comparison.Bytes($"spike of neuron {i}", Column(together.Spike, i), alone.Spike),
                Comparison.Bytes($"v of neuron {i}", Column(together.Trace, i), alone.Trace)) is { } wrong)
            {
                return wrong;
            }
        }

        return null;
    }

    private static string? Scaling(Sample sample, IEngine engine)
    {
        var run = new Run(sample, engine);
        var scaled = run.Settings with { Threshold = 2 * run.Settings.Threshold, Reset = 2 * run.Settings.Reset };
        var (plain, doubled) = (run.Answer(run.X), run.Answer(Double(run.X), settings: scaled));
        return Comparison.First(Comparison.Bytes("spike", doubled.Spike, plain.Spike), Comparison.Bytes("v", doubled.Trace, Double(plain.Trace)));
    }

    private static TensorView<F64> Allocate(int steps, int count) => TensorView<F64>.Allocate(new Shape(steps, count));

    private static TensorView<F64> Row(params double[] values) => TensorView<F64>.Of(new Shape(1, values.Length), [.. values.Select(value => new F64(value))]);

    private static TensorView<F64> Double(TensorView<F64> x) => TensorView<F64>.Of(x.Shape, [.. x.Span.ToArray().Select(value => value + value)]);

    private static TensorView<F64> Column(TensorView<F64> x, int column)
    {
        var (steps, count) = (x.Shape[0], x.Shape[1]);
        return TensorView<F64>.Of(new Shape(steps, 1), [.. Enumerable.Range(0, steps).Select(t => x.Span[(t * count) + column])]);
    }

    /// <summary>Neurons of any kind with their input.</summary>
    private sealed class Run
    {
        private readonly Backend<F64> _backend;
        private readonly Parameter<F64>? _rate;

        public Run(Sample sample, IEngine engine)
        {
            _backend = engine.Create<F64>();
            var trial = new Trial<F64>(sample, _backend, drawn => new F64(drawn.Value));
            Dice = trial.Dice;
            Settings = NeuronSubject.DrawSettings(Dice, Dice.Pick(Enum.GetValues<NeuronKind>()));
            _rate = Settings.Kind == NeuronKind.ParametricLeaky ? trial.Parameter("w", Range.Unit, 1) : null;
            (Steps, Count) = (Dice.Extent(1, 7), Dice.Extent(1, 5));
            X = trial.Constant("x", new Range(-0.5, 1.5), Steps, Count);
        }

        public Dice Dice { get; }

        public NeuronSettings Settings { get; }

        public int Steps { get; }

        public int Count { get; }

        public TensorView<F64> X { get; }

        public TensorView<F64> FreshMembrane()
        {
            var membrane = TensorView<F64>.Allocate(new Shape(Count));
            membrane.Span.Fill(new F64(Settings.Reset ?? 0));
            return membrane;
        }

        public (TensorView<F64> Spike, TensorView<F64> Trace) Answer(TensorView<F64> x, TensorView<F64> membrane = default, NeuronSettings? settings = null)
        {
            var (spike, trace) = (Allocate(x.Shape[0], x.Shape[1]), Allocate(x.Shape[0], x.Shape[1]));
            _backend.Neuron(settings ?? Settings, _rate, x, membrane, spike, trace);
            return (spike, trace);
        }
    }
}
