using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Neurons;

/// <summary>
/// Definition of the spiking neurons IF, LIF and PLIF over T steps (SPEC LIF, IF, PLIF). Per element and step, with V the membrane, X the input,
/// V_r the reset value (0 when soft):
/// <code>
/// charge  IF                  H = V + X
///         LIF, no decay       H = (V - (V - V_r) / tau) + X
///         LIF, input decay    H = V + (X - (V - V_r)) / tau
///         PLIF                the same with * r in place of / tau, r = sigmoid(w)
/// fire    S = 1 if H - V_th >= 0 else 0
/// reset   hard                V = (1 - S) H + S V_r
///         soft                V = H - S V_th
/// </code>
/// The membrane is taken and returned, so T1 steps then T2 steps equal T1 + T2 steps byte for byte.
/// </summary>
public static class Neuron
{
    private const int Block = 4096;

    /// <summary>Runs the neurons over their steps.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="settings">Kind and constants.</param>
    /// <param name="rateParameter">w of PLIF, [1]; absent for the other kinds.</param>
    /// <param name="x">Input current [T, M].</param>
    /// <param name="membrane">Membrane [M] before the first step on entry, after the last on return; absent: starts at V_reset (0 when soft).</param>
    /// <param name="spike">Receives the spikes [T, M], each 0 or 1.</param>
    /// <param name="trace">Receives the membrane after reset at every step [T, M]; may be absent.</param>
    /// <param name="threads">Threads over neurons.</param>
    public static void Forward<T>(NeuronSettings settings, TensorView<T> rateParameter, TensorView<T> x, TensorView<T> membrane, TensorView<T> spike, TensorView<T> trace, Parallelism threads)
        where T : unmanaged, IScalar<T> => ForwardWith(settings, rateParameter, x, membrane, spike, trace, new OwnFiring<T>(settings.Surrogate), threads);

    /// <summary>The same with somebody's say in who fires.</summary>
    /// <inheritdoc cref="Forward"/>
    internal static void ForwardWith<T, TFiring>(
        NeuronSettings settings, TensorView<T> rateParameter, TensorView<T> x, TensorView<T> membrane, TensorView<T> spike, TensorView<T> trace, TFiring firing, Parallelism threads)
        where T : unmanaged, IScalar<T>
        where TFiring : struct, IFiring<T>
    {
        var (steps, count) = CheckForward(settings, rateParameter, x, membrane, spike, trace);
        var constants = new Constants<T>(settings, rateParameter);
        threads.ForRange(count, Block, (first, last) =>
        {
            var input = x.Span;
            var fired = spike.Span;
            for (var i = first; i < last; i++)
            {
                var v = membrane.IsAbsent ? constants.Reset : membrane.Span[i];
                for (var t = 0; t < steps; t++)
                {
                    // HandOn changes no value: it tells who follows the neuron with error bounds that V is stored between steps (SPEC BND-1).
                    var h = constants.Charge(firing.HandOn(v), input[(t * count) + i]);
                    var s = firing.Fire(h - constants.Threshold, (t * count) + i);
                    v = constants.AfterReset(h, settings.DetachReset ? T.Detach(s) : s);
                    fired[(t * count) + i] = s;
                    if (!trace.IsAbsent)
                    {
                        trace.Span[(t * count) + i] = v;
                    }
                }

                if (!membrane.IsAbsent)
                {
                    membrane.Span[i] = v;
                }
            }
        });
    }

    /// <summary>
    /// Backpropagation through time, t from T - 1 down to 0, carry = 0 after the last step (SPEC LIF-5):
    /// <code>
    /// D     = (1 - S) + (V_r - H) sg   hard;  1 - V_th sg   soft;  with a detached reset 1 - S and 1
    /// g_H   = g_S sg + (g_V + carry) D
    /// carry = g_H (1 - 1/tau)          IF: g_H;  PLIF: g_H (1 - r)
    /// g_X   = g_H                      with input decay g_H / tau, PLIF: g_H r
    /// </code>
    /// For PLIF, <c>g_w += r (1 - r) sum of g_H q</c>, q = X - (V - V_r) with input decay, -(V - V_r) without: a per-channel sum with one plane a step.
    /// The membranes are computed again from x, so that nothing needs to be saved.
    /// </summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="settings">Kind and constants.</param>
    /// <param name="rateParameter">w of PLIF, [1]; absent for the other kinds.</param>
    /// <param name="x">Input current [T, M]; the membrane started at V_reset (0 when soft).</param>
    /// <param name="gradSpike">Gradient by the spikes [T, M]; absent: zero.</param>
    /// <param name="gradTrace">Gradient by the membranes after reset [T, M]; absent: zero.</param>
    /// <param name="gradX">Gradient by the input [T, M]; overwritten; may be gradSpike itself.</param>
    /// <param name="gradRateParameter">Gradient by w [1], added to; absent unless PLIF, and where nobody asks for it.</param>
    /// <param name="workspace">Where the terms of PLIF's sum are kept meanwhile.</param>
    /// <param name="threads">Threads over neurons.</param>
    public static void Backward<T>(
        NeuronSettings settings, TensorView<T> rateParameter, TensorView<T> x, TensorView<T> gradSpike, TensorView<T> gradTrace, TensorView<T> gradX, TensorView<T> gradRateParameter, Workspace workspace, Parallelism threads)
        where T : unmanaged, IScalar<T> =>
        BackwardWith(settings, rateParameter, x, gradSpike, gradTrace, gradX, gradRateParameter, new OwnFiring<T>(settings.Surrogate), workspace, threads);

    /// <summary>The same with somebody's say in who fired.</summary>
    /// <inheritdoc cref="Backward"/>
    internal static void BackwardWith<T, TFiring>(
        NeuronSettings settings,
        TensorView<T> rateParameter,
        TensorView<T> x,
        TensorView<T> gradSpike,
        TensorView<T> gradTrace,
        TensorView<T> gradX,
        TensorView<T> gradRateParameter,
        TFiring firing,
        Workspace workspace,
        Parallelism threads)
        where T : unmanaged, IScalar<T>
        where TFiring : struct, IFiring<T>
    {
        var (steps, count) = CheckBackward(settings, rateParameter, x, gradSpike, gradTrace, gradX, gradRateParameter);
        var constants = new Constants<T>(settings, rateParameter);
        using var scope = workspace.OpenScope();
        var rateTerms = gradRateParameter.IsAbsent ? default : scope.Rent<T>(steps, count, 1);
        threads.ForRange(count, Block, (first, last) =>
        {
            var (zero, one) = (T.FromDouble(0), T.FromDouble(1));
            var charged = new T[steps];
            var before = new T[steps];
            for (var i = first; i < last; i++)
            {
                var v = constants.Reset;
                for (var t = 0; t < steps; t++)
                {
                    before[t] = firing.HandOn(v);
                    charged[t] = constants.Charge(before[t], x.Span[(t * count) + i]);
                    v = constants.AfterReset(charged[t], firing.Fire(charged[t] - constants.Threshold, (t * count) + i));
                }

                var carry = zero;
                for (var t = steps - 1; t >= 0; t--)
                {
                    var at = (t * count) + i;
                    var h = charged[t];
                    var u = h - constants.Threshold;
                    var s = firing.Fire(u, at);
                    var sg = settings.Surrogate.Derivative(u);
                    var gradS = gradSpike.IsAbsent ? zero : gradSpike.Span[at];
                    var gradVAndCarry = gradTrace.IsAbsent ? carry : gradTrace.Span[at] + carry;
                    var gradH = (gradS * sg) + (gradVAndCarry * constants.ResetDerivative(h, s, sg));
                    carry = firing.HandOn(gradH * constants.ChargeDerivative);
                    if (!rateTerms.IsAbsent)
                    {
                        var aboveReset = before[t] - constants.Reset;
                        var q = settings.DecayInput ? x.Span[at] - aboveReset : -aboveReset;
                        rateTerms.Span[at] = gradH * q;
                    }

                    gradX.Span[at] = constants.InputGradient(gradH);
                }
            }
        });
        if (!rateTerms.IsAbsent)
        {
            var r = constants.Rate;
            gradRateParameter.Span[0] += (r * (T.FromDouble(1) - r)) * Operators.ChannelSum.Channel(rateTerms, 0);
        }
    }

    /// <summary>Throws unless the forward pass's settings and tensors fit together; T and M.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="settings">Kind and constants.</param>
    /// <param name="rateParameter">[1] or absent.</param>
    /// <param name="x">[T, M].</param>
    /// <param name="membrane">[M] or absent.</param>
    /// <param name="spike">As x.</param>
    /// <param name="trace">As x, or absent.</param>
    internal static (int Steps, int Count) CheckForward<T>(
        NeuronSettings settings, TensorView<T> rateParameter, TensorView<T> x, TensorView<T> membrane, TensorView<T> spike, TensorView<T> trace)
        where T : unmanaged
    {
        var (steps, count) = Check(settings, rateParameter, x);
        Guard.AbsentOrShape(membrane, nameof(membrane), count);
        Guard.SameLength(x, spike, nameof(spike));
        Guard.AbsentOrShape(trace, nameof(trace), steps, count);
        return (steps, count);
    }

    /// <summary>Throws unless the backward pass's settings and tensors fit together; T and M.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="settings">Kind and constants.</param>
    /// <param name="rateParameter">[1] or absent.</param>
    /// <param name="x">[T, M].</param>
    /// <param name="gradSpike">As x, or absent.</param>
    /// <param name="gradTrace">As x, or absent.</param>
    /// <param name="gradX">As x.</param>
    /// <param name="gradRateParameter">[1] or absent; absent unless PLIF.</param>
    internal static (int Steps, int Count) CheckBackward<T>(
        NeuronSettings settings,
        TensorView<T> rateParameter,
        TensorView<T> x,
        TensorView<T> gradSpike,
        TensorView<T> gradTrace,
        TensorView<T> gradX,
        TensorView<T> gradRateParameter)
        where T : unmanaged
    {
        var (steps, count) = Check(settings, rateParameter, x);
        Guard.That(settings.Kind == NeuronKind.ParametricLeaky || gradRateParameter.IsAbsent, "only PLIF has the parameter w", nameof(gradRateParameter));
        Guard.AbsentOrShape(gradRateParameter, nameof(gradRateParameter), 1);
        Guard.AbsentOrShape(gradSpike, nameof(gradSpike), steps, count);
        Guard.AbsentOrShape(gradTrace, nameof(gradTrace), steps, count);
        Guard.SameLength(x, gradX, nameof(gradX));
        return (steps, count);
    }

    private static (int Steps, int Count) Check<T>(NeuronSettings settings, TensorView<T> rateParameter, TensorView<T> x)
        where T : unmanaged
    {
        Guard.HasShape(x, nameof(x), -1, -1);
        settings.Check();
        Guard.That(settings.Kind == NeuronKind.ParametricLeaky != rateParameter.IsAbsent, "PLIF, and it alone, has the parameter w", nameof(rateParameter));
        Guard.AbsentOrShape(rateParameter, nameof(rateParameter), 1);
        return (x.Shape[0], x.Shape[1]);
    }

    /// <summary>The constants of a neuron as scalars, and the three equations of a step.</summary>
    private readonly struct Constants<T>
        where T : unmanaged, IScalar<T>
    {
        private readonly NeuronSettings _settings;
        private readonly T _tau;

        public Constants(NeuronSettings settings, TensorView<T> rateParameter)
        {
            var one = T.FromDouble(1);
            _settings = settings;
            _tau = T.FromDouble(settings.Tau);
            Threshold = T.FromDouble(settings.Threshold);
            Reset = T.FromDouble(settings.Reset ?? 0);
            Rate = settings.Kind == NeuronKind.ParametricLeaky ? T.Sigmoid(rateParameter.Span[0]) : one / _tau;
            ChargeDerivative = settings.Kind == NeuronKind.IntegrateAndFire ? one : one - Rate;
        }

        /// <summary>V_th.</summary>
        public T Threshold { get; }

        /// <summary>V_reset, 0 when soft; also where the membrane starts.</summary>
        public T Reset { get; }

        /// <summary>1 / tau, or r of PLIF.</summary>
        public T Rate { get; }

        /// <summary>dH/dV, V being the membrane that the step before left: 1 - 1 / tau, 1 - r of PLIF, 1 of IF.</summary>
        public T ChargeDerivative { get; }

        public T Charge(T v, T x)
        {
            if (_settings.Kind == NeuronKind.IntegrateAndFire)
            {
                return v + x;
            }

            var aboveReset = v - Reset;
            return _settings.DecayInput ? v + DividedByTau(x - aboveReset) : (v - DividedByTau(aboveReset)) + x;
        }

        public T AfterReset(T h, T s) =>
            _settings.Reset is null ? h - (s * Threshold) : ((T.FromDouble(1) - s) * h) + (s * Reset);

        /// <summary>D, dV/dH at one step.</summary>
        public T ResetDerivative(T h, T s, T sg)
        {
            var one = T.FromDouble(1);
            if (_settings.Reset is null)
            {
                return _settings.DetachReset ? one : one - (Threshold * sg);
            }

            return _settings.DetachReset ? one - s : (one - s) + ((Reset - h) * sg);
        }

        public T InputGradient(T gradH) =>
            _settings.Kind == NeuronKind.IntegrateAndFire || !_settings.DecayInput ? gradH : DividedByTau(gradH);

        // / tau of LIF; * r of PLIF, in its place.
        private T DividedByTau(T value) => _settings.Kind == NeuronKind.ParametricLeaky ? value * Rate : value / _tau;
    }
}
