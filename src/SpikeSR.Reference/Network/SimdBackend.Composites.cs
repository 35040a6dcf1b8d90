using SpikeSR.Reference.Attention;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Operators.Kernels;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Network;

/// <content>Several primitives as one kernel, so that what passes between them stays in cache.</content>
internal sealed partial class SimdBackend<TScalar, TLane, T>
{
    /// <inheritdoc/>
    public override void ConvolutionNorm(
        ConvolutionSettings settings,
        TensorView<TScalar> x,
        Parameter<TScalar> weight,
        Parameter<TScalar>? bias,
        NormParameters<TScalar>? norm,
        TensorView<TScalar> addend,
        TensorView<TScalar> y)
    {
        // SpikeSR has no groups: they go by primitives.
        if (settings.Groups != 1)
        {
            base.ConvolutionNorm(settings, x, weight, bias, norm, addend, y);
            return;
        }

        CheckConvolutionNorm(settings, x, weight, norm, y);
        using var scope = Workspace.OpenScope();
        TensorView<T> scale = default, shift = default;
        if (norm is not null)
        {
            var channels = y.Shape[3];
            (scale, shift) = (scope.Rent<T>(channels), scope.Rent<T>(channels));
            BatchNormKernel.Constants(
                BatchNormEpsilon,
                Value(norm.Weight).Span,
                Value(norm.Bias).Span,
                Value(norm.RunningMean).Span,
                Value(norm.RunningVariance).Span,
                scope.Rent<T>(channels).Span,
                scale.Span,
                shift.Span);
        }

        ConvolutionKernel.ForwardAffine<TLane, T>(
            settings, Numbers(x), Value(weight), Packed(weight, 1), Value(bias), scale, shift, Numbers(addend), Numbers(y), Workspace, Threads);
    }

    /// <inheritdoc/>
    public override void GatedGelu(
        TensorView<TScalar> u, TensorView<TScalar> a, TensorView<TScalar> d, TensorView<TScalar> x, TensorView<TScalar> y) =>
        ElementwiseKernel.GatedGelu<TLane, T>(Numbers(u), Numbers(a), Numbers(d), Numbers(x), Numbers(y), Threads);

    /// <inheritdoc/>
    public override void TokenLayer(
        TokenLayer<TScalar> layer, TensorView<TScalar> x, TensorView<TScalar> context, TokenLayer<TScalar>.Saved saved, TensorView<TScalar> y)
    {
        var (attention, dcn) = (layer.Attention, layer.Attention.Deformable);
        layer.Check(x, context, saved, y);
        var weights = new TokenLayerKernel.Weights<T>
        {
            Epsilon = SpikeSR.Reference.Attention.TokenLayer<TScalar>.Epsilon,
            AttentionNorm = (Value(layer.AttentionNorm.Weight), Value(layer.AttentionNorm.Bias)),
            Deformable = attention.IsDeformable
                ? new(Filled((dcn.MaskWeight, dcn.MaskBias), (dcn.OffsetWeight, dcn.OffsetBias)), Packed(dcn.Weight, 1), Value(dcn.Bias))
                : null,
            Queries = Packed(attention.ToQueries, 1),
            Keys = Packed(attention.ToKeys, 1),
            Values = Packed(attention.ToValues, 1),
            MlpNorm = (Value(layer.MlpNorm.Weight), Value(layer.MlpNorm.Bias)),
            Hidden = Filled((layer.HiddenWeight, layer.HiddenBias)),
            Output = Packed(layer.OutputWeight, 1),
            OutputBias = Filled((layer.OutputWeight, layer.OutputBias)).Bias,
        };
        TokenLayerKernel.Forward<TLane, T>(weights, Numbers(x), Numbers(context), Numbers(saved), Numbers(y), Workspace, Threads);
    }

    /// <inheritdoc/>
    public override void TokenLayerBackward(
        TokenLayer<TScalar> layer,
        TensorView<TScalar> x,
        TensorView<TScalar> context,
        TokenLayer<TScalar>.Saved saved,
        TensorView<TScalar> gradY,
        TensorView<TScalar> gradX,
        TensorView<TScalar> gradContext)
    {
        var attention = layer.Attention;
        if (attention.IsDeformable && (context.IsAbsent || saved.Offset.IsAbsent))
        {
            // Without a context three paths meet in the gradient by LN(x), the DCN's first, which is known last.
            layer.BackwardByPrimitives(this, x, context, saved, gradY, gradX, gradContext);
            return;
        }

        layer.CheckBackward(x, context, saved, gradY, gradX, gradContext);
        var gradients = new TokenLayerGradientKernel.Layer<T>
        {
            Epsilon = SpikeSR.Reference.Attention.TokenLayer<TScalar>.Epsilon,
            AttentionNorm = NormOf(layer.AttentionNorm),
            Queries = MapOf(attention.ToQueries),
            Keys = MapOf(attention.ToKeys),
            Values = MapOf(attention.ToValues),
            MlpNorm = NormOf(layer.MlpNorm),
            Hidden = MapOf(layer.HiddenWeight),
            HiddenBias = Value(layer.HiddenBias),
            HiddenBiasGradient = Gradient(layer.HiddenBias),
            Output = MapOf(layer.OutputWeight),
            OutputBiasGradient = Gradient(layer.OutputBias),
            Deformable = attention.IsDeformable ? DeformableOf(attention.Deformable) : null,
        };
        TokenLayerGradientKernel.Backward<TLane, T>(gradients, Numbers(x), Numbers(context), Numbers(saved), Numbers(gradY), Numbers(gradX), Numbers(gradContext), Workspace, Threads);
    }

    private TokenLayerGradientKernel.DeformableMap<T> DeformableOf(DeformableConvolutionModule<TScalar> dcn) => new()
    {
        Weight = Value(dcn.Weight),
        WeightGradient = Gradient(dcn.Weight),
        BiasGradient = Gradient(dcn.Bias),
        Offset = new(Value(dcn.OffsetWeight), PackedBackward(dcn.OffsetWeight, 1), Gradient(dcn.OffsetWeight), Gradient(dcn.OffsetBias)),
        Mask = new(Value(dcn.MaskWeight), PackedBackward(dcn.MaskWeight, 1), Gradient(dcn.MaskWeight), Gradient(dcn.MaskBias)),
    };

    private TokenLayerGradientKernel.Map<T> MapOf(Parameter<TScalar> weight) => new(Packed(weight, 1), PackedBackward(weight, 1), Numbers(weight.MatrixGradient));

    private static TokenLayerGradientKernel.Norm<T> NormOf((Parameter<TScalar> Weight, Parameter<TScalar> Bias) norm) =>
        new(Value(norm.Weight), Value(norm.Bias), Gradient(norm.Weight), Gradient(norm.Bias));
}
