using SpikeSR.Reference.Attention;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Neurons;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Backends;

/// <summary>
/// Another backend, primitive by primitive, whose spikes and matches are written down, so that an answer can be handed to the judge with the decisions
/// that it rests on. Composites are the backend's own, and so is how many patches it takes at once.
/// </summary>
/// <typeparam name="T">Scalar.</typeparam>
/// <param name="inner">What computes.</param>
internal sealed class DecisionTap<T>(Backend<T> inner) : Backend<T>(inner.Workspace, inner.Threads)
    where T : unmanaged, IScalar<T>
{
    // Between two DSAs neurons fire: matches without any between them are parts of one.
    private bool _isWithinSimilarity;

    /// <summary>The spikes of every call of a neuron, in the order of the calls.</summary>
    public List<double[]> Spikes { get; } = [];

    /// <summary>The patches that Match chose in every DSA.</summary>
    public List<double[]> Matches { get; } = [];

    /// <summary>The shapes of Matches, [N, n].</summary>
    public List<Shape> MatchShapes { get; } = [];

    /// <inheritdoc/>
    public override string Name => inner.Name;

    /// <inheritdoc/>
    public override int PatchesAtOnce => inner.PatchesAtOnce;

    /// <inheritdoc/>
    public override void Surrogate(SurrogateFunction surrogate, TensorView<T> x, TensorView<T> spike) =>
        inner.Surrogate(surrogate, x, spike);

    /// <inheritdoc/>
    public override void SurrogateBackward(SurrogateFunction surrogate, TensorView<T> x, TensorView<T> gradSpike, TensorView<T> gradX) =>
        inner.SurrogateBackward(surrogate, x, gradSpike, gradX);

    /// <inheritdoc/>
    public override void Neuron(NeuronSettings settings, Parameter<T>? rate, TensorView<T> x, TensorView<T> membrane, TensorView<T> spike, TensorView<T> trace)
    {
        inner.Neuron(settings, rate, x, membrane, spike, trace);
        Spikes.Add(Array.ConvertAll(spike.Span.ToArray(), T.ToDouble));
        _isWithinSimilarity = false;
    }

    /// <inheritdoc/>
    public override void NeuronBackward(NeuronSettings settings, Parameter<T>? rate, TensorView<T> x, TensorView<T> gradSpike, TensorView<T> gradTrace, TensorView<T> gradX) =>
        inner.NeuronBackward(settings, rate, x, gradSpike, gradTrace, gradX);

    /// <inheritdoc/>
    public override void Convolution(ConvolutionSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T>? bias, TensorView<T> y) =>
        inner.Convolution(settings, x, weight, bias, y);

    /// <inheritdoc/>
    public override void ConvolutionBackward(ConvolutionSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T>? bias, TensorView<T> gradY, TensorView<T> gradX) =>
        inner.ConvolutionBackward(settings, x, weight, bias, gradY, gradX);

    /// <inheritdoc/>
    public override void DeformableConvolution(ConvolutionSettings settings, int offsetGroups, TensorView<T> x, TensorView<T> offset, TensorView<T> mask, Parameter<T> weight, Parameter<T>? bias, TensorView<T> y) =>
        inner.DeformableConvolution(settings, offsetGroups, x, offset, mask, weight, bias, y);

    /// <inheritdoc/>
    public override void DeformableConvolutionBackward(ConvolutionSettings settings, int offsetGroups, TensorView<T> x, TensorView<T> offset, TensorView<T> mask, Parameter<T> weight, Parameter<T>? bias, TensorView<T> gradY, TensorView<T> gradX, TensorView<T> gradOffset, TensorView<T> gradMask) =>
        inner.DeformableConvolutionBackward(settings, offsetGroups, x, offset, mask, weight, bias, gradY, gradX, gradOffset, gradMask);

    /// <inheritdoc/>
    public override void Linear(TensorView<T> x, Parameter<T> weight, Parameter<T>? bias, TensorView<T> y) =>
        inner.Linear(x, weight, bias, y);

    /// <inheritdoc/>
    public override void LinearBackward(TensorView<T> x, Parameter<T> weight, Parameter<T>? bias, TensorView<T> gradY, TensorView<T> gradX) =>
        inner.LinearBackward(x, weight, bias, gradY, gradX);

    /// <inheritdoc/>
    public override void StepMixing(TensorView<T> x, Parameter<T> weight, TensorView<T> y) =>
        inner.StepMixing(x, weight, y);

    /// <inheritdoc/>
    public override void StepMixingBackward(TensorView<T> x, Parameter<T> weight, TensorView<T> gradY, TensorView<T> gradX) =>
        inner.StepMixingBackward(x, weight, gradY, gradX);

    /// <inheritdoc/>
    public override void BatchNorm(BatchNormSettings settings, TensorView<T> x, NormParameters<T> norm, TensorView<T> y, TensorView<T> statistics) =>
        inner.BatchNorm(settings, x, norm, y, statistics);

    /// <inheritdoc/>
    public override void BatchNormBackward(BatchNormSettings settings, TensorView<T> x, NormParameters<T> norm, TensorView<T> statistics, TensorView<T> gradY, TensorView<T> gradX) =>
        inner.BatchNormBackward(settings, x, norm, statistics, gradY, gradX);

    /// <inheritdoc/>
    public override void LayerNorm(double epsilon, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> y) =>
        inner.LayerNorm(epsilon, x, weight, bias, y);

    /// <inheritdoc/>
    public override void LayerNormBackward(double epsilon, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> gradY, TensorView<T> gradX) =>
        inner.LayerNormBackward(epsilon, x, weight, bias, gradY, gradX);

    /// <inheritdoc/>
    public override void Activation(ActivationKind kind, TensorView<T> x, TensorView<T> y) =>
        inner.Activation(kind, x, y);

    /// <inheritdoc/>
    public override void ActivationBackward(ActivationKind kind, TensorView<T> x, TensorView<T> gradY, TensorView<T> gradX) =>
        inner.ActivationBackward(kind, x, gradY, gradX);

    /// <inheritdoc/>
    public override void Softmax(TensorView<T> x, TensorView<T> y) =>
        inner.Softmax(x, y);

    /// <inheritdoc/>
    public override void SoftmaxBackward(TensorView<T> y, TensorView<T> gradY, TensorView<T> gradX) =>
        inner.SoftmaxBackward(y, gradY, gradX);

    /// <inheritdoc/>
    public override void Attention(TensorView<T> q, TensorView<T> k, TensorView<T> v, TensorView<T> y) =>
        inner.Attention(q, k, v, y);

    /// <inheritdoc/>
    public override void AttentionBackward(TensorView<T> q, TensorView<T> k, TensorView<T> v, TensorView<T> gradY, TensorView<T> gradQ, TensorView<T> gradK, TensorView<T> gradV) =>
        inner.AttentionBackward(q, k, v, gradY, gradQ, gradK, gradV);

    /// <inheritdoc/>
    public override void AveragePool(TensorView<T> x, TensorView<T> y) =>
        inner.AveragePool(x, y);

    /// <inheritdoc/>
    public override void AveragePoolBackward(TensorView<T> gradY, TensorView<T> gradX) =>
        inner.AveragePoolBackward(gradY, gradX);

    /// <inheritdoc/>
    public override void PixelShuffle(int scale, TensorView<T> x, TensorView<T> y) =>
        inner.PixelShuffle(scale, x, y);

    /// <inheritdoc/>
    public override void PixelShuffleBackward(int scale, TensorView<T> gradY, TensorView<T> gradX) =>
        inner.PixelShuffleBackward(scale, gradY, gradX);

    /// <inheritdoc/>
    public override void PatchDivide(PatchGrid grid, TensorView<T> x, TensorView<T> y) =>
        inner.PatchDivide(grid, x, y);

    /// <inheritdoc/>
    public override void PatchDivideBackward(PatchGrid grid, TensorView<T> gradY, TensorView<T> gradX) =>
        inner.PatchDivideBackward(grid, gradY, gradX);

    /// <inheritdoc/>
    public override void PatchReverse(PatchGrid grid, TensorView<T> y, TensorView<T> x) =>
        inner.PatchReverse(grid, y, x);

    /// <inheritdoc/>
    public override void PatchReverseBackward(PatchGrid grid, TensorView<T> gradX, TensorView<T> gradY) =>
        inner.PatchReverseBackward(grid, gradX, gradY);

    /// <inheritdoc/>
    public override void Match(MatchSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> gumbel, TensorView<T> y, TensorView<int> chosen)
    {
        inner.Match(settings, x, weight, bias, gumbel, y, chosen);
        if (!_isWithinSimilarity)
        {
            Matches.Add([]);
            MatchShapes.Add(new Shape(0, x.Shape[1]));
            _isWithinSimilarity = true;
        }

        Matches[^1] = [.. Matches[^1], .. Array.ConvertAll(chosen.Span.ToArray(), index => (double)index)];
        MatchShapes[^1] = new Shape(MatchShapes[^1][0] + x.Shape[0], x.Shape[1]);
    }

    /// <inheritdoc/>
    public override void MatchBackward(MatchSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> gumbel, TensorView<int> chosen, TensorView<T> gradY, TensorView<T> gradX) =>
        inner.MatchBackward(settings, x, weight, bias, gumbel, chosen, gradY, gradX);

    /// <inheritdoc/>
    public override void Add(TensorView<T> left, TensorView<T> right, TensorView<T> y) =>
        inner.Add(left, right, y);

    /// <inheritdoc/>
    public override void Multiply(TensorView<T> left, TensorView<T> right, TensorView<T> y) =>
        inner.Multiply(left, right, y);

    /// <inheritdoc/>
    public override void Scale(TensorView<T> x, double factor, TensorView<T> y) =>
        inner.Scale(x, factor, y);

    /// <inheritdoc/>
    public override void ScaleChannels(TensorView<T> x, TensorView<T> a, TensorView<T> y) =>
        inner.ScaleChannels(x, a, y);

    /// <inheritdoc/>
    public override void ScaleChannelsBackward(TensorView<T> x, TensorView<T> gradY, TensorView<T> gradA) =>
        inner.ScaleChannelsBackward(x, gradY, gradA);

    /// <inheritdoc/>
    public override void Blend(TensorView<T> t, TensorView<T> a, TensorView<T> r, TensorView<T> y) =>
        inner.Blend(t, a, r, y);

    /// <inheritdoc/>
    public override void BlendBackward(TensorView<T> t, TensorView<T> a, TensorView<T> r, TensorView<T> gradY, TensorView<T> gradT, TensorView<T> gradA, TensorView<T> gradR) =>
        inner.BlendBackward(t, a, r, gradY, gradT, gradA, gradR);

    /// <inheritdoc/>
    public override void MeanOverSteps(TensorView<T> x, TensorView<T> y) =>
        inner.MeanOverSteps(x, y);

    /// <inheritdoc/>
    public override void MeanOverStepsBackward(TensorView<T> gradY, TensorView<T> gradX) =>
        inner.MeanOverStepsBackward(gradY, gradX);

    /// <inheritdoc/>
    public override T L1(TensorView<T> x, TensorView<T> target) =>
        inner.L1(x, target);

    /// <inheritdoc/>
    public override void L1Backward(TensorView<T> x, TensorView<T> target, T gradLoss, TensorView<T> gradX) =>
        inner.L1Backward(x, target, gradLoss, gradX);

    /// <inheritdoc/>
    public override void ConvolutionNorm(
        ConvolutionSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T>? bias, NormParameters<T>? norm, TensorView<T> addend, TensorView<T> y) =>
        inner.ConvolutionNorm(settings, x, weight, bias, norm, addend, y);

    /// <inheritdoc/>
    public override void GatedGelu(TensorView<T> u, TensorView<T> a, TensorView<T> d, TensorView<T> x, TensorView<T> y) =>
        inner.GatedGelu(u, a, d, x, y);

    /// <inheritdoc/>
    public override void TokenLayer(TokenLayer<T> layer, TensorView<T> x, TensorView<T> context, TokenLayer<T>.Saved saved, TensorView<T> y) =>
        inner.TokenLayer(layer, x, context, saved, y);

    /// <inheritdoc/>
    public override void TokenLayerBackward(
        TokenLayer<T> layer, TensorView<T> x, TensorView<T> context, TokenLayer<T>.Saved saved, TensorView<T> gradY, TensorView<T> gradX, TensorView<T> gradContext) =>
        inner.TokenLayerBackward(layer, x, context, saved, gradY, gradX, gradContext);

    /// <inheritdoc/>
    public override void SideBySide(int count, Action<Backend<T>, int> work) =>
        inner.SideBySide(count, work);

    /// <inheritdoc/>
    public override void Adam(AdamSettings settings, long step, TensorView<T> theta, TensorView<T> gradient, TensorView<T> m, TensorView<T> v) =>
        inner.Adam(settings, step, theta, gradient, m, v);
}
