using SpikeSR.Reference.Conformance.Golden;
using SpikeSR.Reference.Conformance.Xunit;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Kit;

/// <summary>The SIMD engine in float32, judged like anyone's backend: operators and their gradients.</summary>
public sealed class SimdConformanceTests : BackendConformance<F32>
{
    protected override string Suite => Kit.Suite.Folder;

    protected override int HighestLevel => GoldenCase.GradientLevel;

    protected override Backend<F32> Create() => SimdBackend.Create<F32>(new Workspace(), Parallelism.Single);
}
