using SpikeSR.Reference.Conformance.Operators;

namespace SpikeSR.Reference.Conformance;

/// <summary>Everything that a case can ask, by the name in the case's <c>op</c>.</summary>
public static class CaseOperators
{
    /// <summary>All operators, primitives before modules.</summary>
    public static IReadOnlyList<CaseOperator> All { get; } =
    [
        new SurrogateCase(),
        .. NeuronCase.All,
        new ConvolutionCase(),
        new DeformableConvolutionCase(),
        new BatchNormCase(),
        new LayerNormCase(),
        new LinearCase(),
        new SoftmaxCase(),
        .. ActivationCase.All,
        new AveragePoolCase(),
        new PixelShuffleCase(),
        new LossCase(),
        new PatchDivideCase(),
        new PatchReverseCase(),
        new MatchCase(),
        new AdamCase(),
        new AttentionCase(),
        new DeformableModuleCase(),
        new SimilarityAttentionCase(),
        new HybridAttentionCase(),
        new RefinementCase(),
        new UpsamplerCase(),
        new BlockCase(),
        new GroupCase(),
        new NetworkCase(),
    ];

    /// <summary>The operator of a name, or null.</summary>
    /// <param name="name">The case's <c>op</c>.</param>
    public static CaseOperator? Find(string name) => All.FirstOrDefault(candidate => candidate.Name == name);
}
