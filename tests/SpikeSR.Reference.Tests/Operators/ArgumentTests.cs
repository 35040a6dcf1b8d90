using SpikeSR.Reference.Attention;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Neurons;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Tests.Operators;

/// <summary>What both engines take and refuse alike; what they refuse leaves every output as it was.</summary>
public sealed class ArgumentTests
{
    private static readonly string[] _engines = ["definition", "simd"];

    public static TheoryData<string> Engines => [.. _engines];

    [Theory]
    [MemberData(nameof(Engines))]
    public void Only_PLIF_has_a_gradient_by_its_rate(string engine)
    {
        var (x, g) = (Filled(2, 5), Filled(2, 5));
        var gradX = Filled(2, 5);
        var leaky = NeuronSettings.SpikeSr;
        var parametric = leaky with { Kind = NeuronKind.ParametricLeaky };
        Refuses("gradRateParameter", () => NeuronBackward(engine, leaky, default, x, g, gradX, Filled(1)), gradX);
        Refuses("gradRateParameter", () => NeuronBackward(engine, parametric, Filled(1), x, g, gradX, Filled(3)), gradX);
    }

    [Theory]
    [InlineData("definition", SurrogateKind.Sigmoid, 0.0)]
    [InlineData("definition", (SurrogateKind)17, 1.0)]
    [InlineData("simd", SurrogateKind.Sigmoid, double.NaN)]
    [InlineData("simd", (SurrogateKind)17, 1.0)]
    public void A_surrogate_is_one_of_its_kinds_with_a_positive_alpha(string engine, SurrogateKind kind, double alpha)
    {
        var (surrogate, gradX) = (new SurrogateFunction(kind, alpha), Filled(2, 5));
        var backend = Make(engine);
        Refuses(null, () => backend.SurrogateBackward(surrogate, Filled(2, 5), Filled(2, 5), gradX), gradX);
        Refuses(null, () => backend.Neuron(NeuronSettings.SpikeSr with { Surrogate = surrogate }, null, Filled(2, 5), default, gradX, default), gradX);
        Refuses(null, () => backend.Neuron(NeuronSettings.SpikeSr with { Threshold = double.NaN }, null, Filled(2, 5), default, gradX, default), gradX);
    }

    [Theory]
    [InlineData("definition", 1.0, 0.9, 0.0)]
    [InlineData("definition", 0.9, -0.1, 0.0)]
    [InlineData("simd", 0.9, double.NaN, 0.0)]
    [InlineData("simd", 0.9, 0.9, -1e-8)]
    public void Adam_decays_its_moments_and_divides_by_no_less_than_a_root(string engine, double beta1, double beta2, double epsilon)
    {
        var theta = Filled(5);
        Refuses("settings", () => Make(engine).Adam(new AdamSettings(1e-4, beta1, beta2, epsilon), 1, theta, Filled(5), Filled(5), Filled(5)), theta);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void A_gradient_of_another_shape_is_refused_before_any_is_written(string engine)
    {
        var backend = Make(engine);
        var (narrow, wide) = (new Parameter<F32>("narrow", new Shape(3)), new Parameter<F32>("wide", new Shape(4)));
        var rows = Filled(2, 4);
        Refuses(null, () => backend.LayerNormBackward(1e-5, Filled(2, 4), wide, narrow, Filled(2, 4), rows), rows);
        var patches = Filled(1, 2, 9, 4);
        var chosen = TensorView<int>.Allocate(new Shape(1, 2));
        var match = new MatchSettings(true, 1);
        Refuses(null, () => backend.MatchBackward(match, Filled(1, 2, 9, 4), wide, narrow, Filled(1, 2, 2), chosen, Filled(1, 2, 9, 4), patches), patches);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void A_scale_whose_square_passes_an_integer_is_refused(string engine)
    {
        var y = Filled(1, 1, 1, 1);
        Refuses("x", () => Make(engine).PixelShuffle(65536, Filled(1, 1, 1, 4), y), y);
        Refuses("gradY", () => Make(engine).PixelShuffleBackward(2, Filled(1, 2, 3, 1), Filled(1, 1, 1, 4)), y);
    }

    [Theory]
    [InlineData(0, 4)]
    [InlineData(2, 0)]
    public void A_convolution_of_nothing_is_its_definition(int images, int channels)
    {
        var results = _engines.Select(engine =>
        {
            var backend = Make(engine);
            var (weight, bias) = (new Parameter<F32>("weight", new Shape(3, channels, 3, 3)), new Parameter<F32>("bias", Filled(3)));
            var (x, y, gradX) = (Filled(images, 5, 6, channels), Filled(images, 5, 6, 3), Filled(images, 5, 6, channels));
            backend.Convolution(ConvolutionSettings.Same3, x, weight, bias, y);
            backend.ConvolutionBackward(ConvolutionSettings.Same3, x, weight, bias, y, gradX);
            return (float[])[.. Numbers(y), .. Numbers(gradX), .. Numbers(weight.Gradient), .. Numbers(bias.Gradient)];
        }).ToList();
        Assert.Equal(results[0], results[1]);
    }

    [Fact]
    public void A_convolution_of_one_tap_from_no_channels_is_its_bias()
    {
        foreach (var engine in _engines)
        {
            var y = Filled(2, 1, 3, 2);
            var (weight, bias) = (new Parameter<F32>("weight", new Shape(2, 0, 1, 1)), new Parameter<F32>("bias", Filled(2)));
            Make(engine).Convolution(ConvolutionSettings.Point, Filled(2, 1, 3, 0), weight, bias, y);
            Assert.Equal(Enumerable.Repeat(Numbers(bias.Value), 6).SelectMany(numbers => numbers), Numbers(y));
        }
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Convolutions_of_no_outputs_or_groups_are_refused(string engine)
    {
        var (backend, weight, none) = (Make(engine), new Parameter<F32>("weight", Filled(4, 2, 1, 1)), new Parameter<F32>("none", new Shape(0, 2, 1, 1)));
        var (x, y, norm) = (Filled(1, 3, 3, 2), Filled(1, 3, 3, 4), Norm(4, 4));
        foreach (var settings in new[] { default, ConvolutionSettings.Point with { Groups = 0 }, ConvolutionSettings.Point with { Stride = 0 } })
        {
            Refuses("Stride", () => backend.Convolution(settings, x, weight, null, y), y);
            Refuses("Stride", () => backend.ConvolutionNorm(settings, x, weight, null, norm, default, y), y);
            Refuses("Stride", () => backend.ConvolutionBackward(settings, x, weight, null, y, x), x);
            Refuses("Stride", () => backend.DeformableConvolution(settings, 1, x, Filled(1, 3, 3, 2), default, weight, null, y), y);
        }

        Refuses("weight", () => backend.Convolution(ConvolutionSettings.Point, x, none, null, Filled(1, 3, 3, 0)), y);
        Refuses("offsetGroups", () => backend.DeformableConvolution(ConvolutionSettings.Point, 1, Filled(1, 3, 3, 0), Filled(1, 3, 3, 2), default, new("empty", new Shape(4, 0, 1, 1)), null, y), y);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void A_norm_has_a_parameter_of_each_kind_for_every_channel(string engine)
    {
        var (backend, weight, y) = (Make(engine), new Parameter<F32>("weight", Filled(4, 2, 1, 1)), Filled(1, 3, 3, 4));
        backend.ConvolutionNorm(ConvolutionSettings.Point, Filled(1, 3, 3, 2), weight, null, Norm(4, 4), default, y);
        Refuses("weight", () => backend.ConvolutionNorm(ConvolutionSettings.Point, Filled(1, 3, 3, 2), weight, null, Norm(2, 4), default, y), y);
        Refuses("runningVariance", () => backend.ConvolutionNorm(ConvolutionSettings.Point, Filled(1, 3, 3, 2), weight, null, Norm(4, 5), default, y), y);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void A_gradient_has_the_shape_of_what_it_is_of_not_its_length_alone(string engine)
    {
        var backend = Make(engine);
        var (gradA, gradK, gradX) = (Filled(1, 1, 2), Filled(1, 2, 1, 1), Filled(2, 1, 1));
        Refuses("gradA", () => backend.BlendBackward(Filled(1, 3, 2), Filled(1, 2), Filled(1, 3, 2), Filled(1, 3, 2), Filled(1, 3, 2), gradA, Filled(1, 3, 2)), gradA);
        Refuses("gradK", () => backend.AttentionBackward(Filled(2, 1, 1), Filled(2, 1, 1), Filled(2, 1, 1), Filled(2, 1, 1), Filled(2, 1, 1), gradK, Filled(2, 1, 1)), gradK);
        var (settings, weight) = (ConvolutionSettings.Point, new Parameter<F32>("weight", Filled(1, 1, 1, 1)));
        Refuses(
            "gradX",
            () => backend.DeformableConvolutionBackward(
                settings, 1, Filled(1, 2, 1, 1), Filled(1, 2, 1, 2), default, weight, null, Filled(1, 2, 1, 1), gradX, Filled(1, 2, 1, 2), default),
            gradX);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void A_linear_map_has_a_matrix(string engine)
    {
        var (backend, weight, gradX) = (Make(engine), new Parameter<F32>("weight", Filled(1, 1, 1, 2)), Filled(3, 1));
        Refuses("weight", () => backend.Linear(Filled(3, 2), weight, null, Filled(3, 1)), gradX);
        Refuses("weight", () => backend.LinearBackward(Filled(3, 1), weight, null, Filled(3, 2), gradX), gradX);
        Refuses("x", () => backend.LinearBackward(Filled(3), new("weight", Filled(2, 1)), null, Filled(3, 2), gradX), gradX);
        backend.Linear(Filled(3, 2), new("none", new Shape(0, 2)), null, Filled(3, 0));
    }

    [Fact]
    public void A_convolution_in_groups_with_its_norm_is_the_same_by_both_engines()
    {
        var results = _engines.Select(engine =>
        {
            var y = Filled(1, 5, 6, 4);
            var weight = new Parameter<F32>("weight", Filled(4, 2, 3, 3));
            Make(engine).ConvolutionNorm(ConvolutionSettings.Same3 with { Groups = 2 }, Filled(1, 5, 6, 4), weight, null, null, Filled(1, 5, 6, 4), y);
            return Numbers(y);
        }).ToList();
        Assert.Equal(results[0], results[1]);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void A_token_layers_gradient_needs_what_was_saved_but_for_the_offsets(string engine)
    {
        var backend = Make(engine);
        var stateDict = new StateDict<F32>();
        var layer = new TokenLayer<F32>(stateDict.Root, channels: 4, queryDepth: 2, hidden: 3, deformable: true);
        foreach (var entry in stateDict.Entries)
        {
            Filled(entry.Shape.Length).CopyTo(entry.Value);
            entry.MarkChanged();
        }

        using var scope = backend.Workspace.OpenScope();
        var (x, context, gradY, gradX, gradContext) = (Filled(2, 9, 4), Filled(2, 9, 4), Filled(2, 9, 4), Filled(2, 9, 4), Filled(2, 9, 4));
        var saved = TokenLayer<F32>.Saved.Rent(scope, x, deformable: true);
        layer.Forward(backend, x, context, saved, TensorView<F32>.Allocate(x.Shape));
        Refuses("saved", () => layer.Backward(backend, x, context, default, gradY, gradX, gradContext), gradX);
        Refuses("saved", () => layer.Backward(backend, x, context, saved with { Sampled = default }, gradY, gradX, gradContext), gradX);
        Refuses("gradContext", () => layer.Backward(backend, x, context, saved, gradY, gradX, default), gradX);
        Refuses("x", () => layer.Forward(backend, Filled(2, 0, 4), context, default, Filled(2, 0, 4)), gradX);
        layer.Backward(backend, x, context, saved, gradY, gradX, gradContext);
        var expected = Numbers(gradX);
        layer.Backward(backend, x, context, saved with { Offset = default, Logits = default }, gradY, gradX, gradContext);
        Assert.Equal(expected, Numbers(gradX));
    }

    private static NormParameters<F32> Norm(int weights, int variances) => new(
        new("weight", Filled(weights)), new("bias", Filled(4)), new("running_mean", Filled(4), isBuffer: true), new("running_var", Filled(variances), isBuffer: true));

    private static Backend<F32> Make(string engine) =>
        engine == "simd" ? SimdBackend.Create<F32>(new Workspace(), Parallelism.Single) : new DefinitionBackend<F32>(new Workspace(), Parallelism.Single);

    private static void NeuronBackward(
        string engine, NeuronSettings settings, TensorView<F32> rate, TensorView<F32> x, TensorView<F32> g, TensorView<F32> gradX, TensorView<F32> gradRate)
    {
        if (engine == "simd")
        {
            NeuronKernel.Backward<LaneScalar<float>, float>(
                settings, rate.Cast<float>(), x.Cast<float>(), g.Cast<float>(), default, gradX.Cast<float>(), gradRate.Cast<float>(), new Workspace(), Parallelism.Single);
        }
        else
        {
            Neuron.Backward(settings, rate, x, g, default, gradX, gradRate, new Workspace(), Parallelism.Single);
        }
    }

    private static void Refuses(string? parameter, Action action, TensorView<F32> output)
    {
        var before = Numbers(output);
        var refusal = Assert.ThrowsAny<ArgumentException>(action);
        Assert.Equal(parameter ?? refusal.ParamName, refusal.ParamName);
        Assert.Equal(before, Numbers(output));
    }

    private static float[] Numbers(TensorView<F32> tensor) => tensor.Cast<float>().Span.ToArray();

    private static TensorView<F32> Filled(params ReadOnlySpan<int> extents)
    {
        var shape = new Shape(extents);
        return TensorView<F32>.Of(shape, [.. Enumerable.Range(0, shape.Length).Select(i => new F32(0.25f * ((i % 7) - 3)))]);
    }
}
