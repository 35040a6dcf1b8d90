using SpikeSR.Reference.Attention;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Neurons;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;
using SpikeSR.Reference.Tests.Properties;

namespace SpikeSR.Reference.Mutants;

/// <summary>The definitions, noting which primitives a check calls: a mutant of other primitives cannot change what it finds.</summary>
internal sealed class CallRecorder : IEngine
{
    private readonly HashSet<string> _calls = new(StringComparer.Ordinal);

    /// <summary>Names of the primitives called so far.</summary>
    public IReadOnlySet<string> Calls => _calls;

    public Backend<T> Create<T>(Workspace workspace, Parallelism threads)
        where T : unmanaged, IScalar<T> => new Noting<T>(_calls, workspace, threads);

    private sealed class Noting<T>(HashSet<string> calls, Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
        where T : unmanaged, IScalar<T>
    {
        public override void Surrogate(SurrogateFunction surrogate, TensorView<T> x, TensorView<T> spike)
        {
            calls.Add(nameof(Surrogate));
            base.Surrogate(surrogate, x, spike);
        }

        public override void SurrogateBackward(SurrogateFunction surrogate, TensorView<T> x, TensorView<T> gradSpike, TensorView<T> gradX)
        {
            calls.Add(nameof(SurrogateBackward));
            base.SurrogateBackward(surrogate, x, gradSpike, gradX);
        }

        public override void Neuron(
            NeuronSettings settings, Parameter<T>? rate, TensorView<T> x, TensorView<T> membrane, TensorView<T> spike,
            TensorView<T> trace)
        {
            calls.Add(nameof(Neuron));
            base.Neuron(settings, rate, x, membrane, spike, trace);
        }

        public override void NeuronBackward(
            NeuronSettings settings, Parameter<T>? rate, TensorView<T> x, TensorView<T> gradSpike, TensorView<T> gradTrace,
            TensorView<T> gradX)
        {
            calls.Add(nameof(NeuronBackward));
            base.NeuronBackward(settings, rate, x, gradSpike, gradTrace, gradX);
        }

        public override void Convolution(ConvolutionSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T>? bias, TensorView<T> y)
        {
            calls.Add(nameof(Convolution));
            base.Convolution(settings, x, weight, bias, y);
        }

        public override void ConvolutionBackward(
            ConvolutionSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T>? bias, TensorView<T> gradY,
            TensorView<T> gradX)
        {
            calls.Add(nameof(ConvolutionBackward));
            base.ConvolutionBackward(settings, x, weight, bias, gradY, gradX);
        }

        public override void DeformableConvolution(
            ConvolutionSettings settings, int offsetGroups, TensorView<T> x, TensorView<T> offset, TensorView<T> mask,
            Parameter<T> weight, Parameter<T>? bias, TensorView<T> y)
        {
            calls.Add(nameof(DeformableConvolution));
            base.DeformableConvolution(settings, offsetGroups, x, offset, mask, weight, bias, y);
        }

        public override void DeformableConvolutionBackward(
            ConvolutionSettings settings, int offsetGroups, TensorView<T> x, TensorView<T> offset, TensorView<T> mask,
            Parameter<T> weight, Parameter<T>? bias, TensorView<T> gradY, TensorView<T> gradX, TensorView<T> gradOffset, TensorView<T> gradMask)
        {
            calls.Add(nameof(DeformableConvolutionBackward));
            base.DeformableConvolutionBackward(settings, offsetGroups, x, offset, mask, weight, bias, gradY, gradX, gradOffset, gradMask);
        }

        public override void Linear(TensorView<T> x, Parameter<T> weight, Parameter<T>? bias, TensorView<T> y)
        {
            calls.Add(nameof(Linear));
            base.Linear(x, weight, bias, y);
        }

        public override void LinearBackward(TensorView<T> x, Parameter<T> weight, Parameter<T>? bias, TensorView<T> gradY, TensorView<T> gradX)
        {
            calls.Add(nameof(LinearBackward));
            base.LinearBackward(x, weight, bias, gradY, gradX);
        }

        public override void StepMixing(TensorView<T> x, Parameter<T> weight, TensorView<T> y)
        {
            calls.Add(nameof(StepMixing));
            base.StepMixing(x, weight, y);
        }

        public override void StepMixingBackward(TensorView<T> x, Parameter<T> weight, TensorView<T> gradY, TensorView<T> gradX)
        {
            calls.Add(nameof(StepMixingBackward));
            base.StepMixingBackward(x, weight, gradY, gradX);
        }

        public override void BatchNorm(BatchNormSettings settings, TensorView<T> x, NormParameters<T> norm, TensorView<T> y, TensorView<T> statistics)
        {
            calls.Add(nameof(BatchNorm));
            base.BatchNorm(settings, x, norm, y, statistics);
        }

        public override void BatchNormBackward(
            BatchNormSettings settings, TensorView<T> x, NormParameters<T> norm, TensorView<T> statistics, TensorView<T> gradY,
            TensorView<T> gradX)
        {
            calls.Add(nameof(BatchNormBackward));
            base.BatchNormBackward(settings, x, norm, statistics, gradY, gradX);
        }

        public override void LayerNorm(double epsilon, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> y)
        {
            calls.Add(nameof(LayerNorm));
            base.LayerNorm(epsilon, x, weight, bias, y);
        }

        public override void LayerNormBackward(
            double epsilon, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> gradY,
            TensorView<T> gradX)
        {
            calls.Add(nameof(LayerNormBackward));
            base.LayerNormBackward(epsilon, x, weight, bias, gradY, gradX);
        }

        public override void Activation(ActivationKind kind, TensorView<T> x, TensorView<T> y)
        {
            calls.Add(nameof(Activation));
            base.Activation(kind, x, y);
        }

        public override void ActivationBackward(ActivationKind kind, TensorView<T> x, TensorView<T> gradY, TensorView<T> gradX)
        {
            calls.Add(nameof(ActivationBackward));
            base.ActivationBackward(kind, x, gradY, gradX);
        }

        public override void Softmax(TensorView<T> x, TensorView<T> y)
        {
            calls.Add(nameof(Softmax));
            base.Softmax(x, y);
        }

        public override void SoftmaxBackward(TensorView<T> y, TensorView<T> gradY, TensorView<T> gradX)
        {
            calls.Add(nameof(SoftmaxBackward));
            base.SoftmaxBackward(y, gradY, gradX);
        }

        public override void Attention(TensorView<T> q, TensorView<T> k, TensorView<T> v, TensorView<T> y)
        {
            calls.Add(nameof(Attention));
            base.Attention(q, k, v, y);
        }

        public override void AttentionBackward(
            TensorView<T> q, TensorView<T> k, TensorView<T> v, TensorView<T> gradY, TensorView<T> gradQ,
            TensorView<T> gradK, TensorView<T> gradV)
        {
            calls.Add(nameof(AttentionBackward));
            base.AttentionBackward(q, k, v, gradY, gradQ, gradK, gradV);
        }

        public override void AveragePool(TensorView<T> x, TensorView<T> y)
        {
            calls.Add(nameof(AveragePool));
            base.AveragePool(x, y);
        }

        public override void AveragePoolBackward(TensorView<T> gradY, TensorView<T> gradX)
        {
            calls.Add(nameof(AveragePoolBackward));
            base.AveragePoolBackward(gradY, gradX);
        }

        public override void PixelShuffle(int scale, TensorView<T> x, TensorView<T> y)
        {
            calls.Add(nameof(PixelShuffle));
            base.PixelShuffle(scale, x, y);
        }

        public override void PixelShuffleBackward(int scale, TensorView<T> gradY, TensorView<T> gradX)
        {
            calls.Add(nameof(PixelShuffleBackward));
            base.PixelShuffleBackward(scale, gradY, gradX);
        }

        public override void PatchDivide(PatchGrid grid, TensorView<T> x, TensorView<T> y)
        {
            calls.Add(nameof(PatchDivide));
            base.PatchDivide(grid, x, y);
        }

        public override void PatchDivideBackward(PatchGrid grid, TensorView<T> gradY, TensorView<T> gradX)
        {
            calls.Add(nameof(PatchDivideBackward));
            base.PatchDivideBackward(grid, gradY, gradX);
        }

        public override void PatchReverse(PatchGrid grid, TensorView<T> y, TensorView<T> x)
        {
            calls.Add(nameof(PatchReverse));
            base.PatchReverse(grid, y, x);
        }

        public override void PatchReverseBackward(PatchGrid grid, TensorView<T> gradX, TensorView<T> gradY)
        {
            calls.Add(nameof(PatchReverseBackward));
            base.PatchReverseBackward(grid, gradX, gradY);
        }

        public override void Match(
            MatchSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> gumbel,
            TensorView<T> y, TensorView<int> chosen)
        {
            calls.Add(nameof(Match));
            base.Match(settings, x, weight, bias, gumbel, y, chosen);
        }

        public override void MatchBackward(
            MatchSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> gumbel,
            TensorView<int> chosen, TensorView<T> gradY, TensorView<T> gradX)
        {
            calls.Add(nameof(MatchBackward));
            base.MatchBackward(settings, x, weight, bias, gumbel, chosen, gradY, gradX);
        }

        public override void Add(TensorView<T> left, TensorView<T> right, TensorView<T> y)
        {
            calls.Add(nameof(Add));
            base.Add(left, right, y);
        }

        public override void Multiply(TensorView<T> left, TensorView<T> right, TensorView<T> y)
        {
            calls.Add(nameof(Multiply));
            base.Multiply(left, right, y);
        }

        public override void Scale(TensorView<T> x, double factor, TensorView<T> y)
        {
            calls.Add(nameof(Scale));
            base.Scale(x, factor, y);
        }

        public override void ScaleChannels(TensorView<T> x, TensorView<T> a, TensorView<T> y)
        {
            calls.Add(nameof(ScaleChannels));
            base.ScaleChannels(x, a, y);
        }

        public override void ScaleChannelsBackward(TensorView<T> x, TensorView<T> gradY, TensorView<T> gradA)
        {
            calls.Add(nameof(ScaleChannelsBackward));
            base.ScaleChannelsBackward(x, gradY, gradA);
        }

        public override void Blend(TensorView<T> t, TensorView<T> a, TensorView<T> r, TensorView<T> y)
        {
            calls.Add(nameof(Blend));
            base.Blend(t, a, r, y);
        }

        public override void BlendBackward(
            TensorView<T> t, TensorView<T> a, TensorView<T> r, TensorView<T> gradY, TensorView<T> gradT,
            TensorView<T> gradA, TensorView<T> gradR)
        {
            calls.Add(nameof(BlendBackward));
            base.BlendBackward(t, a, r, gradY, gradT, gradA, gradR);
        }

        public override void MeanOverSteps(TensorView<T> x, TensorView<T> y)
        {
            calls.Add(nameof(MeanOverSteps));
            base.MeanOverSteps(x, y);
        }

        public override void MeanOverStepsBackward(TensorView<T> gradY, TensorView<T> gradX)
        {
            calls.Add(nameof(MeanOverStepsBackward));
            base.MeanOverStepsBackward(gradY, gradX);
        }

        public override void TokenLayer(TokenLayer<T> layer, TensorView<T> x, TensorView<T> context, TokenLayer<T>.Saved saved, TensorView<T> y)
        {
            calls.Add(nameof(TokenLayer));
            base.TokenLayer(layer, x, context, saved, y);
        }

        public override void TokenLayerBackward(
            TokenLayer<T> layer, TensorView<T> x, TensorView<T> context, TokenLayer<T>.Saved saved, TensorView<T> gradY,
            TensorView<T> gradX, TensorView<T> gradContext)
        {
            calls.Add(nameof(TokenLayerBackward));
            base.TokenLayerBackward(layer, x, context, saved, gradY, gradX, gradContext);
        }

        public override T L1(TensorView<T> x, TensorView<T> target)
        {
            calls.Add(nameof(L1));
            return base.L1(x, target);
        }

        public override void L1Backward(TensorView<T> x, TensorView<T> target, T gradLoss, TensorView<T> gradX)
        {
            calls.Add(nameof(L1Backward));
            base.L1Backward(x, target, gradLoss, gradX);
        }

        public override void Adam(AdamSettings settings, long step, TensorView<T> theta, TensorView<T> gradient, TensorView<T> m, TensorView<T> v)
        {
            calls.Add(nameof(Adam));
            base.Adam(settings, step, theta, gradient, m, v);
        }
    }
}
