using SpikeSR.Reference.Conformance;
using SpikeSR.Reference.Conformance.Golden;
using SpikeSR.Reference.Tests.Properties;

namespace SpikeSR.Reference.Mutants;

/// <summary>The checks that mutants are tried against.</summary>
internal static class Suite
{
    // Larger cases repeat what smaller ones ask.
    private const int LargestCase = 1 << 19;

    /// <summary>The golden cases that are not large, small ones first.</summary>
    public static IReadOnlyList<Check> GoldenCases { get; } = OpenGoldenCases(Path.Combine(RepositoryPaths.Root, "golden", "v1"));

    /// <summary>The cases of ../shared/cases that are not large; none where there is no such folder.</summary>
    public static IReadOnlyList<Check> SharedCases { get; } = RepositoryPaths.Shared is not { } shared
        ? []
        : [.. Directory.GetFiles(Path.Combine(shared, "cases"), "*.safetensors")
            .Where(file => new FileInfo(file).Length <= LargestCase)
            .OrderBy(file => new FileInfo(file).Length)
            .Select(file => Check.Of(CheckKind.Shared, Path.GetFileNameWithoutExtension(file), () => CaseFile.Open(file), () => CaseFile.Open(file)))];

    /// <summary>Everything, quick checks first.</summary>
    public static IReadOnlyList<Check> All { get; } =
        [.. LawTable.OfPrimitives.Select(Check.Of), .. GoldenCases, .. SharedCases, .. LawTable.OfModules.Select(Check.Of)];

    private static Check[] OpenGoldenCases(string folder) =>
    [
        .. GoldenManifest.Load(Path.Combine(folder, "manifest.json")).Cases
            .Where(golden => !golden.MustBeRefused)
            .Select(golden => (golden.Id, Question: golden.BuildQuestion()))
            .Where(golden => golden.Question.Length <= LargestCase)
            .OrderBy(golden => golden.Question.Length)
            .Select(golden => Check.Of(
                CheckKind.Golden, golden.Id, () => CaseFile.Open(golden.Question, golden.Id), () => CaseFile.Open(Path.Combine(folder, "torch", golden.Id + ".safetensors")))),
    ];
}
