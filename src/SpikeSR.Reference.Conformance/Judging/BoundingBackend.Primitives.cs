using SpikeSR.Reference.Attention;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Neurons;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Judging;

/// <content>Every primitive is its definition; what it wrote is stored. Those that only move numbers are left as they are.</content>
internal sealed partial class BoundingBackend<TRounding>
{
    /// <inheritdoc/>
    public override void SurrogateBackward(SurrogateFunction surrogate, TensorView<Bounded<TRounding>> x, TensorView<Bounded<TRounding>> gradSpike, TensorView<Bounded<TRounding>> gradX)
    {
        base.SurrogateBackward(surrogate, x, gradSpike, gradX);
        Store(gradX);
    }

    /// <inheritdoc/>
    public override void Convolution(
        ConvolutionSettings settings,
        TensorView<Bounded<TRounding>> x,
        Parameter<Bounded<TRounding>> weight,
        Parameter<Bounded<TRounding>>? bias,
        TensorView<Bounded<TRounding>> y)
    {
        base.Convolution(settings, x, weight, bias, y);
        Store(y);
    }

    /// <inheritdoc/>
    public override void ConvolutionBackward(
        ConvolutionSettings settings,
        TensorView<Bounded<TRounding>> x,
        Parameter<Bounded<TRounding>> weight,
        Parameter<Bounded<TRounding>>? bias,
        TensorView<Bounded<TRounding>> gradY,
        TensorView<Bounded<TRounding>> gradX)
    {
        base.ConvolutionBackward(settings, x, weight, bias, gradY, gradX);
        Store(gradX, weight.Gradient, Gradient(bias));
    }

    /// <inheritdoc/>
    public override void DeformableConvolution(
        ConvolutionSettings settings,
        int offsetGroups,
        TensorView<Bounded<TRounding>> x,
        TensorView<Bounded<TRounding>> offset,
        TensorView<Bounded<TRounding>> mask,
        Parameter<Bounded<TRounding>> weight,
        Parameter<Bounded<TRounding>>? bias,
        TensorView<Bounded<TRounding>> y)
    {
        base.DeformableConvolution(settings, offsetGroups, x, offset, mask, weight, bias, y);
        Store(y);
    }

    /// <inheritdoc/>
    public override void DeformableConvolutionBackward(
        ConvolutionSettings settings,
        int offsetGroups,
        TensorView<Bounded<TRounding>> x,
        TensorView<Bounded<TRounding>> offset,
        TensorView<Bounded<TRounding>> mask,
        Parameter<Bounded<TRounding>> weight,
        Parameter<Bounded<TRounding>>? bias,
        TensorView<Bounded<TRounding>> gradY,
        TensorView<Bounded<TRounding>> gradX,
        TensorView<Bounded<TRounding>> gradOffset,
        TensorView<Bounded<TRounding>> gradMask)
    {
        base.DeformableConvolutionBackward(settings, offsetGroups, x, offset, mask, weight, bias, gradY, gradX, gradOffset, gradMask);
        Store(gradX, gradOffset, gradMask, weight.Gradient, Gradient(bias));
    }

    /// <inheritdoc/>
    public override void Linear(TensorView<Bounded<TRounding>> x, Parameter<Bounded<TRounding>> weight, Parameter<Bounded<TRounding>>? bias, TensorView<Bounded<TRounding>> y)
    {
        base.Linear(x, weight, bias, y);
        Store(y);
    }

    /// <inheritdoc/>
    public override void LinearBackward(
        TensorView<Bounded<TRounding>> x,
        Parameter<Bounded<TRounding>> weight,
        Parameter<Bounded<TRounding>>? bias,
        TensorView<Bounded<TRounding>> gradY,
        TensorView<Bounded<TRounding>> gradX)
    {
        base.LinearBackward(x, weight, bias, gradY, gradX);
        Store(gradX, weight.Gradient, Gradient(bias));
    }

    /// <inheritdoc/>
    public override void StepMixing(TensorView<Bounded<TRounding>> x, Parameter<Bounded<TRounding>> weight, TensorView<Bounded<TRounding>> y)
    {
        base.StepMixing(x, weight, y);
        Store(y);
    }

    /// <inheritdoc/>
    public override void StepMixingBackward(TensorView<Bounded<TRounding>> x, Parameter<Bounded<TRounding>> weight, TensorView<Bounded<TRounding>> gradY, TensorView<Bounded<TRounding>> gradX)
    {
        base.StepMixingBackward(x, weight, gradY, gradX);
        Store(gradX, weight.Gradient);
    }

    /// <inheritdoc/>
    public override void BatchNorm(
        BatchNormSettings settings,
        TensorView<Bounded<TRounding>> x,
        NormParameters<Bounded<TRounding>> norm,
        TensorView<Bounded<TRounding>> y,
        TensorView<Bounded<TRounding>> statistics)
    {
        base.BatchNorm(settings, x, norm, y, statistics);
        Store(y, statistics, norm.RunningMean.Value, norm.RunningVariance.Value);
    }

    /// <inheritdoc/>
    public override void BatchNormBackward(
        BatchNormSettings settings,
        TensorView<Bounded<TRounding>> x,
        NormParameters<Bounded<TRounding>> norm,
        TensorView<Bounded<TRounding>> statistics,
        TensorView<Bounded<TRounding>> gradY,
        TensorView<Bounded<TRounding>> gradX)
    {
        base.BatchNormBackward(settings, x, norm, statistics, gradY, gradX);
        Store(gradX, norm.Weight.Gradient, norm.Bias.Gradient);
    }

    /// <inheritdoc/>
    public override void LayerNorm(double epsilon, TensorView<Bounded<TRounding>> x, Parameter<Bounded<TRounding>> weight, Parameter<Bounded<TRounding>> bias, TensorView<Bounded<TRounding>> y)
    {
        base.LayerNorm(epsilon, x, weight, bias, y);
        Store(y);
    }

    /// <inheritdoc/>
    public override void LayerNormBackward(
        double epsilon,
        TensorView<Bounded<TRounding>> x,
        Parameter<Bounded<TRounding>> weight,
        Parameter<Bounded<TRounding>> bias,
        TensorView<Bounded<TRounding>> gradY,
        TensorView<Bounded<TRounding>> gradX)
    {
        base.LayerNormBackward(epsilon, x, weight, bias, gradY, gradX);
        Store(gradX, weight.Gradient, bias.Gradient);
    }

    /// <inheritdoc/>
    public override void Activation(ActivationKind kind, TensorView<Bounded<TRounding>> x, TensorView<Bounded<TRounding>> y)
    {
        base.Activation(kind, x, y);
        if (kind == ActivationKind.Relu)
        {
            GrantKink(x, y);
        }

        Store(y);
    }

    /// <inheritdoc/>
    public override void ActivationBackward(ActivationKind kind, TensorView<Bounded<TRounding>> x, TensorView<Bounded<TRounding>> gradY, TensorView<Bounded<TRounding>> gradX)
    {
        base.ActivationBackward(kind, x, gradY, gradX);
        if (kind == ActivationKind.Relu)
        {
            GrantJump(x, gradY, gradX);
        }

        Store(gradX);
    }

    /// <inheritdoc/>
    public override void Softmax(TensorView<Bounded<TRounding>> x, TensorView<Bounded<TRounding>> y)
    {
        base.Softmax(x, y);
        Store(y);
    }

    /// <inheritdoc/>
    public override void SoftmaxBackward(TensorView<Bounded<TRounding>> y, TensorView<Bounded<TRounding>> gradY, TensorView<Bounded<TRounding>> gradX)
    {
        base.SoftmaxBackward(y, gradY, gradX);
        Store(gradX);
    }

    /// <inheritdoc/>
    public override void Attention(TensorView<Bounded<TRounding>> q, TensorView<Bounded<TRounding>> k, TensorView<Bounded<TRounding>> v, TensorView<Bounded<TRounding>> y)
    {
        base.Attention(q, k, v, y);
        Store(y);
    }

    /// <inheritdoc/>
    public override void AttentionBackward(
        TensorView<Bounded<TRounding>> q,
        TensorView<Bounded<TRounding>> k,
        TensorView<Bounded<TRounding>> v,
        TensorView<Bounded<TRounding>> gradY,
        TensorView<Bounded<TRounding>> gradQ,
        TensorView<Bounded<TRounding>> gradK,
        TensorView<Bounded<TRounding>> gradV)
    {
        base.AttentionBackward(q, k, v, gradY, gradQ, gradK, gradV);
        Store(gradQ, gradK, gradV);
    }

    /// <inheritdoc/>
    public override void AveragePool(TensorView<Bounded<TRounding>> x, TensorView<Bounded<TRounding>> y)
    {
        base.AveragePool(x, y);
        Store(y);
    }

    /// <inheritdoc/>
    public override void AveragePoolBackward(TensorView<Bounded<TRounding>> gradY, TensorView<Bounded<TRounding>> gradX)
    {
        base.AveragePoolBackward(gradY, gradX);
        Store(gradX);
    }

    /// <inheritdoc/>
    public override void PatchDivideBackward(PatchGrid grid, TensorView<Bounded<TRounding>> gradY, TensorView<Bounded<TRounding>> gradX)
    {
        base.PatchDivideBackward(grid, gradY, gradX);
        Store(gradX);
    }

    /// <inheritdoc/>
    public override void PatchReverse(PatchGrid grid, TensorView<Bounded<TRounding>> y, TensorView<Bounded<TRounding>> x)
    {
        base.PatchReverse(grid, y, x);
        Store(x);
    }

    /// <inheritdoc/>
    public override void PatchReverseBackward(PatchGrid grid, TensorView<Bounded<TRounding>> gradX, TensorView<Bounded<TRounding>> gradY)
    {
        base.PatchReverseBackward(grid, gradX, gradY);
        Store(gradY);
    }

    /// <inheritdoc/>
    public override void MatchBackward(
        MatchSettings settings,
        TensorView<Bounded<TRounding>> x,
        Parameter<Bounded<TRounding>> weight,
        Parameter<Bounded<TRounding>> bias,
        TensorView<Bounded<TRounding>> gumbel,
        TensorView<int> chosen,
        TensorView<Bounded<TRounding>> gradY,
        TensorView<Bounded<TRounding>> gradX)
    {
        base.MatchBackward(settings, x, weight, bias, gumbel, chosen, gradY, gradX);
        Store(gradX, weight.Gradient, bias.Gradient);
    }

    /// <inheritdoc/>
    public override void Add(TensorView<Bounded<TRounding>> left, TensorView<Bounded<TRounding>> right, TensorView<Bounded<TRounding>> y)
    {
        base.Add(left, right, y);
        Store(y);
    }

    /// <inheritdoc/>
    public override void Multiply(TensorView<Bounded<TRounding>> left, TensorView<Bounded<TRounding>> right, TensorView<Bounded<TRounding>> y)
    {
        base.Multiply(left, right, y);
        Store(y);
    }

    /// <inheritdoc/>
    public override void Scale(TensorView<Bounded<TRounding>> x, double factor, TensorView<Bounded<TRounding>> y)
    {
        base.Scale(x, factor, y);
        Store(y);
    }

    /// <inheritdoc/>
    public override void ScaleChannels(TensorView<Bounded<TRounding>> x, TensorView<Bounded<TRounding>> a, TensorView<Bounded<TRounding>> y)
    {
        base.ScaleChannels(x, a, y);
        Store(y);
    }

    /// <inheritdoc/>
    public override void ScaleChannelsBackward(TensorView<Bounded<TRounding>> x, TensorView<Bounded<TRounding>> gradY, TensorView<Bounded<TRounding>> gradA)
    {
        base.ScaleChannelsBackward(x, gradY, gradA);
        Store(gradA);
    }

    /// <inheritdoc/>
    public override void Blend(TensorView<Bounded<TRounding>> t, TensorView<Bounded<TRounding>> a, TensorView<Bounded<TRounding>> r, TensorView<Bounded<TRounding>> y)
    {
        base.Blend(t, a, r, y);
        Store(y);
    }

    /// <inheritdoc/>
    public override void BlendBackward(
        TensorView<Bounded<TRounding>> t,
        TensorView<Bounded<TRounding>> a,
        TensorView<Bounded<TRounding>> r,
        TensorView<Bounded<TRounding>> gradY,
        TensorView<Bounded<TRounding>> gradT,
        TensorView<Bounded<TRounding>> gradA,
        TensorView<Bounded<TRounding>> gradR)
    {
        base.BlendBackward(t, a, r, gradY, gradT, gradA, gradR);
        Store(gradT, gradA, gradR);
    }

    /// <inheritdoc/>
    public override void MeanOverSteps(TensorView<Bounded<TRounding>> x, TensorView<Bounded<TRounding>> y)
    {
        base.MeanOverSteps(x, y);
        Store(y);
    }

    /// <inheritdoc/>
    public override void MeanOverStepsBackward(TensorView<Bounded<TRounding>> gradY, TensorView<Bounded<TRounding>> gradX)
    {
        base.MeanOverStepsBackward(gradY, gradX);
        Store(gradX);
    }

    /// <inheritdoc/>
    public override Bounded<TRounding> L1(TensorView<Bounded<TRounding>> x, TensorView<Bounded<TRounding>> target) => base.L1(x, target).Store();

    /// <inheritdoc/>
    public override void L1Backward(TensorView<Bounded<TRounding>> x, TensorView<Bounded<TRounding>> target, Bounded<TRounding> gradLoss, TensorView<Bounded<TRounding>> gradX)
    {
        base.L1Backward(x, target, gradLoss, gradX);
        GrantSign(x, target, gradLoss, gradX);
        Store(gradX);
    }

    /// <inheritdoc/>
    public override void Adam(
        AdamSettings settings,
        long step,
        TensorView<Bounded<TRounding>> theta,
        TensorView<Bounded<TRounding>> gradient,
        TensorView<Bounded<TRounding>> m,
        TensorView<Bounded<TRounding>> v)
    {
        base.Adam(settings, step, theta, gradient, m, v);
        Store(theta, m, v);
    }

    private static TensorView<Bounded<TRounding>> Gradient(Parameter<Bounded<TRounding>>? parameter) => parameter?.Gradient ?? default;

    // ReLU is continuous: an x whose sign rounding may turn gives its own error, though the definition says 0.
    private static void GrantKink(TensorView<Bounded<TRounding>> x, TensorView<Bounded<TRounding>> y)
    {
        for (var i = 0; i < x.Length; i++)
        {
            if (x.Span[i] is var at && at.Value <= 0 && at.Value + at.Error > 0)
            {
                y.Span[i] = y.Span[i].Widen(at.Value + at.Error);
            }
        }
    }

    // Its derivative is not: there the gradient may be 0 or pass.
    private static void GrantJump(TensorView<Bounded<TRounding>> x, TensorView<Bounded<TRounding>> gradY, TensorView<Bounded<TRounding>> gradX)
    {
        for (var i = 0; i < x.Length; i++)
        {
            var (at, g) = (x.Span[i], gradY.Span[i]);
            if (at.Error > 0 && Math.Abs(at.Value) <= at.Error)
            {
                gradX.Span[i] = gradX.Span[i].Widen(Math.Abs(g.Value) + g.Error);
            }
        }
    }

    // Nor is the sign of a difference.
    private static void GrantSign(TensorView<Bounded<TRounding>> x, TensorView<Bounded<TRounding>> target, Bounded<TRounding> gradLoss, TensorView<Bounded<TRounding>> gradX)
    {
        var largest = 2 * (Math.Abs(gradLoss.Value) + gradLoss.Error) / x.Length;
        for (var i = 0; i < x.Length; i++)
        {
            var distance = x.Span[i] - target.Span[i];
            if (distance.Error > 0 && Math.Abs(distance.Value) <= distance.Error)
            {
                gradX.Span[i] = gradX.Span[i].Widen(largest);
            }
        }
    }
}
