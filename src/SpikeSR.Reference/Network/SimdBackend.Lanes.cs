using System.Numerics;
using System.Runtime.CompilerServices;
using SpikeSR.Reference.Attention;
using SpikeSR.Reference.Neurons;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Operators.Kernels;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Network;

/// <summary>The SIMD engine on one lane type: every primitive is its kernel, none its definition.</summary>
/// <typeparam name="TScalar"><see cref="F32"/> or <see cref="F64"/>.</typeparam>
/// <typeparam name="TLane">Lane type.</typeparam>
/// <typeparam name="T">The number that the scalar wraps.</typeparam>
/// <param name="workspace">Where temporary tensors are rented.</param>
/// <param name="threads">Threads over outputs.</param>
internal sealed partial class SimdBackend<TScalar, TLane, T>(Workspace workspace, Parallelism threads) : Backend<TScalar>(workspace, threads)
    where TScalar : unmanaged, IScalar<TScalar>
    where TLane : unmanaged, ILane<TLane, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    // One thread's view of this backend, with the same packed weights.
    private readonly SimdBackend<TScalar, TLane, T>? _whole;
    private readonly Lock _gate = new();
    private SimdBackend<TScalar, TLane, T>? _single;

    private SimdBackend(SimdBackend<TScalar, TLane, T> whole)
        : this(whole.Workspace, Parallelism.Single) => _whole = whole;

    /// <inheritdoc/>
    public override string Name => "simd";

    /// <summary>With fewer the last patches of a call leave threads without work.</summary>
    public override int PatchesAtOnce => 96;

    /// <inheritdoc/>
    public override void SideBySide(int count, Action<Backend<TScalar>, int> work)
    {
        var single = _whole is null ? _single ??= new(this) : this;
        Threads.For(count, piece => work(single, piece));
    }

    /// <inheritdoc/>
    public override void Surrogate(SurrogateFunction surrogate, TensorView<TScalar> x, TensorView<TScalar> spike) =>
        SurrogateKernel.Forward<TLane, T>(Numbers(x), Numbers(spike), Threads);

    /// <inheritdoc/>
    public override void SurrogateBackward(SurrogateFunction surrogate, TensorView<TScalar> x, TensorView<TScalar> gradSpike, TensorView<TScalar> gradX) =>
        SurrogateKernel.Backward<TLane, T>(surrogate, Numbers(x), Numbers(gradSpike), Numbers(gradX), Threads);

    /// <inheritdoc/>
    public override void Neuron(
        NeuronSettings settings, Parameter<TScalar>? rate, TensorView<TScalar> x, TensorView<TScalar> membrane, TensorView<TScalar> spike, TensorView<TScalar> trace) =>
        NeuronKernel.Forward<TLane, T>(settings, Value(rate), Numbers(x), Numbers(membrane), Numbers(spike), Numbers(trace), Threads);

    /// <inheritdoc/>
    public override void NeuronBackward(
        NeuronSettings settings, Parameter<TScalar>? rate, TensorView<TScalar> x, TensorView<TScalar> gradSpike, TensorView<TScalar> gradTrace, TensorView<TScalar> gradX) =>
        NeuronKernel.Backward<TLane, T>(
            settings, Value(rate), Numbers(x), Numbers(gradSpike), Numbers(gradTrace), Numbers(gradX), Gradient(rate), Workspace, Threads);

    /// <inheritdoc/>
    public override void Convolution(ConvolutionSettings settings, TensorView<TScalar> x, Parameter<TScalar> weight, Parameter<TScalar>? bias, TensorView<TScalar> y) =>
        ConvolutionKernel.Forward<TLane, T>(settings, Numbers(x), Value(weight), Packed(weight, GroupsOf(settings)), Value(bias), Numbers(y), Workspace, Threads);

    /// <inheritdoc/>
    public override void ConvolutionBackward(
        ConvolutionSettings settings, TensorView<TScalar> x, Parameter<TScalar> weight, Parameter<TScalar>? bias, TensorView<TScalar> gradY, TensorView<TScalar> gradX)
    {
        settings.Check(x, weight.Value, gradY);
        if (!gradX.IsAbsent)
        {
            ConvolutionKernel.BackwardInput<TLane, T>(
                settings, Numbers(gradY), Value(weight), PackedBackward(weight, GroupsOf(settings)), Numbers(gradX), Workspace, Threads);
        }

        ConvolutionKernel.BackwardWeight<TLane, T>(settings, Numbers(x), Numbers(gradY), Gradient(weight), Workspace, Threads);
        AddBiasGradient(bias, Numbers(gradY).Reshape(gradY.Shape[0], gradY.Shape[1] * gradY.Shape[2], gradY.Shape[3]));
    }

    /// <inheritdoc/>
    public override void DeformableConvolution(
        ConvolutionSettings settings,
        int offsetGroups,
        TensorView<TScalar> x,
        TensorView<TScalar> offset,
        TensorView<TScalar> mask,
        Parameter<TScalar> weight,
        Parameter<TScalar>? bias,
        TensorView<TScalar> y) =>
        DeformableConvolutionKernel.Forward<TLane, T>(
            settings,
            offsetGroups,
            Numbers(x),
            Numbers(offset),
            Numbers(mask),
            Value(weight),
            Packed(weight, GroupsOf(settings)),
            Value(bias),
            Numbers(y),
            Workspace,
            Threads);

    /// <inheritdoc/>
    public override void DeformableConvolutionBackward(
        ConvolutionSettings settings,
        int offsetGroups,
        TensorView<TScalar> x,
        TensorView<TScalar> offset,
        TensorView<TScalar> mask,
        Parameter<TScalar> weight,
        Parameter<TScalar>? bias,
        TensorView<TScalar> gradY,
        TensorView<TScalar> gradX,
        TensorView<TScalar> gradOffset,
        TensorView<TScalar> gradMask)
    {
        DeformableConvolutionKernel.Backward<TLane, T>(
            settings,
            offsetGroups,
            Numbers(x),
            Numbers(offset),
            Numbers(mask),
            Value(weight),
            Numbers(gradY),
            Numbers(gradX),
            Numbers(gradOffset),
            Numbers(gradMask),
            Gradient(weight),
            Workspace,
            Threads);
        AddBiasGradient(bias, Numbers(gradY).Reshape(gradY.Shape[0], gradY.Shape[1] * gradY.Shape[2], gradY.Shape[3]));
    }

    /// <inheritdoc/>
    public override void Linear(TensorView<TScalar> x, Parameter<TScalar> weight, Parameter<TScalar>? bias, TensorView<TScalar> y)
    {
        Operators.Linear.Check(x, weight.Matrix, y);
        LinearKernel.Forward<TLane, T>(Numbers(x), Packed(weight, 1), Value(bias), Numbers(y), Workspace, Threads);
    }

    /// <inheritdoc/>
    public override void LinearBackward(TensorView<TScalar> x, Parameter<TScalar> weight, Parameter<TScalar>? bias, TensorView<TScalar> gradY, TensorView<TScalar> gradX)
    {
        Operators.Linear.Check(x, weight.Matrix, gradY);
        if (!gradX.IsAbsent)
        {
            LinearKernel.BackwardInput<TLane, T>(Numbers(gradY), PackedBackward(weight, 1), Numbers(gradX), Workspace, Threads);
        }

        LinearKernel.BackwardWeight<TLane, T>(Numbers(x), Numbers(gradY), Numbers(weight.MatrixGradient), Workspace, Threads);
        AddBiasGradient(bias, Numbers(gradY).Reshape(1, gradY.Shape[0], gradY.Shape[1]));
    }

    /// <inheritdoc/>
    public override void StepMixing(TensorView<TScalar> x, Parameter<TScalar> weight, TensorView<TScalar> y) =>
        StepMixingKernel.Forward<TLane, T>(Numbers(x), Numbers(weight.Matrix), Numbers(y), Threads);

    /// <inheritdoc/>
    public override void StepMixingBackward(TensorView<TScalar> x, Parameter<TScalar> weight, TensorView<TScalar> gradY, TensorView<TScalar> gradX)
    {
        StepMixingKernel.BackwardInput<TLane, T>(Numbers(gradY), Numbers(weight.Matrix), Numbers(gradX), Threads);
        StepMixingKernel.BackwardWeight<TLane, T>(Numbers(x), Numbers(gradY), Numbers(weight.MatrixGradient), Workspace);
    }

    /// <inheritdoc/>
    public override void BatchNorm(
        BatchNormSettings settings, TensorView<TScalar> x, NormParameters<TScalar> norm, TensorView<TScalar> y, TensorView<TScalar> statistics) =>
        BatchNormKernel.Forward<TLane, T>(
            settings,
            Numbers(x),
            Value(norm.Weight),
            Value(norm.Bias),
            Value(norm.RunningMean),
            Value(norm.RunningVariance),
            Numbers(y),
            Numbers(statistics),
            Workspace,
            Threads);

    /// <inheritdoc/>
    public override void BatchNormBackward(
        BatchNormSettings settings, TensorView<TScalar> x, NormParameters<TScalar> norm, TensorView<TScalar> statistics, TensorView<TScalar> gradY, TensorView<TScalar> gradX) =>
        BatchNormKernel.Backward<TLane, T>(
            settings,
            Numbers(x),
            Value(norm.Weight),
            Numbers(statistics),
            Numbers(gradY),
            Numbers(gradX),
            Gradient(norm.Weight),
            Gradient(norm.Bias),
            Workspace,
            Threads);

    /// <inheritdoc/>
    public override void LayerNorm(double epsilon, TensorView<TScalar> x, Parameter<TScalar> weight, Parameter<TScalar> bias, TensorView<TScalar> y) =>
        LayerNormKernel.Forward<TLane, T>(epsilon, Numbers(x), Value(weight), Value(bias), Numbers(y), Threads);

    /// <inheritdoc/>
    public override void LayerNormBackward(
        double epsilon, TensorView<TScalar> x, Parameter<TScalar> weight, Parameter<TScalar> bias, TensorView<TScalar> gradY, TensorView<TScalar> gradX) =>
        LayerNormKernel.Backward<TLane, T>(
            epsilon, Numbers(x), Value(weight), Numbers(gradY), Numbers(gradX), Gradient(weight), Gradient(bias), Workspace, Threads);

    /// <inheritdoc/>
    public override void Activation(ActivationKind kind, TensorView<TScalar> x, TensorView<TScalar> y) =>
        ActivationKernel.Forward<TLane, T>(kind, Numbers(x), Numbers(y), Threads);

    /// <inheritdoc/>
    public override void ActivationBackward(ActivationKind kind, TensorView<TScalar> x, TensorView<TScalar> gradY, TensorView<TScalar> gradX) =>
        ActivationKernel.Backward<TLane, T>(kind, Numbers(x), Numbers(gradY), Numbers(gradX), Threads);

    /// <inheritdoc/>
    public override void Softmax(TensorView<TScalar> x, TensorView<TScalar> y) => SoftmaxKernel.Forward<TLane, T>(Numbers(x), Numbers(y), Threads);

    /// <inheritdoc/>
    public override void SoftmaxBackward(TensorView<TScalar> y, TensorView<TScalar> gradY, TensorView<TScalar> gradX) =>
        SoftmaxKernel.Backward<TLane, T>(Numbers(y), Numbers(gradY), Numbers(gradX), Threads);

    /// <inheritdoc/>
    public override void Attention(TensorView<TScalar> q, TensorView<TScalar> k, TensorView<TScalar> v, TensorView<TScalar> y) =>
        AttentionKernel.Forward<TLane, T>(Numbers(q), Numbers(k), Numbers(v), Numbers(y), Workspace, Threads);

    /// <inheritdoc/>
    public override void AttentionBackward(
        TensorView<TScalar> q,
        TensorView<TScalar> k,
        TensorView<TScalar> v,
        TensorView<TScalar> gradY,
        TensorView<TScalar> gradQ,
        TensorView<TScalar> gradK,
        TensorView<TScalar> gradV) =>
        AttentionKernel.Backward<TLane, T>(
            Numbers(q), Numbers(k), Numbers(v), Numbers(gradY), Numbers(gradQ), Numbers(gradK), Numbers(gradV), Workspace, Threads);

    /// <inheritdoc/>
    public override void AveragePool(TensorView<TScalar> x, TensorView<TScalar> y) => PoolingKernel.Forward<TLane, T>(Numbers(x), Numbers(y), Workspace, Threads);

    /// <inheritdoc/>
    public override void AveragePoolBackward(TensorView<TScalar> gradY, TensorView<TScalar> gradX) =>
        PoolingKernel.Backward<TLane, T>(Numbers(gradY), Numbers(gradX), Threads);

    /// <inheritdoc/>
    public override void PixelShuffle(int scale, TensorView<TScalar> x, TensorView<TScalar> y) =>
        PixelShuffleKernel.Forward(scale, Numbers(x), Numbers(y), Workspace, Threads);

    /// <inheritdoc/>
    public override void PixelShuffleBackward(int scale, TensorView<TScalar> gradY, TensorView<TScalar> gradX) =>
        PixelShuffleKernel.Backward(scale, Numbers(gradY), Numbers(gradX), Workspace, Threads);

    /// <inheritdoc/>
    public override void PatchDivide(PatchGrid grid, TensorView<TScalar> x, TensorView<TScalar> y) => PatchKernel.Divide(grid, Numbers(x), Numbers(y), Threads);

    /// <inheritdoc/>
    public override void PatchDivideBackward(PatchGrid grid, TensorView<TScalar> gradY, TensorView<TScalar> gradX) =>
        PatchKernel.DivideBackward<TLane, T>(grid, Numbers(gradY), Numbers(gradX), Threads);

    /// <inheritdoc/>
    public override void PatchReverse(PatchGrid grid, TensorView<TScalar> y, TensorView<TScalar> x) =>
        PatchKernel.Reverse<TLane, T>(grid, Numbers(y), Numbers(x), Threads);

    /// <inheritdoc/>
    public override void PatchReverseBackward(PatchGrid grid, TensorView<TScalar> gradX, TensorView<TScalar> gradY) =>
        PatchKernel.ReverseBackward<TLane, T>(grid, Numbers(gradX), Numbers(gradY), Threads);

    /// <inheritdoc/>
    public override void Match(
        MatchSettings settings,
        TensorView<TScalar> x,
        Parameter<TScalar> weight,
        Parameter<TScalar> bias,
        TensorView<TScalar> gumbel,
        TensorView<TScalar> y,
        TensorView<int> chosen) =>
        MatchKernel.Forward<TLane, T>(settings, Numbers(x), Value(weight), Value(bias), Numbers(gumbel), Numbers(y), chosen, Workspace, Threads);

    /// <inheritdoc/>
    public override void MatchBackward(
        MatchSettings settings,
        TensorView<TScalar> x,
        Parameter<TScalar> weight,
        Parameter<TScalar> bias,
        TensorView<TScalar> gumbel,
        TensorView<int> chosen,
        TensorView<TScalar> gradY,
        TensorView<TScalar> gradX) =>
        MatchKernel.Backward<TLane, T>(
            settings,
            Numbers(x),
            Value(weight),
            Value(bias),
            Numbers(gumbel),
            chosen,
            Numbers(gradY),
            Numbers(gradX),
            Gradient(weight),
            Gradient(bias),
            Workspace,
            Threads);

    /// <inheritdoc/>
    public override void Add(TensorView<TScalar> left, TensorView<TScalar> right, TensorView<TScalar> y) =>
        ElementwiseKernel.Add<TLane, T>(Numbers(left), Numbers(right), Numbers(y), Threads);

    /// <inheritdoc/>
    public override void Multiply(TensorView<TScalar> left, TensorView<TScalar> right, TensorView<TScalar> y) =>
        ElementwiseKernel.Multiply<TLane, T>(Numbers(left), Numbers(right), Numbers(y), Threads);

    /// <inheritdoc/>
    public override void Scale(TensorView<TScalar> x, double factor, TensorView<TScalar> y) =>
        ElementwiseKernel.Scale<TLane, T>(Numbers(x), factor, Numbers(y), Threads);

    /// <inheritdoc/>
    public override void ScaleChannels(TensorView<TScalar> x, TensorView<TScalar> a, TensorView<TScalar> y) =>
        ElementwiseKernel.ScaleChannels<TLane, T>(Numbers(x), Numbers(a), Numbers(y), Threads);

    /// <inheritdoc/>
    public override void ScaleChannelsBackward(TensorView<TScalar> x, TensorView<TScalar> gradY, TensorView<TScalar> gradA) =>
        ElementwiseKernel.ScaleChannelsBackward<TLane, T>(Numbers(x), Numbers(gradY), Numbers(gradA), Workspace, Threads);

    /// <inheritdoc/>
    public override void Blend(TensorView<TScalar> t, TensorView<TScalar> a, TensorView<TScalar> r, TensorView<TScalar> y) =>
        ElementwiseKernel.Blend<TLane, T>(Numbers(t), Numbers(a), Numbers(r), Numbers(y), Threads);

    /// <inheritdoc/>
    public override void BlendBackward(
        TensorView<TScalar> t,
        TensorView<TScalar> a,
        TensorView<TScalar> r,
        TensorView<TScalar> gradY,
        TensorView<TScalar> gradT,
        TensorView<TScalar> gradA,
        TensorView<TScalar> gradR) =>
        ElementwiseKernel.BlendBackward<TLane, T>(
            Numbers(t), Numbers(a), Numbers(r), Numbers(gradY), Numbers(gradT), Numbers(gradA), Numbers(gradR), Workspace, Threads);

    /// <inheritdoc/>
    public override void MeanOverSteps(TensorView<TScalar> x, TensorView<TScalar> y) => ElementwiseKernel.MeanOverSteps<TLane, T>(Numbers(x), Numbers(y), Threads);

    /// <inheritdoc/>
    public override void MeanOverStepsBackward(TensorView<TScalar> gradY, TensorView<TScalar> gradX) =>
        ElementwiseKernel.MeanOverStepsBackward<TLane, T>(Numbers(gradY), Numbers(gradX), Threads);

    /// <inheritdoc/>
    public override TScalar L1(TensorView<TScalar> x, TensorView<TScalar> target) =>
        Unsafe.BitCast<T, TScalar>(LossKernel.L1<TLane, T>(Numbers(x), Numbers(target)));

    /// <inheritdoc/>
    public override void L1Backward(TensorView<TScalar> x, TensorView<TScalar> target, TScalar gradLoss, TensorView<TScalar> gradX) =>
        LossKernel.L1Backward<TLane, T>(Numbers(x), Numbers(target), Unsafe.BitCast<TScalar, T>(gradLoss), Numbers(gradX), Threads);

    /// <inheritdoc/>
    public override void Adam(
        AdamSettings settings, long step, TensorView<TScalar> theta, TensorView<TScalar> gradient, TensorView<TScalar> m, TensorView<TScalar> v) =>
        AdamKernel.Step<TLane, T>(settings, step, Numbers(theta), Numbers(gradient), Numbers(m), Numbers(v), Threads);

    // A scalar and the number that it wraps are the same bytes.
    private static TensorView<T> Numbers(TensorView<TScalar> tensor) => tensor.Cast<T>();

    private static TokenLayerKernel.Saved<T> Numbers(TokenLayer<TScalar>.Saved saved) =>
        new(Numbers(saved.Middle), Numbers(saved.Sampled), Numbers(saved.Offset), Numbers(saved.Logits));

    private static TensorView<T> Value(Parameter<TScalar>? parameter) => parameter is null ? default : Numbers(parameter.Value);

    private static TensorView<T> Gradient(Parameter<TScalar>? parameter) => parameter is null ? default : Numbers(parameter.Gradient);

    private void AddBiasGradient(Parameter<TScalar>? bias, TensorView<T> gradY)
    {
        if (bias is not null)
        {
            ChannelSumKernel.AddTo<TLane, T>(gradY, Numbers(bias.Gradient), Workspace, Threads);
        }
    }

    // A weight is packed before a kernel checks what it is called with.
    private static int GroupsOf(ConvolutionSettings settings)
    {
        settings.CheckAttributes();
        return settings.Groups;
    }
}
