using System.Numerics;
using System.Runtime.CompilerServices;
using SpikeSR.Reference.Operators.Kernels;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Neurons;

/// <summary>Kernels of <see cref="Neuron"/>: a lane holds neighbouring neurons and takes them through all T steps before it goes on.</summary>
internal static unsafe class NeuronKernel
{
    // Neurons in the smallest range that is worth a thread's while.
    private const int Block = 4096;

    /// <summary>Runs the neurons over their steps, as <see cref="Neuron.Forward"/>.</summary>
    public static void Forward<TLane, T>(
        NeuronSettings settings, TensorView<T> rateParameter, TensorView<T> x, TensorView<T> membrane, TensorView<T> spike, TensorView<T> trace, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (steps, count) = Neuron.CheckForward(settings, rateParameter, x, membrane, spike, trace);
        var kernel = new Steps<T>(new(settings, rateParameter), steps, count, x.Pointer, membrane.Pointer, spike.Pointer, trace.Pointer);
        LaneLoop.Elements<TLane, T, Steps<T>>(kernel, count, threads);
    }

    /// <summary>Backpropagation through time, as <see cref="Neuron.Backward"/>.</summary>
    public static void Backward<TLane, T>(
        NeuronSettings settings,
        TensorView<T> rateParameter,
        TensorView<T> x,
        TensorView<T> gradSpike,
        TensorView<T> gradTrace,
        TensorView<T> gradX,
        TensorView<T> gradRateParameter,
        Workspace workspace,
        Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (steps, count) = Neuron.CheckBackward(settings, rateParameter, x, gradSpike, gradTrace, gradX, gradRateParameter);
        var constants = new Constants<T>(settings, rateParameter);
        using var scope = workspace.OpenScope();
        var rateTerms = gradRateParameter.IsAbsent ? default : scope.Rent<T>(steps, count);
        threads.ForRange(count, Block, (first, last) =>
        {
            // H and V before it, of every step, for the neurons in hand.
            var states = workspace.Rent<T>(new Shape(2, steps, TLane.Width));
            var kernel = new StepsBackward<T>(
                constants, new(settings.Surrogate), steps, count, x.Pointer, gradSpike.Pointer, gradTrace.Pointer, gradX.Pointer, rateTerms.Pointer, states.Pointer);
            LaneLoop.ElementRange<TLane, T, StepsBackward<T>>(kernel, first, last);
            workspace.Return(states);
        });
        if (!rateTerms.IsAbsent)
        {
            // A per-channel sum of one channel, one plane a step.
            var sum = T.Zero;
            for (var t = 0; t < steps; t++)
            {
                var step = FixedOrderKernel.Along<TLane, T, ChannelSumKernel.Elements<T>>(new(rateTerms.Pointer, count), t, count);
                sum = t == 0 ? step : sum + step;
            }

            gradRateParameter.Span[0] += (constants.Rate * (T.One - constants.Rate)) * sum;
        }
    }

    private readonly struct Steps<T>(Constants<T> constants, int steps, int count, T* x, T* membrane, T* spike, T* trace) : LaneLoop.IElementKernel<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int i)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var v = membrane is null ? TLane.Broadcast(constants.Reset) : TLane.Load(membrane + i);
            for (var t = 0; t < steps; t++)
            {
                var at = ((nint)t * count) + i;
                var h = constants.Charge(v, TLane.Load(x + at));
                var s = SurrogateKernel.Fire<TLane, T>(h - TLane.Broadcast(constants.Threshold));
                v = constants.AfterReset(h, s);
                TLane.Store(spike + at, s);
                if (trace is not null)
                {
                    TLane.Store(trace + at, v);
                }
            }

            if (membrane is not null)
            {
                TLane.Store(membrane + i, v);
            }
        }
    }

    private readonly struct StepsBackward<T>(
        Constants<T> constants,
        SurrogateKernel.Constants<T> surrogate,
        int steps,
        int count,
        T* x,
        T* gradSpike,
        T* gradTrace,
        T* gradX,
        T* rateTerms,
        T* states) : LaneLoop.IElementKernel<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int i)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var (threshold, reset, zero) = (TLane.Broadcast(constants.Threshold), TLane.Broadcast(constants.Reset), TLane.Broadcast(T.Zero));
            var charged = states;
            var before = states + ((nint)steps * TLane.Width);
            var v = reset;
            for (var t = 0; t < steps; t++)
            {
                var h = constants.Charge(v, TLane.Load(x + ((nint)t * count) + i));
                TLane.Store(before + (t * TLane.Width), v);
                TLane.Store(charged + (t * TLane.Width), h);
                v = constants.AfterReset(h, SurrogateKernel.Fire<TLane, T>(h - threshold));
            }

            var carry = zero;
            for (var t = steps - 1; t >= 0; t--)
            {
                var at = ((nint)t * count) + i;
                var h = TLane.Load(charged + (t * TLane.Width));
                var u = h - threshold;
                var s = SurrogateKernel.Fire<TLane, T>(u);
                var sg = surrogate.Derivative(u);
                var gradS = gradSpike is null ? zero : TLane.Load(gradSpike + at);
                var gradVAndCarry = gradTrace is null ? carry : TLane.Load(gradTrace + at) + carry;
                var gradH = (gradS * sg) + (gradVAndCarry * constants.ResetDerivative(h, s, sg));
                carry = gradH * TLane.Broadcast(constants.ChargeDerivative);
                if (rateTerms is not null)
                {
                    var aboveReset = TLane.Load(before + (t * TLane.Width)) - reset;
                    var q = constants.DecayInput ? TLane.Load(x + at) - aboveReset : -aboveReset;
                    TLane.Store(rateTerms + at, gradH * q);
                }

                TLane.Store(gradX + at, constants.InputGradient(gradH));
            }
        }
    }

    /// <summary>The constants of a neuron as numbers, and the equations of a step on lanes.</summary>
    private readonly struct Constants<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        private readonly bool _leaks;
        private readonly bool _isParametric;
        private readonly bool _isHard;
        private readonly bool _detachReset;
        private readonly Divisor<T> _tau;

        public Constants(NeuronSettings settings, TensorView<T> rateParameter)
        {
            _leaks = settings.Kind != NeuronKind.IntegrateAndFire;
            _isParametric = settings.Kind == NeuronKind.ParametricLeaky;
            _isHard = settings.Reset is not null;
            _detachReset = settings.DetachReset;
            _tau = new(T.CreateTruncating(settings.Tau));
            DecayInput = settings.DecayInput;
            Threshold = T.CreateTruncating(settings.Threshold);
            Reset = T.CreateTruncating(settings.Reset ?? 0);
            Rate = _isParametric ? ExactMath.Sigmoid<LaneScalar<T>, T>(new(rateParameter.Span[0])).Value : T.One / T.CreateTruncating(settings.Tau);
            ChargeDerivative = _leaks ? T.One - Rate : T.One;
        }

        /// <summary>Whether the input decays with the membrane.</summary>
        public bool DecayInput { get; }

        /// <summary>V_th.</summary>
        public T Threshold { get; }

        /// <summary>V_reset, 0 when soft; also where the membrane starts.</summary>
        public T Reset { get; }

        /// <summary>1 / tau, or r of PLIF.</summary>
        public T Rate { get; }

        /// <summary>dH/dV, V being the membrane that the step before left: 1 - 1 / tau, 1 - r of PLIF, 1 of IF.</summary>
        public T ChargeDerivative { get; }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane Charge<TLane>(TLane v, TLane x)
            where TLane : unmanaged, ILane<TLane, T>
        {
            if (!_leaks)
            {
                return v + x;
            }

            var aboveReset = v - TLane.Broadcast(Reset);
            return DecayInput ? v + DividedByTau(x - aboveReset) : (v - DividedByTau(aboveReset)) + x;
        }

        // The products are not skipped: 0 * infinity and the sign of zero are the definition's.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane AfterReset<TLane>(TLane h, TLane s)
            where TLane : unmanaged, ILane<TLane, T> =>
            _isHard ? ((TLane.Broadcast(T.One) - s) * h) + (s * TLane.Broadcast(Reset)) : h - (s * TLane.Broadcast(Threshold));

        /// <summary>D, dV/dH at one step.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane ResetDerivative<TLane>(TLane h, TLane s, TLane sg)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var one = TLane.Broadcast(T.One);
            if (!_isHard)
            {
                return _detachReset ? one : one - (TLane.Broadcast(Threshold) * sg);
            }

            return _detachReset ? one - s : (one - s) + ((TLane.Broadcast(Reset) - h) * sg);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane InputGradient<TLane>(TLane gradH)
            where TLane : unmanaged, ILane<TLane, T> => _leaks && DecayInput ? DividedByTau(gradH) : gradH;

        // / tau of LIF; * r of PLIF, in its place.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private TLane DividedByTau<TLane>(TLane value)
            where TLane : unmanaged, ILane<TLane, T> => _isParametric ? value * TLane.Broadcast(Rate) : _tau.Divide(value);
    }
}
