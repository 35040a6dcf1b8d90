using SpikeSR.Reference.Network;
using SpikeSR.Reference.Neurons;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Mutants.Mutations;

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

[Mutation("H on the threshold does not fire: > for >=")]
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

    protected override NeuronSettings Change(NeuronSettings settings) => settings with { Threshold = Math.BitIncrement(settings.Threshold) };
}

[Mutation("1 - 1/tau for 1/tau")]
internal sealed class InvertsTau<T>(Workspace workspace, Parallelism threads) : ResetNeuron<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override NeuronSettings Change(NeuronSettings settings) => settings with { Tau = settings.Tau / (settings.Tau - 1) };
}

[Mutation("input decay where there is none, and the reverse")]
internal sealed class SwapsInputDecay<T>(Workspace workspace, Parallelism threads) : ResetNeuron<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override NeuronSettings Change(NeuronSettings settings) => settings with { DecayInput = !settings.DecayInput };
}

[Mutation("a hard reset goes to 0 whatever V_reset is")]
internal sealed class ResetsToZero<T>(Workspace workspace, Parallelism threads) : ResetNeuron<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override NeuronSettings Change(NeuronSettings settings) => settings with { Reset = settings.Reset is null ? null : 0 };
}

[Mutation("a hard reset subtracts the threshold, as a soft one does")]
internal sealed class ResetsSoftly<T>(Workspace workspace, Parallelism threads) : ResetNeuron<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override NeuronSettings Change(NeuronSettings settings) => settings with { Reset = null };
}

[Mutation("a reset that should be detached is not")]
internal sealed class NeverDetaches<T>(Workspace workspace, Parallelism threads) : ResetNeuron<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override NeuronSettings Change(NeuronSettings settings) => settings with { DetachReset = false };
}

[Mutation("the surrogate has alpha 1 whatever was asked for")]
internal sealed class ForgetsAlpha<T>(Workspace workspace, Parallelism threads) : ResetNeuron<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void SurrogateBackward(SurrogateFunction surrogate, TensorView<T> x, TensorView<T> gradSpike, TensorView<T> gradX) =>
        base.SurrogateBackward(surrogate with { Alpha = 1 }, x, gradSpike, gradX);

    protected override NeuronSettings Change(NeuronSettings settings) => settings with { Surrogate = settings.Surrogate with { Alpha = 1 } };
}

[Mutation("the backward pass takes every reset as detached: the term (V_reset - H) sg is dropped")]
internal sealed class DropsResetTerm<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void NeuronBackward(NeuronSettings settings, Parameter<T>? rate, TensorView<T> x, TensorView<T> gradSpike, TensorView<T> gradTrace, TensorView<T> gradX) =>
        base.NeuronBackward(settings with { DetachReset = true }, rate, x, gradSpike, gradTrace, gradX);
}

[Mutation("the gradient of PLIF's w lacks r (1 - r)")]
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

[Mutation("the membrane that a call leaves is not handed on")]
internal sealed class ForgetsMembrane<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void Neuron(NeuronSettings settings, Parameter<T>? rate, TensorView<T> x, TensorView<T> membrane, TensorView<T> spike, TensorView<T> trace) =>
        base.Neuron(settings, rate, x, default, spike, trace);
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
                var (s, surrogate) = (T.Fire(u, settings.Surrogate), settings.Surrogate.Derivative(u));
                var gradS = gradSpike.IsAbsent ? T.FromDouble(0) : gradSpike.Span[at];
                var gradV = gradTrace.IsAbsent ? carry : gradTrace.Span[at] + carry;
                var gradH = (gradS * surrogate) + (gradV * ResetSlope(one - s, reset - h[t], surrogate));
                carry = gradH * Keep(one - (one / tau));
                gradX.Span[at] = gradH;
            }
        }
    }

    protected virtual T ResetSlope(T silent, T fall, T surrogate) => silent + (fall * surrogate);

    protected virtual T Keep(T keep) => keep;
}

[Mutation("the backward pass goes through a reset as if there were none: dV/dH = 1")]
internal sealed class IgnoresReset<T>(Workspace workspace, Parallelism threads) : LeakyGradient<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override T ResetSlope(T silent, T fall, T surrogate) => T.FromDouble(1);
}

[Mutation("the reset term of dV/dH has the wrong sign: H - V_reset")]
internal sealed class TurnsResetTerm<T>(Workspace workspace, Parallelism threads) : LeakyGradient<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override T ResetSlope(T silent, T fall, T surrogate) => silent - (fall * surrogate);
}

[Mutation("the gradient does not leak between steps: carry = g_H")]
internal sealed class CarriesWithoutLeak<T>(Workspace workspace, Parallelism threads) : LeakyGradient<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override T Keep(T keep) => T.FromDouble(1);
}

[Mutation("the gradient stops at the step: no carry")]
internal sealed class CarriesNothing<T>(Workspace workspace, Parallelism threads) : LeakyGradient<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override T Keep(T keep) => T.FromDouble(0);
}
