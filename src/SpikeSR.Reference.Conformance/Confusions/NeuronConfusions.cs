using SpikeSR.Reference.Network;
using SpikeSR.Reference.Neurons;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Confusions;

/// <summary>Neurons with other settings than they were asked for.</summary>
internal abstract class ResetNeuron<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void Neuron(NeuronSettings settings, Parameter<T>? rate, TensorView<T> x, TensorView<T> membrane, TensorView<T> spike, TensorView<T> trace) =>
        base.Neuron(Change(settings), rate, x, membrane, spike, trace);

    public override void NeuronBackward(NeuronSettings settings, Parameter<T>? rate, TensorView<T> x, TensorView<T> gradSpike, TensorView<T> gradTrace, TensorView<T> gradX) =>
        base.NeuronBackward(Change(settings), rate, x, gradSpike, gradTrace, gradX);

    protected abstract NeuronSettings Change(NeuronSettings settings);
}

[Confusion("LIF-2", "H on the threshold does not fire: > for >=")]
internal sealed class FiresAboveOnly<T>(Workspace workspace, Parallelism threads) : ResetNeuron<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void Surrogate(SurrogateFunction surrogate, TensorView<T> x, TensorView<T> spike)
    {
        base.Surrogate(surrogate, x, spike);
        for (var i = 0; i < x.Length; i++)
        {
            spike.Span[i] = T.ToDouble(x.Span[i]) == 0 ? T.FromDouble(0) : spike.Span[i];
        }
    }

    // The next number of the scalar: in float, the next double would round back.
    protected override NeuronSettings Change(NeuronSettings settings) =>
        settings with { Threshold = typeof(T) == typeof(F32) ? MathF.BitIncrement((float)settings.Threshold) : Math.BitIncrement(settings.Threshold) };
}

[Confusion("LIF-1", "1 - 1/tau for 1/tau")]
internal sealed class InvertsTau<T>(Workspace workspace, Parallelism threads) : ResetNeuron<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override NeuronSettings Change(NeuronSettings settings) => settings with { Tau = settings.Tau / (settings.Tau - 1) };
}

[Confusion("LIF-1", "input decay where there is none, and the reverse")]
internal sealed class SwapsInputDecay<T>(Workspace workspace, Parallelism threads) : ResetNeuron<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override NeuronSettings Change(NeuronSettings settings) => settings with { DecayInput = !settings.DecayInput };
}

[Confusion("LIF-3", "a hard reset goes to 0 whatever V_reset is")]
internal sealed class ResetsToZero<T>(Workspace workspace, Parallelism threads) : ResetNeuron<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override NeuronSettings Change(NeuronSettings settings) => settings with { Reset = settings.Reset is null ? null : 0 };
}

[Confusion("LIF-3", "a hard reset subtracts the threshold, as a soft one does")]
internal sealed class ResetsSoftly<T>(Workspace workspace, Parallelism threads) : ResetNeuron<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override NeuronSettings Change(NeuronSettings settings) => settings with { Reset = null };
}

[Confusion("LIF-5", "a reset that should be detached is not")]
internal sealed class NeverDetaches<T>(Workspace workspace, Parallelism threads) : ResetNeuron<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override NeuronSettings Change(NeuronSettings settings) => settings with { DetachReset = false };
}

[Confusion("SUR-2", "the surrogate has alpha 1 whatever was asked for")]
internal sealed class ForgetsAlpha<T>(Workspace workspace, Parallelism threads) : ResetNeuron<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void SurrogateBackward(SurrogateFunction surrogate, TensorView<T> x, TensorView<T> gradSpike, TensorView<T> gradX) =>
        base.SurrogateBackward(surrogate with { Alpha = 1 }, x, gradSpike, gradX);

    protected override NeuronSettings Change(NeuronSettings settings) => settings with { Surrogate = settings.Surrogate with { Alpha = 1 } };
}

[Confusion("LIF-5", "the backward pass takes every reset as detached: the term (V_reset - H) sg is dropped")]
internal sealed class DropsResetTerm<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void NeuronBackward(NeuronSettings settings, Parameter<T>? rate, TensorView<T> x, TensorView<T> gradSpike, TensorView<T> gradTrace, TensorView<T> gradX) =>
        base.NeuronBackward(settings with { DetachReset = true }, rate, x, gradSpike, gradTrace, gradX);
}

[Confusion("PLIF-2", "the gradient of PLIF's w lacks r (1 - r)")]
internal sealed class ForgetsRateSlope<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void NeuronBackward(NeuronSettings settings, Parameter<T>? rate, TensorView<T> x, TensorView<T> gradSpike, TensorView<T> gradTrace, TensorView<T> gradX)
    {
        var before = rate is null ? default : rate.Gradient.Span[0];
        base.NeuronBackward(settings, rate, x, gradSpike, gradTrace, gradX);
        if (rate is not null)
        {
            var r = T.Sigmoid(rate.Value.Span[0]);
            rate.Gradient.Span[0] = before + ((rate.Gradient.Span[0] - before) / (r * (T.FromDouble(1) - r)));
        }
    }
}

/// <summary>A backward pass of LIF through time, written out so that its parts can be got wrong; other neurons keep theirs.</summary>
internal abstract class LeakyGradient<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void NeuronBackward(NeuronSettings settings, Parameter<T>? rate, TensorView<T> x, TensorView<T> gradSpike, TensorView<T> gradTrace, TensorView<T> gradX)
    {
        if (settings.Kind != NeuronKind.Leaky || settings.DecayInput || settings.Reset is null || settings.DetachReset)
        {
            base.NeuronBackward(settings, rate, x, gradSpike, gradTrace, gradX);
            return;
        }

        var (steps, count) = (x.Shape[0], x.Shape[1]);
        var (one, reset, tau) = (T.FromDouble(1), T.FromDouble(settings.Reset.Value), T.FromDouble(settings.Tau));
        for (var i = 0; i < count; i++)
        {
            var (v, h) = (reset, new T[steps]);
            for (var t = 0; t < steps; t++)
            {
                h[t] = (v - ((v - reset) / tau)) + x.Span[(t * count) + i];
                var s = T.Fire(h[t] - T.FromDouble(settings.Threshold), settings.Surrogate);
                v = ((one - s) * h[t]) + (s * reset);
            }

            var carry = T.FromDouble(0);
            for (var t = steps - 1; t >= 0; t--)
            {
                var (at, u) = ((t * count) + i, h[t] - T.FromDouble(settings.Threshold));
                var (s, sg) = (T.Fire(u, settings.Surrogate), SurrogateSlope(settings.Surrogate, u));
                var gradS = gradSpike.IsAbsent ? T.FromDouble(0) : gradSpike.Span[at];
                var gradVAndCarry = gradTrace.IsAbsent ? carry : gradTrace.Span[at] + carry;
                var gradH = (gradS * sg) + (gradVAndCarry * ResetSlope(one - s, reset - h[t], sg));
                carry = gradH * ChargeSlope(one - (one / tau), t);
                gradX.Span[at] = gradH;
            }
        }
    }

    protected virtual T SurrogateSlope(SurrogateFunction surrogate, T u) => surrogate.Derivative(u);

    protected virtual T ResetSlope(T silent, T fall, T sg) => silent + (fall * sg);

    // dH[t] / dV[t - 1].
    protected virtual T ChargeSlope(T slope, int t) => slope;
}

[Confusion("LIF-5", "the backward pass goes through a reset as if there were none: dV/dH = 1")]
internal sealed class IgnoresReset<T>(Workspace workspace, Parallelism threads) : LeakyGradient<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override T ResetSlope(T silent, T fall, T sg) => T.FromDouble(1);
}

[Confusion("LIF-5", "the reset term of dV/dH has the wrong sign: H - V_reset")]
internal sealed class TurnsResetTerm<T>(Workspace workspace, Parallelism threads) : LeakyGradient<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override T ResetSlope(T silent, T fall, T sg) => silent - (fall * sg);
}

[Confusion("LIF-5", "the gradient does not leak between steps: carry = g_H")]
internal sealed class CarriesWithoutLeak<T>(Workspace workspace, Parallelism threads) : LeakyGradient<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override T ChargeSlope(T slope, int t) => T.FromDouble(1);
}

[Confusion("LIF-5", "the gradient stops at the step: no carry")]
internal sealed class CarriesNothing<T>(Workspace workspace, Parallelism threads) : LeakyGradient<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override T ChargeSlope(T slope, int t) => T.FromDouble(0);
}

[Confusion("LIF-5", "the history is cut: no carry from step 16 to step 15, from 32 to 31, ...")]
internal sealed class CutsHistory<T>(Workspace workspace, Parallelism threads) : LeakyGradient<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override T ChargeSlope(T slope, int t) => t % 16 == 0 ? T.FromDouble(0) : slope;
}

[Confusion("LIF-3", "a soft reset goes to 0, as a hard one does")]
internal sealed class ResetsHard<T>(Workspace workspace, Parallelism threads) : ResetNeuron<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override NeuronSettings Change(NeuronSettings settings) => settings with { Reset = settings.Reset ?? 0 };
}

[Confusion("SUR-2", "the surrogate is another than was asked for")]
internal sealed class SwapsSurrogate<T>(Workspace workspace, Parallelism threads) : ResetNeuron<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void SurrogateBackward(SurrogateFunction surrogate, TensorView<T> x, TensorView<T> gradSpike, TensorView<T> gradX) =>
        base.SurrogateBackward(Other(surrogate), x, gradSpike, gradX);

    protected override NeuronSettings Change(NeuronSettings settings) => settings with { Surrogate = Other(settings.Surrogate) };

    private static SurrogateFunction Other(SurrogateFunction asked) => asked with { Kind = asked.Kind == SurrogateKind.Sigmoid ? SurrogateKind.ATan : SurrogateKind.Sigmoid };
}

[Confusion("LIF-4", "the membrane is not set back between calls")]
internal sealed class KeepsMembrane<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    private readonly Dictionary<int, TensorView<T>> _left = [];

    public override void Neuron(NeuronSettings settings, Parameter<T>? rate, TensorView<T> x, TensorView<T> membrane, TensorView<T> spike, TensorView<T> trace)
    {
        if (!_left.TryGetValue(x.Shape[1], out var left))
        {
            left = TensorView<T>.Allocate(new Shape(x.Shape[1]));
            left.Span.Fill(T.FromDouble(settings.Reset ?? 0));
            _left.Add(x.Shape[1], left);
        }

        base.Neuron(settings, rate, x, membrane.IsAbsent ? left : membrane, spike, trace);
    }
}

[Confusion("LIF-4", "the first membrane is 0 whatever V_reset is")]
internal sealed class StartsAtZero<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void Neuron(NeuronSettings settings, Parameter<T>? rate, TensorView<T> x, TensorView<T> membrane, TensorView<T> spike, TensorView<T> trace) =>
        base.Neuron(settings, rate, x, membrane.IsAbsent ? TensorView<T>.Allocate(new Shape(x.Shape[1])) : membrane, spike, trace);
}

[Confusion("PLIF-1", "the rate of PLIF is sigmoid(-w)")]
internal sealed class TurnsRate<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void Neuron(NeuronSettings settings, Parameter<T>? rate, TensorView<T> x, TensorView<T> membrane, TensorView<T> spike, TensorView<T> trace) =>
        base.Neuron(settings, Turned(rate), x, membrane, spike, trace);

    public override void NeuronBackward(NeuronSettings settings, Parameter<T>? rate, TensorView<T> x, TensorView<T> gradSpike, TensorView<T> gradTrace, TensorView<T> gradX)
    {
        var turned = Turned(rate);
        base.NeuronBackward(settings, turned, x, gradSpike, gradTrace, gradX);
        if (rate is not null)
        {
            rate.Gradient.Span[0] -= turned!.Gradient.Span[0];
        }
    }

    private static Parameter<T>? Turned(Parameter<T>? rate) => rate is null ? null : new(rate.Name, TensorView<T>.Of(rate.Value.Shape, [-rate.Value.Span[0]]));
}

[Confusion("SUR-2", "the surrogate's slope lacks its factor alpha: alpha scales the argument only")]
internal sealed class DropsAlphaFactor<T>(Workspace workspace, Parallelism threads) : LeakyGradient<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void SurrogateBackward(SurrogateFunction surrogate, TensorView<T> x, TensorView<T> gradSpike, TensorView<T> gradX)
    {
        base.SurrogateBackward(surrogate, x, gradSpike, gradX);
        Scale(gradX, 1 / surrogate.Alpha, gradX);
    }

    protected override T SurrogateSlope(SurrogateFunction surrogate, T u) => base.SurrogateSlope(surrogate, u) / T.FromDouble(surrogate.Alpha);
}

[Confusion("LIF-3", "the membrane that is returned is H, before the reset")]
internal sealed class ReturnsCharge<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    // No neuron reaches it: what is left is H.
    private const double OutOfReach = 1e30;

    public override void Neuron(NeuronSettings settings, Parameter<T>? rate, TensorView<T> x, TensorView<T> membrane, TensorView<T> spike, TensorView<T> trace)
    {
        var (before, silence) = (membrane.IsAbsent ? membrane : TensorView<T>.Of(membrane.Shape, membrane.Span), TensorView<T>.Allocate(new Shape(1, x.Shape[1])));
        base.Neuron(settings, rate, x, membrane, spike, trace);
        for (var t = x.Shape[0] - 1; t >= 0 && !trace.IsAbsent; t--)
        {
            var v = t == 0 ? before : TensorView<T>.Of(new Shape(x.Shape[1]), trace.At(t - 1).Span);
            base.Neuron(settings with { Threshold = OutOfReach }, rate, x.Slice(t, 1), v, silence, trace.Slice(t, 1));
        }
    }
}

[Confusion("LIF-1", "the membrane keeps exp(-1/tau) of itself, not 1 - 1/tau")]
internal sealed class DecaysExponentially<T>(Workspace workspace, Parallelism threads) : ResetNeuron<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override NeuronSettings Change(NeuronSettings settings) => settings with { Tau = 1 / (1 - Math.Exp(-1 / settings.Tau)) };
}

[Confusion("LIF-1", "the membrane leaks towards 0 whatever V_reset is")]
internal sealed class LeaksToZero<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void Neuron(NeuronSettings settings, Parameter<T>? rate, TensorView<T> x, TensorView<T> membrane, TensorView<T> spike, TensorView<T> trace) =>
        base.Neuron(settings, rate, Lowered(settings, rate, x), membrane, spike, trace);

    public override void NeuronBackward(NeuronSettings settings, Parameter<T>? rate, TensorView<T> x, TensorView<T> gradSpike, TensorView<T> gradTrace, TensorView<T> gradX)
    {
        base.NeuronBackward(settings, rate, Lowered(settings, rate, x), gradSpike, gradTrace, gradX);
        for (var i = 0; rate is not null && !settings.DecayInput && i < gradX.Length; i++)
        {
            // The factor of w's gradient is -V for -(V - V_r).
            var r = T.Sigmoid(rate.Value.Span[0]);
            rate.Gradient.Span[0] -= (r * (T.FromDouble(1) - r)) * (T.FromDouble(settings.Reset ?? 0) * gradX.Span[i]);
        }
    }

    // To leak towards 0 is to leak towards V_r from an input that is V_r / tau less; V_r less where the input decays.
    private static TensorView<T> Lowered(NeuronSettings settings, Parameter<T>? rate, TensorView<T> x)
    {
        var (lowered, reset) = (TensorView<T>.Of(x.Shape, x.Span), T.FromDouble(settings.Reset ?? 0));
        var leak = settings.DecayInput ? reset : rate is null ? reset / T.FromDouble(settings.Tau) : reset * T.Sigmoid(rate.Value.Span[0]);
        for (var i = 0; settings.Kind != NeuronKind.IntegrateAndFire && settings.Reset is not null && i < x.Length; i++)
        {
            lowered.Span[i] -= leak;
        }

        return lowered;
    }
}

[Confusion("SUR-2", "the atan surrogate lacks its pi/2: alpha / (2 (1 + (alpha u)^2))")]
internal sealed class DropsHalfPi<T>(Workspace workspace, Parallelism threads) : LeakyGradient<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void SurrogateBackward(SurrogateFunction surrogate, TensorView<T> x, TensorView<T> gradSpike, TensorView<T> gradX)
    {
        base.SurrogateBackward(Flatter(surrogate), x, gradSpike, gradX);
        Scale(gradX, surrogate.Alpha / Flatter(surrogate).Alpha, gradX);
    }

    protected override T SurrogateSlope(SurrogateFunction surrogate, T u) => base.SurrogateSlope(Flatter(surrogate), u) * T.FromDouble(surrogate.Alpha / Flatter(surrogate).Alpha);

    // pi/2 of its alpha is the other's alpha.
    private static SurrogateFunction Flatter(SurrogateFunction surrogate) => surrogate.Kind == SurrogateKind.ATan ? surrogate with { Alpha = surrogate.Alpha * 2 / Math.PI } : surrogate;
}
