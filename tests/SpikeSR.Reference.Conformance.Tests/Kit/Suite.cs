using SpikeSR.Reference.Conformance.Backends;
using SpikeSR.Reference.Conformance.Confusions;
using SpikeSR.Reference.Conformance.Golden;
using SpikeSR.Reference.Conformance.Judging;
using SpikeSR.Reference.Conformance.Running;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Kit;

/// <summary>The suite, and what tests of the kit make of it.</summary>
internal static class Suite
{
    public static string Folder { get; } = Path.Combine(RepositoryPaths.Root, "golden", "v1");

    public static GoldenSet Set { get; } = new(Folder);

    public static GoldenManifest Manifest => Set.Manifest;

    public static ICaseJudge Single { get; } = new ProfileJudge(Profile.Find("fp32")!, Set);

    public static ICaseBackend Right { get; } = EngineBackend.Of(new EvaluationSettings(Precision.F32, EngineKind.Simd, Parallelism.Single));

    public static GoldenCase Case(string id) => Manifest.Cases.Single(golden => golden.Id == id);

    public static RunSelection Only(params string[] cases) => new() { Cases = cases };

    public static ICaseBackend Wrong(string confusion) => EngineBackend.Of(() => Confusion.Find(confusion)!.Create<F32>(new Workspace(), Parallelism.Single), confusion);

    public static RunReport Run(ICaseBackend backend, params string[] cases) => new ConformanceRun(Manifest, backend, Capabilities.All, Single).Run(Only(cases));
}
