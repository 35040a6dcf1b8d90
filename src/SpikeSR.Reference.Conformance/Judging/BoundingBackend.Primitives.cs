using SpikeSR.Reference.Attention;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Neurons;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Judging;

/// <content>Every primitive is its definition; what it wrote is stored. Those that only move numbers are left as they are.</content>
internal sealed partial class BoundingBackend<T>
{
    /// <inheritdoc/>
    public override void SurrogateBackward(SurrogateFunction surrogate, TensorView<T> x, TensorView<T> gradSpike, TensorView<T> gradX)
    {
        base.SurrogateBackward(surrogate, x, gradSpike, gradX);
        Store(gradX);
    }

    /// <inheritdoc/>
    public override void Convolution(
        ConvolutionSettings settings,
        TensorView<T> x,
        Parameter<T> weight,
        Parameter<T>? bias,
        TensorView<T> y)
    {
        base.Convolution(settings, x, weight, bias, y);
        Store(y);
    }

    /// <inheritdoc/>
    public override void ConvolutionBackward(
        ConvolutionSettings settings,
        TensorView<T> x,
        Parameter<T> weight,
        Parameter<T>? bias,
        TensorView<T> gradY,
        TensorView<T> gradX)
    {
        base.ConvolutionBackward(settings, x, weight, bias, gradY, gradX);
        Store(gradX, weight.Gradient, Gradient(bias));
    }

    /// <inheritdoc/>
    public override void DeformableConvolution(
        ConvolutionSettings settings,
        int offsetGroups,
        TensorView<T> x,
        TensorView<T> offset,
        TensorView<T> mask,
        Parameter<T> weight,
        Parameter<T>? bias,
        TensorView<T> y)
    {
        base.DeformableConvolution(settings, offsetGroups, x, offset, mask, weight, bias, y);
        GrantCells(settings, offsetGroups, x, offset, mask, weight, y);
        Store(y);
    }

    /// <inheritdoc/>
    public override void DeformableConvolutionBackward(
        ConvolutionSettings settings,
        int offsetGroups,
        TensorView<T> x,
        TensorView<T> offset,
        TensorView<T> mask,
        Parameter<T> weight,
        Parameter<T>? bias,
        TensorView<T> gradY,
        TensorView<T> gradX,
        TensorView<T> gradOffset,
        TensorView<T> gradMask)
    {
        base.DeformableConvolutionBackward(settings, offsetGroups, x, offset, mask, weight, bias, gradY, gradX, gradOffset, gradMask);
        GrantCellsBackward(settings, offsetGroups, x, offset, mask, weight, gradY, gradX, gradOffset, gradMask);
        Store(gradX, gradOffset, gradMask, weight.Gradient, Gradient(bias));
    }

    /// <inheritdoc/>
    public override void Linear(TensorView<T> x, Parameter<T> weight, Parameter<T>? bias, TensorView<T> y)
    {
        base.Linear(x, weight, bias, y);
        Store(y);
    }

    /// <inheritdoc/>
    public override void LinearBackward(
        TensorView<T> x,
        Parameter<T> weight,
        Parameter<T>? bias,
        TensorView<T> gradY,
        TensorView<T> gradX)
    {
        base.LinearBackward(x, weight, bias, gradY, gradX);
        Store(gradX, weight.Gradient, Gradient(bias));
    }

    /// <inheritdoc/>
    public override void StepMixing(TensorView<T> x, Parameter<T> weight, TensorView<T> y)
    {
        base.StepMixing(x, weight, y);
        Store(y);
    }

    /// <inheritdoc/>
    public override void StepMixingBackward(TensorView<T> x, Parameter<T> weight, TensorView<T> gradY, TensorView<T> gradX)
    {
        base.StepMixingBackward(x, weight, gradY, gradX);
        Store(gradX, weight.Gradient);
    }

    /// <inheritdoc/>
    public override void BatchNorm(
        BatchNormSettings settings,
        TensorView<T> x,
        NormParameters<T> norm,
        TensorView<T> y,
        TensorView<T> statistics)
    {
        base.BatchNorm(settings, x, norm, y, statistics);
        Store(y, statistics, norm.RunningMean.Value, norm.RunningVariance.Value);
    }

    /// <inheritdoc/>
    public override void BatchNormBackward(
        BatchNormSettings settings,
        TensorView<T> x,
        NormParameters<T> norm,
        TensorView<T> statistics,
        TensorView<T> gradY,
        TensorView<T> gradX)
    {
        base.BatchNormBackward(settings, x, norm, statistics, gradY, gradX);
        Store(gradX, norm.Weight.Gradient, norm.Bias.Gradient);
    }

    /// <inheritdoc/>
    public override void LayerNorm(double epsilon, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> y)
    {
        base.LayerNorm(epsilon, x, weight, bias, y);
        Store(y);
    }

    /// <inheritdoc/>
    public override void LayerNormBackward(
        double epsilon,
        TensorView<T> x,
        Parameter<T> weight,
        Parameter<T> bias,
        TensorView<T> gradY,
        TensorView<T> gradX)
    {
        base.LayerNormBackward(epsilon, x, weight, bias, gradY, gradX);
        Store(gradX, weight.Gradient, bias.Gradient);
    }

    /// <inheritdoc/>
    public override void Activation(ActivationKind kind, TensorView<T> x, TensorView<T> y)
    {
        var kinks = kind == ActivationKind.Relu ? Kinks(x) : [];
        base.Activation(kind, x, y);
        Widen(y, kinks);
        Store(y);
    }

    /// <inheritdoc/>
    public override void ActivationBackward(ActivationKind kind, TensorView<T> x, TensorView<T> gradY, TensorView<T> gradX)
    {
        var jumps = kind == ActivationKind.Relu ? Jumps(x, gradY) : [];
        base.ActivationBackward(kind, x, gradY, gradX);
        Widen(gradX, jumps);
        Store(gradX);
    }

    /// <inheritdoc/>
    public override void Softmax(TensorView<T> x, TensorView<T> y)
    {
        base.Softmax(x, y);
        Store(y);
    }

    /// <inheritdoc/>
    public override void SoftmaxBackward(TensorView<T> y, TensorView<T> gradY, TensorView<T> gradX)
    {
        base.SoftmaxBackward(y, gradY, gradX);
        Store(gradX);
    }

    /// <inheritdoc/>
    public override void Attention(TensorView<T> q, TensorView<T> k, TensorView<T> v, TensorView<T> y)
    {
        base.Attention(q, k, v, y);
        Store(y);
    }

    /// <inheritdoc/>
    public override void AttentionBackward(
        TensorView<T> q,
        TensorView<T> k,
        TensorView<T> v,
        TensorView<T> gradY,
        TensorView<T> gradQ,
        TensorView<T> gradK,
        TensorView<T> gradV)
    {
        base.AttentionBackward(q, k, v, gradY, gradQ, gradK, gradV);
        Store(gradQ, gradK, gradV);
    }

    /// <inheritdoc/>
    public override void AveragePool(TensorView<T> x, TensorView<T> y)
    {
        base.AveragePool(x, y);
        Store(y);
    }

    /// <inheritdoc/>
    public override void AveragePoolBackward(TensorView<T> gradY, TensorView<T> gradX)
    {
        base.AveragePoolBackward(gradY, gradX);
        Store(gradX);
    }

    /// <inheritdoc/>
    public override void PatchDivideBackward(PatchGrid grid, TensorView<T> gradY, TensorView<T> gradX)
    {
        base.PatchDivideBackward(grid, gradY, gradX);
        Store(gradX);
    }

    /// <inheritdoc/>
    public override void PatchReverse(PatchGrid grid, TensorView<T> y, TensorView<T> x)
    {
        base.PatchReverse(grid, y, x);
        Store(x);
    }

    /// <inheritdoc/>
    public override void PatchReverseBackward(PatchGrid grid, TensorView<T> gradX, TensorView<T> gradY)
    {
        base.PatchReverseBackward(grid, gradX, gradY);
        Store(gradY);
    }

    /// <inheritdoc/>
    public override void MatchBackward(
        MatchSettings settings,
        TensorView<T> x,
        Parameter<T> weight,
        Parameter<T> bias,
        TensorView<T> gumbel,
        TensorView<int> chosen,
        TensorView<T> gradY,
        TensorView<T> gradX)
    {
        using var scope = Workspace.OpenScope();
        var operands = scope.Rent<T>(gradY.Shape);
        gradY.CopyTo(operands);
        AsOperands(settings.Train ? operands : default);
        base.MatchBackward(settings, x, weight, bias, gumbel, chosen, operands, gradX);
        Store(gradX, weight.Gradient, bias.Gradient);
    }

    /// <inheritdoc/>
    public override void Add(TensorView<T> left, TensorView<T> right, TensorView<T> y)
    {
        base.Add(left, right, y);
        Store(y);
    }

    /// <inheritdoc/>
    public override void Multiply(TensorView<T> left, TensorView<T> right, TensorView<T> y)
    {
        base.Multiply(left, right, y);
        Store(y);
    }

    /// <inheritdoc/>
    public override void Scale(TensorView<T> x, double factor, TensorView<T> y)
    {
        base.Scale(x, factor, y);
        Store(y);
    }

    /// <inheritdoc/>
    public override void ScaleChannels(TensorView<T> x, TensorView<T> a, TensorView<T> y)
    {
        base.ScaleChannels(x, a, y);
        Store(y);
    }

    /// <inheritdoc/>
    public override void ScaleChannelsBackward(TensorView<T> x, TensorView<T> gradY, TensorView<T> gradA)
    {
        base.ScaleChannelsBackward(x, gradY, gradA);
        Store(gradA);
    }

    /// <inheritdoc/>
    public override void Blend(TensorView<T> t, TensorView<T> a, TensorView<T> r, TensorView<T> y)
    {
        base.Blend(t, a, r, y);
        Store(y);
    }

    /// <inheritdoc/>
    public override void BlendBackward(
        TensorView<T> t,
        TensorView<T> a,
        TensorView<T> r,
        TensorView<T> gradY,
        TensorView<T> gradT,
        TensorView<T> gradA,
        TensorView<T> gradR)
    {
        base.BlendBackward(t, a, r, gradY, gradT, gradA, gradR);
        Store(gradT, gradA, gradR);
    }

    /// <inheritdoc/>
    public override void MeanOverSteps(TensorView<T> x, TensorView<T> y)
    {
        base.MeanOverSteps(x, y);
        Store(y);
    }

    /// <inheritdoc/>
    public override void MeanOverStepsBackward(TensorView<T> gradY, TensorView<T> gradX)
    {
        base.MeanOverStepsBackward(gradY, gradX);
        Store(gradX);
    }

    /// <inheritdoc/>
    public override T L1(TensorView<T> x, TensorView<T> target) => base.L1(x, target).Store();

    /// <inheritdoc/>
    public override void L1Backward(TensorView<T> x, TensorView<T> target, T gradLoss, TensorView<T> gradX)
    {
        base.L1Backward(x, target, gradLoss, gradX);
        GrantSign(x, target, gradLoss, gradX);
        Store(gradX);
    }

    /// <inheritdoc/>
    public override void Adam(
        AdamSettings settings,
        long step,
        TensorView<T> theta,
        TensorView<T> gradient,
        TensorView<T> m,
        TensorView<T> v)
    {
        using var scope = Workspace.OpenScope();
        var (first, second) = (scope.Rent<T>(m.Shape), scope.Rent<T>(v.Shape));
        m.CopyTo(first);
        v.CopyTo(second);
        SpikeSR.Reference.Operators.Adam.Average(settings, gradient, m, v, Threads);
        for (var i = 0; i < gradient.Length; i++)
        {
            var g = gradient.Span[i];
            m.Span[i] = GrantInterpolation(m.Span[i], settings.Beta1, first.Span[i], g);
            v.Span[i] = GrantInterpolation(v.Span[i], settings.Beta2, second.Span[i], g * g);
        }

        SpikeSR.Reference.Operators.Adam.Descend(settings, step, theta, m, v, Threads);
        Store(theta);
    }

    private static TensorView<T> Gradient(Parameter<T>? parameter) => parameter?.Gradient ?? default;

    // m + (1 - beta) (g - m) in place of beta m + (1 - beta) g rounds 1 - beta, the difference and its product, which m may make large. From m = 0 both are one.
    private static T GrantInterpolation(T average, double beta, T m, T g) =>
        average.Widen(T.ToDouble(m) == 0 && m.Error == 0 ? 0 : 3 * T.OneRounding * (1 - beta) * (Math.Abs(T.ToDouble(m)) + m.Error + Math.Abs(T.ToDouble(g)) + g.Error));

    // ReLU is continuous: an x whose sign rounding may turn gives its own error, though the definition says 0. Found before the output overwrites x.
    private static List<(int At, double By)> Kinks(TensorView<T> x)
    {
        var found = new List<(int, double)>();
        for (var i = 0; i < x.Length; i++)
        {
            if (x.Span[i] is var at && T.ToDouble(at) <= 0 && T.ToDouble(at) + at.Error > 0)
            {
                found.Add((i, T.ToDouble(at) + at.Error));
            }
        }

        return found;
    }

    // Its derivative is not: there the gradient may be 0 or pass. Found before one gradient overwrites the other.
    private static List<(int At, double By)> Jumps(TensorView<T> x, TensorView<T> gradY)
    {
        var found = new List<(int, double)>();
        for (var i = 0; i < x.Length; i++)
        {
            var (at, g) = (x.Span[i], gradY.Span[i]);
            if (at.Error > 0 && Math.Abs(T.ToDouble(at)) <= at.Error)
            {
                found.Add((i, Math.Abs(T.ToDouble(g)) + g.Error));
            }
        }

        return found;
    }

    private static void Widen(TensorView<T> tensor, List<(int At, double By)> grants)
    {
        foreach (var (at, by) in grants)
        {
            Widen(tensor, at, by);
        }
    }

    // Nor is the sign of a difference.
    private static void GrantSign(TensorView<T> x, TensorView<T> target, T gradLoss, TensorView<T> gradX)
    {
        var largest = 2 * (Math.Abs(T.ToDouble(gradLoss)) + gradLoss.Error) / x.Length;
        for (var i = 0; i < x.Length; i++)
        {
            var distance = x.Span[i] - target.Span[i];
            if (distance.Error > 0 && Math.Abs(T.ToDouble(distance)) <= distance.Error)
            {
                gradX.Span[i] = gradX.Span[i].Widen(largest);
            }
        }
    }
}
