using SpikeSR.Reference.Attention;
using SpikeSR.Reference.Neurons;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Network;

/// <summary>The oracle: every primitive is its definition, in the scalar it is asked for.</summary>
/// <typeparam name="T">Scalar.</typeparam>
/// <param name="workspace">Where temporary tensors are rented.</param>
/// <param name="threads">Threads over outputs.</param>
public class DefinitionBackend<T>(Workspace workspace, Parallelism threads) : Backend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    /// <inheritdoc/>
    public override string Name => "definition";

    /// <inheritdoc/>
    public override void Surrogate(SurrogateFunction surrogate, TensorView<T> x, TensorView<T> spike) =>
        Neurons.Surrogate.Forward(surrogate, x, spike, Threads);

    /// <inheritdoc/>
    public override void SurrogateBackward(SurrogateFunction surrogate, TensorView<T> x, TensorView<T> gradSpike, TensorView<T> gradX) =>
        Neurons.Surrogate.Backward(surrogate, x, gradSpike, gradX, Threads);

    /// <inheritdoc/>
    public override void Neuron(NeuronSettings settings, Parameter<T>? rate, TensorView<T> x, TensorView<T> membrane, TensorView<T> spike, TensorView<T> trace) =>
        Neurons.Neuron.Forward(settings, rate?.Value ?? default, x, membrane, spike, trace, Threads);

    /// <inheritdoc/>
    public override void NeuronBackward(NeuronSettings settings, Parameter<T>? rate, TensorView<T> x, TensorView<T> gradSpike, TensorView<T> gradTrace, TensorView<T> gradX) =>
        Neurons.Neuron.Backward(settings, rate?.Value ?? default, x, gradSpike, gradTrace, gradX, rate?.Gradient ?? default, Workspace, Threads);

    /// <inheritdoc/>
    public override void Convolution(ConvolutionSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T>? bias, TensorView<T> y) =>
        Operators.Convolution.Forward(settings, x, weight.Value, bias?.Value ?? default, y, Threads);

    /// <inheritdoc/>
    public override void ConvolutionBackward(ConvolutionSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T>? bias, TensorView<T> gradY, TensorView<T> gradX)
    {
        settings.Check(x, weight.Value, gradY);
        if (!gradX.IsAbsent)
        {
            Operators.Convolution.BackwardInput(settings, gradY, weight.Value, gradX, Threads);
        }

        Operators.Convolution.BackwardWeight(settings, x, gradY, weight.Gradient, Threads);
        AddBiasGradient(bias, gradY.Reshape(gradY.Shape[0], gradY.Shape[1] * gradY.Shape[2], gradY.Shape[3]));
    }

    /// <inheritdoc/>
    public override void DeformableConvolution(
        ConvolutionSettings settings, int offsetGroups, TensorView<T> x, TensorView<T> offset, TensorView<T> mask, Parameter<T> weight, Parameter<T>? bias, TensorView<T> y) =>
        Operators.DeformableConvolution.Forward(settings, offsetGroups, x, offset, mask, weight.Value, bias?.Value ?? default, y, Threads);

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
        Operators.DeformableConvolution.Backward(
            settings, offsetGroups, x, offset, mask, weight.Value, gradY, gradX, gradOffset, gradMask, weight.Gradient, Workspace, Threads);
        AddBiasGradient(bias, gradY.Reshape(gradY.Shape[0], gradY.Shape[1] * gradY.Shape[2], gradY.Shape[3]));
    }

    /// <inheritdoc/>
    public override void Linear(TensorView<T> x, Parameter<T> weight, Parameter<T>? bias, TensorView<T> y) =>
        Operators.Linear.Forward(x, weight.Matrix, bias?.Value ?? default, y, Threads);

    /// <inheritdoc/>
    public override void LinearBackward(TensorView<T> x, Parameter<T> weight, Parameter<T>? bias, TensorView<T> gradY, TensorView<T> gradX)
    {
        Operators.Linear.Check(x, weight.Matrix, gradY);
        if (!gradX.IsAbsent)
        {
            Operators.Linear.BackwardInput(gradY, weight.Matrix, gradX, Threads);
        }

        Operators.Linear.BackwardWeight(x, gradY, weight.MatrixGradient, Threads);
        AddBiasGradient(bias, gradY.Reshape(1, gradY.Shape[0], gradY.Shape[1]));
    }

    /// <inheritdoc/>
    public override void StepMixing(TensorView<T> x, Parameter<T> weight, TensorView<T> y) => Operators.StepMixing.Forward(x, weight.Matrix, y);

    /// <inheritdoc/>
    public override void StepMixingBackward(TensorView<T> x, Parameter<T> weight, TensorView<T> gradY, TensorView<T> gradX)
    {
        Operators.StepMixing.BackwardInput(gradY, weight.Matrix, gradX);
        Operators.StepMixing.BackwardWeight(x, gradY, weight.MatrixGradient);
    }

    /// <inheritdoc/>
    public override void BatchNorm(BatchNormSettings settings, TensorView<T> x, NormParameters<T> norm, TensorView<T> y, TensorView<T> statistics) =>
        Operators.BatchNorm.Forward(settings, x, norm.Weight.Value, norm.Bias.Value, norm.RunningMean.Value, norm.RunningVariance.Value, y, statistics, Threads);

    /// <inheritdoc/>
    public override void BatchNormBackward(BatchNormSettings settings, TensorView<T> x, NormParameters<T> norm, TensorView<T> statistics, TensorView<T> gradY, TensorView<T> gradX) =>
        Operators.BatchNorm.Backward(settings, x, norm.Weight.Value, statistics, gradY, gradX, norm.Weight.Gradient, norm.Bias.Gradient, Threads);

    /// <inheritdoc/>
    public override void LayerNorm(double epsilon, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> y) =>
        Operators.LayerNorm.Forward(epsilon, x, weight.Value, bias.Value, y, Threads);

    /// <inheritdoc/>
    public override void LayerNormBackward(double epsilon, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> gradY, TensorView<T> gradX) =>
        Operators.LayerNorm.Backward(epsilon, x, weight.Value, gradY, gradX, weight.Gradient, bias.Gradient, Workspace, Threads);

    /// <inheritdoc/>
    public override void Activation(ActivationKind kind, TensorView<T> x, TensorView<T> y) => Operators.Activation.Forward(kind, x, y, Threads);

    /// <inheritdoc/>
    public override void ActivationBackward(ActivationKind kind, TensorView<T> x, TensorView<T> gradY, TensorView<T> gradX) =>
        Operators.Activation.Backward(kind, x, gradY, gradX, Threads);

    /// <inheritdoc/>
    public override void Softmax(TensorView<T> x, TensorView<T> y) => Operators.Softmax.Forward(x, y, Threads);

    /// <inheritdoc/>
    public override void SoftmaxBackward(TensorView<T> y, TensorView<T> gradY, TensorView<T> gradX) => Operators.Softmax.Backward(y, gradY, gradX, Threads);

    /// <inheritdoc/>
    public override void Attention(TensorView<T> q, TensorView<T> k, TensorView<T> v, TensorView<T> y) => ScaledAttention.Forward(q, k, v, y, Threads);

    /// <inheritdoc/>
    public override void AttentionBackward(TensorView<T> q, TensorView<T> k, TensorView<T> v, TensorView<T> gradY, TensorView<T> gradQ, TensorView<T> gradK, TensorView<T> gradV) =>
        ScaledAttention.Backward(q, k, v, gradY, gradQ, gradK, gradV, Workspace, Threads);

    /// <inheritdoc/>
    public override void AveragePool(TensorView<T> x, TensorView<T> y) => Pooling.Forward(x, y, Threads);

    /// <inheritdoc/>
    public override void AveragePoolBackward(TensorView<T> gradY, TensorView<T> gradX) => Pooling.Backward(gradY, gradX, Threads);

    /// <inheritdoc/>
    public override void PixelShuffle(int scale, TensorView<T> x, TensorView<T> y) => Operators.PixelShuffle.Forward(scale, x, y, Threads);

    /// <inheritdoc/>
    public override void PixelShuffleBackward(int scale, TensorView<T> gradY, TensorView<T> gradX) => Operators.PixelShuffle.Backward(scale, gradY, gradX, Threads);

    /// <inheritdoc/>
    public override void PatchDivide(PatchGrid grid, TensorView<T> x, TensorView<T> y) => PatchOperator.Divide(grid, x, y, Threads);

    /// <inheritdoc/>
    public override void PatchDivideBackward(PatchGrid grid, TensorView<T> gradY, TensorView<T> gradX) => PatchOperator.DivideBackward(grid, gradY, gradX, Threads);

    /// <inheritdoc/>
    public override void PatchReverse(PatchGrid grid, TensorView<T> y, TensorView<T> x) => PatchOperator.Reverse(grid, y, x, Threads);

    /// <inheritdoc/>
    public override void PatchReverseBackward(PatchGrid grid, TensorView<T> gradX, TensorView<T> gradY) => PatchOperator.ReverseBackward(grid, gradX, gradY, Threads);

    /// <inheritdoc/>
    public override void Match(MatchSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> gumbel, TensorView<T> y, TensorView<int> chosen) =>
        SpikeSR.Reference.Attention.Match.Forward(settings, x, weight.Value, bias.Value, gumbel, y, chosen, Workspace, Threads);

    /// <inheritdoc/>
    public override void MatchBackward(
        MatchSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> gumbel, TensorView<int> chosen, TensorView<T> gradY, TensorView<T> gradX) =>
        SpikeSR.Reference.Attention.Match.Backward(
            settings, x, weight.Value, bias.Value, gumbel, chosen, gradY, gradX, weight.Gradient, bias.Gradient, Workspace, Threads);

    /// <inheritdoc/>
    public override void Add(TensorView<T> left, TensorView<T> right, TensorView<T> y) => Elementwise.Add(left, right, y, Threads);

    /// <inheritdoc/>
    public override void Multiply(TensorView<T> left, TensorView<T> right, TensorView<T> y) => Elementwise.Multiply(left, right, y, Threads);

    /// <inheritdoc/>
    public override void Scale(TensorView<T> x, double factor, TensorView<T> y) => Elementwise.Scale(x, factor, y, Threads);

    /// <inheritdoc/>
    public override void ScaleChannels(TensorView<T> x, TensorView<T> a, TensorView<T> y) => Elementwise.ScaleChannels(x, a, y, Threads);

    /// <inheritdoc/>
    public override void ScaleChannelsBackward(TensorView<T> x, TensorView<T> gradY, TensorView<T> gradA) => Elementwise.ScaleChannelsBackward(x, gradY, gradA, Threads);

    /// <inheritdoc/>
    public override void Blend(TensorView<T> t, TensorView<T> a, TensorView<T> r, TensorView<T> y) => Elementwise.Blend(t, a, r, y, Threads);

    /// <inheritdoc/>
    public override void BlendBackward(TensorView<T> t, TensorView<T> a, TensorView<T> r, TensorView<T> gradY, TensorView<T> gradT, TensorView<T> gradA, TensorView<T> gradR) =>
        Elementwise.BlendBackward(t, a, r, gradY, gradT, gradA, gradR, Threads);

    /// <inheritdoc/>
    public override void MeanOverSteps(TensorView<T> x, TensorView<T> y) => Elementwise.MeanOverSteps(x, y, Threads);

    /// <inheritdoc/>
    public override void MeanOverStepsBackward(TensorView<T> gradY, TensorView<T> gradX) => Elementwise.MeanOverStepsBackward(gradY, gradX, Threads);

    /// <inheritdoc/>
    public override T L1(TensorView<T> x, TensorView<T> target) => Loss.L1(x, target);

    /// <inheritdoc/>
    public override void L1Backward(TensorView<T> x, TensorView<T> target, T gradLoss, TensorView<T> gradX) => Loss.L1Backward(x, target, gradLoss, gradX, Threads);

    /// <inheritdoc/>
    public override void Adam(AdamSettings settings, long step, TensorView<T> theta, TensorView<T> gradient, TensorView<T> m, TensorView<T> v) =>
        Operators.Adam.Step(settings, step, theta, gradient, m, v, Threads);

    private void AddBiasGradient(Parameter<T>? bias, TensorView<T> gradY)
    {
        if (bias is not null)
        {
            ChannelSum.AddTo(gradY, bias.Gradient, Threads);
        }
    }
}
