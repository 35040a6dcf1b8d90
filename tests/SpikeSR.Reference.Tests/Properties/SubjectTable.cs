using SpikeSR.Reference.Neurons;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tests.Properties.Subjects;

namespace SpikeSR.Reference.Tests.Properties;

/// <summary>Everything that the laws are checked for: a new operator is one class and one line here.</summary>
internal static class SubjectTable
{
    /// <summary>The primitives of a backend.</summary>
    public static IReadOnlyList<Subject> Primitives { get; } =
    [
        .. Enum.GetValues<SurrogateKind>().Select(kind => new SurrogateSubject(kind) { Samples = 5 }),
        new NeuronSubject("IF", NeuronKind.IntegrateAndFire) { Samples = 60 },
        new NeuronSubject("LIF", NeuronKind.Leaky) { Samples = 100 },
        new NeuronSubject("PLIF", NeuronKind.ParametricLeaky) { Samples = 100 },
        new ConvolutionSubject { LinearIn = ["x", "weight", "bias"], Samples = 50 },
        new DeformableConvolutionSubject { LinearIn = ["x", "mask", "weight", "bias"], Samples = 50 },
        new LinearSubject { LinearIn = ["x", "weight", "bias"] },
        new StepMixingSubject { LinearIn = ["x", "weight"] },
        new AveragePoolSubject { LinearIn = ["x"] },
        new PixelShuffleSubject { LinearIn = ["x"] },
        new MeanOverStepsSubject { LinearIn = ["x"] },
        new BatchNormSubject(train: false) { LinearIn = ["x", "weight", "bias"] },
        new BatchNormSubject(train: true) { LinearIn = ["weight", "bias"] },
        new LayerNormSubject { LinearIn = ["weight", "bias"] },
        new SoftmaxSubject(),
        .. Enum.GetValues<ActivationKind>().Select(kind => new ActivationSubject(kind)),
        new ScaleChannelsSubject { LinearIn = ["x", "a"] },
        new BlendSubject { LinearIn = ["t", "a", "r"] },
        new ArithmeticSubject { LinearIn = ["right"] },
        new LossSubject(),
        new PatchDivideSubject { LinearIn = ["x"] },
        new PatchReverseSubject(published: false) { LinearIn = ["y"] },
        new PatchReverseSubject(published: true) { LinearIn = ["y"] },
        new MatchSubject(train: false),
        new MatchSubject(train: false, published: true),
        new MatchSubject(train: true) { Samples = 50 },
        new AttentionSubject { LinearIn = ["v"] },
    ];

    /// <summary>Modules, up to the network.</summary>
    public static IReadOnlyList<Subject> Modules { get; } =
    [
        new DeformableModuleSubject { LinearIn = ["regular_conv.weight", "regular_conv.bias"] },
        new TokenAttentionSubject(cross: false, deformable: false),
        new TokenAttentionSubject(cross: true, deformable: false),
        new TokenAttentionSubject(cross: true, deformable: true),
        new TokenLayerSubject(deformable: false) { LinearIn = ["1.fn.fc2.weight", "1.fn.fc2.bias"] },
        new TokenLayerSubject(deformable: true),
        new HybridDimensionSubject(),
        new SimilaritySubject(train: false) { Samples = 8 },
        new SimilaritySubject(train: false, published: true) { Samples = 8 },
        new SimilaritySubject(train: true) { Samples = 8 },
        new RefinementSubject { Samples = 10 },
        new UpsamplerSubject { LinearIn = ["x", "0.weight", "0.bias"] },
        new BlockSubject(train: false) { Samples = 6 },
        new BlockSubject(train: true) { Samples = 6 },
        new GroupSubject(train: false) { Samples = 4 },
        new GroupSubject(train: true) { Samples = 4 },
        new NetworkSubject(train: false) { LinearIn = ["tail.0.weight", "tail.0.bias"], Samples = 3 },
        new NetworkSubject(train: false, published: true) { Samples = 3 },
        new NetworkSubject(train: true) { Samples = 3 },
    ];
}
