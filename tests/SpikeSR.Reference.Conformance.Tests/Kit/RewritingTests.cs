using SpikeSR.Reference.Conformance.Backends;
using SpikeSR.Reference.Conformance.Running;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Neurons;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Kit;

/// <summary>What a profile says may be computed another way passes, computed that way in float (SPEC BND-2).</summary>
public sealed class RewritingTests
{
    [Theory]
    [InlineData("sigmoid")]
    [InlineData("adam")]
    [InlineData("hda")]
    [InlineData("deformable_conv_module")]
    [InlineData("lif")]
    [InlineData("if")]
    [InlineData("plif")]
    public void A_sigmoid_by_tanh_moments_by_interpolation_and_a_charge_multiplied_out_pass(string op)
    {
        var run = new ConformanceRun(Suite.Manifest, EngineBackend.Of(() => new Rewritten(), "rewritten"), Capabilities.All, Suite.Single);
        var report = run.Run(new RunSelection { Operators = [op] });
        Assert.All(report.Cases, result => Assert.True(result.Outcome == CaseOutcome.Passed, $"{result.Id}: {result.Message}"));
        Assert.True(report.Cases.Count >= 12);
    }

    private sealed class Rewritten() : DefinitionBackend<F32>(new Workspace(), Parallelism.Single)
    {
        public override void Activation(ActivationKind kind, TensorView<F32> x, TensorView<F32> y)
        {
            if (kind != ActivationKind.Sigmoid)
            {
                base.Activation(kind, x, y);
                return;
            }

            for (var i = 0; i < x.Length; i++)
            {
                y.Span[i] = Sigmoid(x.Span[i]);
            }
        }

        public override void ActivationBackward(ActivationKind kind, TensorView<F32> x, TensorView<F32> gradY, TensorView<F32> gradX)
        {
            if (kind != ActivationKind.Sigmoid)
            {
                base.ActivationBackward(kind, x, gradY, gradX);
                return;
            }

            for (var i = 0; i < x.Length; i++)
            {
                gradX.Span[i] = gradY.Span[i] * Sigmoid(x.Span[i]) * (Number(1) - Sigmoid(x.Span[i]));
            }
        }

        public override void Adam(AdamSettings settings, long step, TensorView<F32> theta, TensorView<F32> gradient, TensorView<F32> m, TensorView<F32> v)
        {
            for (var i = 0; i < theta.Length; i++)
            {
                var g = gradient.Span[i];
                m.Span[i] += Number(1 - settings.Beta1) * (g - m.Span[i]);
                v.Span[i] += Number(1 - settings.Beta2) * ((g * g) - v.Span[i]);
                var rate = Number(settings.LearningRate / (1 - Math.Pow(settings.Beta1, step)));
                var root = F32.Sqrt(v.Span[i]) / Number(Math.Sqrt(1 - Math.Pow(settings.Beta2, step)));
                theta.Span[i] -= rate * m.Span[i] / (root + Number(settings.Epsilon));
            }
        }

        // H = V (1 - r) + X r + V_r r, without input decay V (1 - r) + X + V_r r. The backward pass computes the definitions' own charge anew.
        public override void Neuron(NeuronSettings settings, Parameter<F32>? rate, TensorView<F32> x, TensorView<F32> membrane, TensorView<F32> spike, TensorView<F32> trace)
        {
            var r = settings.Kind switch { NeuronKind.Leaky => Number(1 / settings.Tau), NeuronKind.ParametricLeaky => F32.Sigmoid(rate!.Value.Span[0]), _ => Number(0) };
            var (keep, gain, reset, count) = (Number(1) - r, settings.DecayInput ? r : Number(1), Number(settings.Reset ?? 0), x.Shape[1]);
            Assert.True(membrane.IsAbsent);
            for (var i = 0; i < count; i++)
            {
                var v = reset;
                for (var at = i; at < x.Length; at += count)
                {
                    var h = (v * keep) + (x.Span[at] * gain) + (reset * r);
                    var s = F32.Fire(h - Number(settings.Threshold), settings.Surrogate);
                    spike.Span[at] = s;
                    v = F32.ToDouble(s) == 0 ? h : settings.Reset is null ? h - Number(settings.Threshold) : reset;
                    if (!trace.IsAbsent)
                    {
                        trace.Span[at] = v;
                    }
                }
            }
        }

        private static F32 Sigmoid(F32 x) => Number(0.5) * (Number(1) + Number(MathF.Tanh((float)F32.ToDouble(x) / 2)));

        private static F32 Number(double value) => F32.FromDouble(value);
    }
}
