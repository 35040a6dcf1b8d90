using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Tests.Properties.Subjects;

/// <summary>An element-wise activation.</summary>
internal sealed class ActivationSubject(ActivationKind kind) : Subject($"activation {kind}")
{
    public override Calculation Prepare<T>(Trial<T> trial)
    {
        var count = trial.Dice.Extent(1, 7);
        var (x, y) = (trial.Input("x", new Range(-4, 4), count), trial.Output("y", count));
        return new(
            () => trial.Backend.Activation(kind, x.Value, y.Value),
            () => trial.Backend.ActivationBackward(kind, x.Value, y.Gradient, x.Gradient));
    }
}

/// <summary>Multiplication of channels by a gate; the gradient by x is the gate times the gradient by y.</summary>
internal sealed class ScaleChannelsSubject() : Subject("scaling of channels")
{
    public override Calculation Prepare<T>(Trial<T> trial)
    {
        var (planes, pixels, channels) = (trial.Dice.Extent(1, 3), trial.Dice.Extent(1, 6), trial.Dice.Extent(1, 4));
        var (x, a) = (trial.Input("x", Range.Unit, planes, pixels, channels), trial.Input("a", Range.Unit, planes, channels));
        var y = trial.Output("y", planes, pixels, channels);
        return new(
            () => trial.Backend.ScaleChannels(x.Value, a.Value, y.Value),
            () =>
            {
                trial.Backend.ScaleChannels(y.Gradient, a.Value, x.Gradient);
                trial.Backend.ScaleChannelsBackward(x.Value, y.Gradient, a.Gradient);
            });
    }
}

/// <summary>The blend of the feature refinement.</summary>
internal sealed class BlendSubject() : Subject("blend")
{
    public override Calculation Prepare<T>(Trial<T> trial)
    {
        var (planes, pixels, channels) = (trial.Dice.Extent(1, 3), trial.Dice.Extent(1, 6), trial.Dice.Extent(1, 4));
        var (t, a, r) = (trial.Input("t", Range.Unit, planes, pixels, channels), trial.Input("a", Range.Unit, planes, channels), trial.Input("r", Range.Unit, planes, pixels, channels));
        var y = trial.Output("y", planes, pixels, channels);
        return new(
            () => trial.Backend.Blend(t.Value, a.Value, r.Value, y.Value),
            () => trial.Backend.BlendBackward(t.Value, a.Value, r.Value, y.Gradient, t.Gradient, a.Gradient, r.Gradient));
    }
}

/// <summary>x (x + y) - 3 x by Add, Multiply and Scale: the pieces that join branches have no backward passes of their own.</summary>
internal sealed class ArithmeticSubject() : Subject("add, multiply and scale")
{
    public override Calculation Prepare<T>(Trial<T> trial)
    {
        var count = trial.Dice.Extent(1, 7);
        var (left, right, y) = (trial.Input("left", Range.Unit, count), trial.Input("right", Range.Unit, count), trial.Output("y", count));
        var (sum, part) = (trial.Keep.Rent<T>(count), trial.Keep.Rent<T>(count));
        var backend = trial.Backend;
        return new(
            () =>
            {
                backend.Add(left.Value, right.Value, sum);
                backend.Multiply(left.Value, sum, y.Value);
                backend.Scale(left.Value, -3, part);
                backend.Add(y.Value, part, y.Value);
            },
            () =>
            {
                backend.Multiply(y.Gradient, left.Value, right.Gradient);
                backend.Multiply(y.Gradient, sum, left.Gradient);
                backend.Add(left.Gradient, right.Gradient, left.Gradient);
                backend.Scale(y.Gradient, -3, part);
                backend.Add(left.Gradient, part, left.Gradient);
            });
    }
}

/// <summary>The L1 loss.</summary>
internal sealed class LossSubject() : Subject("L1 loss")
{
    public override Calculation Prepare<T>(Trial<T> trial)
    {
        var count = trial.Dice.Extent(1, 7);
        var (x, target, loss) = (trial.Input("x", Range.Unit, count), trial.Constant("target", Range.Unit, count), trial.Output("loss", 1));
        return new(
            () => loss.Value.Span[0] = trial.Backend.L1(x.Value, target),
            () => trial.Backend.L1Backward(x.Value, target, loss.Gradient.Span[0], x.Gradient));
    }
}
