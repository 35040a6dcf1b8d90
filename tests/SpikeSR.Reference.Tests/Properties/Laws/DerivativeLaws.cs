using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Tests.Properties.Laws;

/// <summary>What the backward pass of every subject must satisfy.</summary>
internal static class DerivativeLaws
{
    private const double StepLength = 1e-6;

    /// <summary>The laws of one subject. Inputs' gradients are overwritten, parameters' are added to.</summary>
    public static IEnumerable<Law> Of(Subject subject)
    {
        yield return new($"{subject}: backward is the derivative", subject.Samples, (sample, engine) => Derivative(subject, sample, engine));
        yield return new($"{subject}: backward overwrites and adds", Math.Min(5, subject.Samples), (sample, engine) => Accumulation(subject, sample, engine));
        yield return new($"{subject}: differences of the smooth twin", Math.Min(10, subject.Samples), (sample, engine) => FiniteDifference(subject, sample, engine)) { HasFixedSamples = true };
        foreach (var port in subject.LinearIn)
        {
            yield return new($"{subject}: adjoint in {port}", subject.Samples, (sample, engine) => Adjoint(subject, port, sample, engine));
        }
    }

    // <grad_out, d out> from dual numbers against <grad_in, d in>: once along all inputs and parameters together, once along each of them alone.
    private static string? Derivative(Subject subject, Sample sample, IEngine engine)
    {
        var plain = subject.Run(sample, engine.Create<F64>(), Plain, backwardPasses: 1);
        var whole = 0.0;
        foreach (var port in (IEnumerable<Port<F64>?>)[null, .. Worthwhile(plain)])
        {
            var dual = subject.Run(sample, engine.Create<Dual>(), drawn => new Dual(drawn.Value, port is null || port.Name == drawn.Port ? drawn.Direction : 0));
            var (forward, backward) = (default(Product), default(Product));
            for (var output = 0; output < plain.Outputs.Count; output++)
            {
                var value = plain.Outputs[output].Value.Span;
                var moved = dual.Outputs[output].Value.Span;
                for (var i = 0; i < value.Length; i++)
                {
                    if (value[i].Value != moved[i].Value)
                    {
                        return $"output {plain.Outputs[output].Name}[{i}] is {value[i].Value:r}, and {moved[i].Value:r} with a derivative beside it";
                    }

                    forward.Add(plain.Outputs[output].Gradient.Span[i].Value, moved[i].Derivative);
                }
            }

            foreach (var input in plain.Inputs.Where(input => port is null || input == port))
            {
                backward.Add(input);
            }

            whole = port is null ? forward.Magnitude + backward.Magnitude : whole;
            if (!(Math.Abs(forward.Sum - backward.Sum) <= (1e-10 * (forward.Magnitude + backward.Magnitude)) + (1e-13 * whole)))
            {
                return $"along {port?.Name ?? "all inputs"} the forward pass moves the loss by {forward.Sum:r}, the backward pass says {backward.Sum:r}";
            }
        }

        return null;
    }

    // Of a network's many parameters some; which ones follows from the sample.
    private static IEnumerable<Port<F64>> Worthwhile(Trial<F64> trial)
    {
        const int most = 12;
        var count = trial.Inputs.Count;
        return count <= most ? trial.Inputs : Enumerable.Range(0, most).Select(_ => trial.Inputs[trial.Dice.Between(0, count - 1)]).Distinct();
    }

    private static string? Accumulation(Subject subject, Sample sample, IEngine engine)
    {
        var (once, twice) = (subject.Run(sample, engine.Create<F64>(), Plain, backwardPasses: 1), subject.Run(sample, engine.Create<F64>(), Plain, backwardPasses: 2));
        var largest = once.Inputs.Max(input => Comparison.Largest(input.Gradient));
        foreach (var (first, second) in once.Inputs.Zip(twice.Inputs))
        {
            if (first.IsParameter)
            {
                var doubled = TensorView<F64>.Allocate(first.Gradient.Shape);
                for (var i = 0; i < doubled.Length; i++)
                {
                    doubled.Span[i] = first.Gradient.Span[i] + first.Gradient.Span[i];
                }

                if (Comparison.Close($"the gradient of {first.Name} after two passes and twice that after one,", second.Gradient, doubled, 1e-11, 1e-4 * largest) is { } wrong)
                {
                    return wrong;
                }
            }
            else if (Comparison.Bytes($"the gradient of {first.Name} after one pass and after two,", first.Gradient, second.Gradient) is { } wrong)
            {
                return wrong;
            }
        }

        return null;
    }

    // Central differences of the forward pass with a smooth step, against the backward pass in the same scalar.
    private static string? FiniteDifference(Subject subject, Sample sample, IEngine engine)
    {
        Trial<SmoothTwin> Run(double step, int backwardPasses) =>
            subject.Run(sample, engine.Create<SmoothTwin>(), drawn => new SmoothTwin(drawn.Value + (step * drawn.Direction)), backwardPasses);

        var here = Run(0, 1);
        if (!here.IsSmooth)
        {
            return null;
        }

        var (after, before) = (Run(StepLength, 0), Run(-StepLength, 0));
        var (forward, backward) = (default(Product), default(Product));
        for (var output = 0; output < here.Outputs.Count; output++)
        {
            var high = after.Outputs[output].Value.Span;
            var low = before.Outputs[output].Value.Span;
            for (var i = 0; i < high.Length; i++)
            {
                forward.Add(here.Outputs[output].Gradient.Span[i].Value, (high[i].Value - low[i].Value) / (2 * StepLength));
            }
        }

        foreach (var input in here.Inputs)
        {
            backward.Add(input);
        }

        return Math.Abs(forward.Sum - backward.Sum) <= 1e-6 * (forward.Magnitude + backward.Magnitude)
            ? null
            : $"differences move the loss by {forward.Sum:r}, the backward pass says {backward.Sum:r}";
    }

    // <g, J v> = <J' g, v> where J v = f(v) - f(0), everything else held.
    private static string? Adjoint(Subject subject, string name, Sample sample, IEngine engine)
    {
        var at = subject.Run(sample, engine.Create<F64>(), drawn => new F64(drawn.Port == name ? drawn.Direction : drawn.Value), backwardPasses: 1);
        var zero = subject.Run(sample, engine.Create<F64>(), drawn => new F64(drawn.Port == name ? 0 : drawn.Value));
        var (forward, backward) = (default(Product), default(Product));
        for (var output = 0; output < at.Outputs.Count; output++)
        {
            for (var i = 0; i < at.Outputs[output].Value.Length; i++)
            {
                forward.Add(at.Outputs[output].Gradient.Span[i].Value, at.Outputs[output].Value.Span[i].Value - zero.Outputs[output].Value.Span[i].Value);
            }
        }

        // A bias or mask that this sample has none of is no port.
        foreach (var input in at.Inputs.Where(input => input.Name == name))
        {
            backward.Add(input);
        }

        return Math.Abs(forward.Sum - backward.Sum) <= 1e-12 * (1 + forward.Magnitude + backward.Magnitude)
            ? null
            : $"<g, J v> is {forward.Sum:r}, <J' g, v> is {backward.Sum:r}";
    }

    private static F64 Plain(Drawn drawn) => new(drawn.Value);

    // A sum of products with the sum of their magnitudes, which says what rounding can do to it.
    private struct Product
    {
        public double Sum { get; private set; }

        public double Magnitude { get; private set; }

        public void Add(double left, double right)
        {
            Sum += left * right;
            Magnitude += Math.Abs(left * right);
        }

        public void Add<T>(Port<T> input)
            where T : unmanaged, IScalar<T>
        {
            for (var i = 0; i < input.Directions.Length; i++)
            {
                Add(T.ToDouble(input.Gradient.Span[i]), input.Directions[i]);
            }
        }
    }
}
