using SpikeSR.Reference.Attention;
using SpikeSR.Reference.Neurons;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Network;

/// <summary>
/// What the network is computed with. A backend implements the primitives, each with the meaning of its definition (the class that the summary
/// names); composites have default implementations that call primitives, and may be overridden to fuse what the definition's order of operations
/// lets be fused. All tensors are channels-last. Input gradients are overwritten, parameter gradients are added to.
/// </summary>
/// <typeparam name="T">Scalar.</typeparam>
/// <param name="workspace">Where temporary tensors are rented.</param>
/// <param name="threads">Threads over outputs.</param>
public abstract class Backend<T>(Workspace workspace, Parallelism threads)
    where T : unmanaged, IScalar<T>
{
    /// <summary>Where temporary tensors are rented.</summary>
    public Workspace Workspace { get; } = workspace;

    /// <summary>Threads over outputs.</summary>
    public Parallelism Threads { get; } = threads;

    /// <summary>A short name for reports.</summary>
    public abstract string Name { get; }

    /// <summary><see cref="Neurons.Surrogate.Forward"/>.</summary>
    public abstract void Surrogate(SurrogateFunction surrogate, TensorView<T> x, TensorView<T> spike);

    /// <summary><see cref="Neurons.Surrogate.Backward"/>.</summary>
    public abstract void SurrogateBackward(SurrogateFunction surrogate, TensorView<T> x, TensorView<T> gradSpike, TensorView<T> gradX);

    /// <summary><see cref="Neurons.Neuron.Forward"/>; x is [T, M].</summary>
    public abstract void Neuron(NeuronSettings settings, Parameter<T>? rate, TensorView<T> x, TensorView<T> membrane, TensorView<T> spike, TensorView<T> trace);

    /// <summary><see cref="Neurons.Neuron.Backward"/>; x is [T, M].</summary>
    public abstract void NeuronBackward(NeuronSettings settings, Parameter<T>? rate, TensorView<T> x, TensorView<T> gradSpike, TensorView<T> gradTrace, TensorView<T> gradX);

    /// <summary><see cref="Operators.Convolution.Forward"/>.</summary>
    public abstract void Convolution(ConvolutionSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T>? bias, TensorView<T> y);

    /// <summary><see cref="Operators.Convolution.BackwardInput"/> unless gradX is absent, BackwardWeight, and <see cref="ChannelSum.AddTo"/> for a bias.</summary>
    public abstract void ConvolutionBackward(ConvolutionSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T>? bias, TensorView<T> gradY, TensorView<T> gradX);

    /// <summary><see cref="Operators.DeformableConvolution.Forward"/>.</summary>
    public abstract void DeformableConvolution(
        ConvolutionSettings settings, int offsetGroups, TensorView<T> x, TensorView<T> offset, TensorView<T> mask, Parameter<T> weight, Parameter<T>? bias, TensorView<T> y);

    /// <summary><see cref="Operators.DeformableConvolution.Backward"/>, and <see cref="ChannelSum.AddTo"/> for a bias.</summary>
    public abstract void DeformableConvolutionBackward(
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
        TensorView<T> gradMask);

    /// <summary><see cref="Operators.Linear.Forward"/>; x is [M, K], the weight <see cref="Parameter{T}.Matrix"/>.</summary>
    public abstract void Linear(TensorView<T> x, Parameter<T> weight, Parameter<T>? bias, TensorView<T> y);

    /// <summary><see cref="Operators.Linear.BackwardInput"/> unless gradX is absent, BackwardWeight, and <see cref="ChannelSum.AddTo"/> with one plane for a bias.</summary>
    public abstract void LinearBackward(TensorView<T> x, Parameter<T> weight, Parameter<T>? bias, TensorView<T> gradY, TensorView<T> gradX);

    /// <summary><see cref="Operators.StepMixing.Forward"/>; x is [T, M], the weight <see cref="Parameter{T}.Matrix"/>.</summary>
    public abstract void StepMixing(TensorView<T> x, Parameter<T> weight, TensorView<T> y);

    /// <summary><see cref="Operators.StepMixing.BackwardInput"/> and BackwardWeight.</summary>
    public abstract void StepMixingBackward(TensorView<T> x, Parameter<T> weight, TensorView<T> gradY, TensorView<T> gradX);

    /// <summary><see cref="Operators.BatchNorm.Forward"/>; x is [planes, pixels, C].</summary>
    public abstract void BatchNorm(BatchNormSettings settings, TensorView<T> x, NormParameters<T> norm, TensorView<T> y, TensorView<T> statistics);

    /// <summary><see cref="Operators.BatchNorm.Backward"/>; x is [planes, pixels, C].</summary>
    public abstract void BatchNormBackward(BatchNormSettings settings, TensorView<T> x, NormParameters<T> norm, TensorView<T> statistics, TensorView<T> gradY, TensorView<T> gradX);

    /// <summary><see cref="Operators.LayerNorm.Forward"/>; x is [M, C].</summary>
    public abstract void LayerNorm(double epsilon, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> y);

    /// <summary><see cref="Operators.LayerNorm.Backward"/>; x is [M, C].</summary>
    public abstract void LayerNormBackward(double epsilon, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> gradY, TensorView<T> gradX);

    /// <summary><see cref="Operators.Activation.Forward"/>.</summary>
    public abstract void Activation(ActivationKind kind, TensorView<T> x, TensorView<T> y);

    /// <summary><see cref="Operators.Activation.Backward"/>.</summary>
    public abstract void ActivationBackward(ActivationKind kind, TensorView<T> x, TensorView<T> gradY, TensorView<T> gradX);

    /// <summary><see cref="Operators.Softmax.Forward"/>; x is [M, N].</summary>
    public abstract void Softmax(TensorView<T> x, TensorView<T> y);

    /// <summary><see cref="Operators.Softmax.Backward"/>; y is [M, N].</summary>
    public abstract void SoftmaxBackward(TensorView<T> y, TensorView<T> gradY, TensorView<T> gradX);

    /// <summary><see cref="ScaledAttention.Forward"/>.</summary>
    public abstract void Attention(TensorView<T> q, TensorView<T> k, TensorView<T> v, TensorView<T> y);

    /// <summary><see cref="ScaledAttention.Backward"/>.</summary>
    public abstract void AttentionBackward(TensorView<T> q, TensorView<T> k, TensorView<T> v, TensorView<T> gradY, TensorView<T> gradQ, TensorView<T> gradK, TensorView<T> gradV);

    /// <summary><see cref="Pooling.Forward"/>; x is [N, pixels, C].</summary>
    public abstract void AveragePool(TensorView<T> x, TensorView<T> y);

    /// <summary><see cref="Pooling.Backward"/>.</summary>
    public abstract void AveragePoolBackward(TensorView<T> gradY, TensorView<T> gradX);

    /// <summary><see cref="Operators.PixelShuffle.Forward"/>.</summary>
    public abstract void PixelShuffle(int scale, TensorView<T> x, TensorView<T> y);

    /// <summary><see cref="Operators.PixelShuffle.Backward"/>.</summary>
    public abstract void PixelShuffleBackward(int scale, TensorView<T> gradY, TensorView<T> gradX);

    /// <summary><see cref="PatchOperator.Divide"/>.</summary>
    public abstract void PatchDivide(PatchGrid grid, TensorView<T> x, TensorView<T> y);

    /// <summary><see cref="PatchOperator.DivideBackward"/>.</summary>
    public abstract void PatchDivideBackward(PatchGrid grid, TensorView<T> gradY, TensorView<T> gradX);

    /// <summary><see cref="PatchOperator.Reverse"/>.</summary>
    public abstract void PatchReverse(PatchGrid grid, TensorView<T> y, TensorView<T> x);

    /// <summary><see cref="PatchOperator.ReverseBackward"/>.</summary>
    public abstract void PatchReverseBackward(PatchGrid grid, TensorView<T> gradX, TensorView<T> gradY);

    /// <summary><see cref="Attention.Match.Forward"/>.</summary>
    public abstract void Match(MatchSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> gumbel, TensorView<T> y, TensorView<int> chosen);

    /// <summary><see cref="Attention.Match.Backward"/>.</summary>
    public abstract void MatchBackward(
        MatchSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> gumbel, TensorView<int> chosen, TensorView<T> gradY, TensorView<T> gradX);

    /// <summary><see cref="Elementwise.Add"/>.</summary>
    public abstract void Add(TensorView<T> left, TensorView<T> right, TensorView<T> y);

    /// <summary><see cref="Elementwise.Multiply"/>.</summary>
    public abstract void Multiply(TensorView<T> left, TensorView<T> right, TensorView<T> y);

    /// <summary><see cref="Elementwise.Scale"/>.</summary>
    public abstract void Scale(TensorView<T> x, double factor, TensorView<T> y);

    /// <summary><see cref="Elementwise.ScaleChannels"/>.</summary>
    public abstract void ScaleChannels(TensorView<T> x, TensorView<T> a, TensorView<T> y);

    /// <summary><see cref="Elementwise.ScaleChannelsBackward"/>.</summary>
    public abstract void ScaleChannelsBackward(TensorView<T> x, TensorView<T> gradY, TensorView<T> gradA);

    /// <summary><see cref="Elementwise.Blend"/>.</summary>
    public abstract void Blend(TensorView<T> t, TensorView<T> a, TensorView<T> r, TensorView<T> y);

    /// <summary><see cref="Elementwise.BlendBackward"/>.</summary>
    public abstract void BlendBackward(TensorView<T> t, TensorView<T> a, TensorView<T> r, TensorView<T> gradY, TensorView<T> gradT, TensorView<T> gradA, TensorView<T> gradR);

    /// <summary><see cref="Elementwise.MeanOverSteps"/>; x is [T, M].</summary>
    public abstract void MeanOverSteps(TensorView<T> x, TensorView<T> y);

    /// <summary><see cref="Elementwise.MeanOverStepsBackward"/>; gradX is [T, M].</summary>
    public abstract void MeanOverStepsBackward(TensorView<T> gradY, TensorView<T> gradX);

    /// <summary><see cref="Loss.L1"/>.</summary>
    public abstract T L1(TensorView<T> x, TensorView<T> target);

    /// <summary><see cref="Loss.L1Backward"/>.</summary>
    public abstract void L1Backward(TensorView<T> x, TensorView<T> target, T gradLoss, TensorView<T> gradX);

    /// <summary><see cref="Operators.Adam.Step"/>.</summary>
    public abstract void Adam(AdamSettings settings, long step, TensorView<T> theta, TensorView<T> gradient, TensorView<T> m, TensorView<T> v);

    /// <summary>Composite of inference: y = addend + TDBN(conv(x)), TDBN with its running statistics; x, addend and y are [N, H, W, C].</summary>
    /// <param name="settings">Of the convolution.</param>
    /// <param name="x">Input.</param>
    /// <param name="weight">Weight.</param>
    /// <param name="bias">Bias, or null.</param>
    /// <param name="norm">TDBN, or null where there is none.</param>
    /// <param name="addend">What is added, or absent; may be y itself.</param>
    /// <param name="y">Output; must not be x.</param>
    public virtual void ConvolutionNorm(
        ConvolutionSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T>? bias, NormParameters<T>? norm, TensorView<T> addend, TensorView<T> y)
    {
        CheckConvolutionNorm(settings, x, weight, norm, y);
        using var scope = Workspace.OpenScope();
        var output = addend.IsAbsent ? y : scope.Rent<T>(y.Shape);
        Convolution(settings, x, weight, bias, output);
        if (norm is not null)
        {
            var planes = output.Reshape(y.Shape[0], y.Shape[1] * y.Shape[2], y.Shape[3]);
            BatchNorm(new BatchNormSettings(BatchNormEpsilon), planes, norm, planes, scope.Rent<T>(2, y.Shape[3]));
        }

        if (!addend.IsAbsent)
        {
            Add(addend, output, y);
        }
    }

    /// <summary>Throws unless the tensors of <see cref="ConvolutionNorm"/> fit together, bias and addend aside.</summary>
    /// <param name="settings">Of the convolution.</param>
    /// <param name="x">Input.</param>
    /// <param name="weight">Weight.</param>
    /// <param name="norm">TDBN, or null where there is none.</param>
    /// <param name="y">Output.</param>
    private protected static void CheckConvolutionNorm(ConvolutionSettings settings, TensorView<T> x, Parameter<T> weight, NormParameters<T>? norm, TensorView<T> y)
    {
        settings.Check(x, weight.Value, y);
        if (norm is not null)
        {
            Operators.BatchNorm.CheckParameters(y.Shape[3], norm.Weight.Value, norm.Bias.Value, norm.RunningMean.Value, norm.RunningVariance.Value);
        }
    }

    /// <summary>Composite of inference: y = GELU(a u + d) + x, the end of a SAB; u, d, x and y are [planes, pixels, C], the gate a [planes, C].</summary>
    /// <param name="u">What the gate scales.</param>
    /// <param name="a">Gate.</param>
    /// <param name="d">DSA's output.</param>
    /// <param name="x">The block's input.</param>
    /// <param name="y">Output; may be any of the inputs.</param>
    public virtual void GatedGelu(TensorView<T> u, TensorView<T> a, TensorView<T> d, TensorView<T> x, TensorView<T> y)
    {
        using var scope = Workspace.OpenScope();
        var sum = scope.Rent<T>(u.Shape);
        ScaleChannels(u, a, sum);
        Add(sum, d, sum);
        Activation(ActivationKind.Gelu, sum, sum);
        Add(sum, x, y);
    }

    /// <summary>Composite: a token layer of DSA (SPEC DSA-3), tokens and context [b, n, C]; y may be x where no backward pass follows.</summary>
    public virtual void TokenLayer(TokenLayer<T> layer, TensorView<T> x, TensorView<T> context, TokenLayer<T>.Saved saved, TensorView<T> y)
    {
        ArgumentNullException.ThrowIfNull(layer);
        layer.ForwardByPrimitives(this, x, context, saved, y);
    }

    /// <summary>Composite: back through a token layer (SPEC DSA-3), computed again from x, context and what was saved; all [b, n, C]. Overwrites gradX, which may be gradY, and gradContext.</summary>
    public virtual void TokenLayerBackward(
        TokenLayer<T> layer,
        TensorView<T> x,
        TensorView<T> context,
        TokenLayer<T>.Saved saved,
        TensorView<T> gradY,
        TensorView<T> gradX,
        TensorView<T> gradContext)
    {
        ArgumentNullException.ThrowIfNull(layer);
        layer.BackwardByPrimitives(this, x, context, saved, gradY, gradX, gradContext);
    }

    /// <summary>
    /// Patches that DSA takes at once in inference, in whole time steps or images: memory against threads without work. Here all of them, so that Match is asked once.
    /// </summary>
    public virtual int PatchesAtOnce => int.MaxValue;

    /// <summary>
    /// Composite of inference: independent pieces of work, each by one thread with what it needs in that thread's caches; here one after the other.
    /// </summary>
    /// <param name="count">Number of pieces.</param>
    /// <param name="work">Does a piece with the backend it is given; pieces write disjoint outputs.</param>
    public virtual void SideBySide(int count, Action<Backend<T>, int> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        for (var piece = 0; piece < count; piece++)
        {
            work(this, piece);
        }
    }

    /// <summary>Epsilon of every normalisation in SpikeSR.</summary>
    protected const double BatchNormEpsilon = 1e-5;
}
