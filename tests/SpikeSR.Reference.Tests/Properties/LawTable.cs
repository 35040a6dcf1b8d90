using SpikeSR.Reference.Tests.Properties.Laws;

namespace SpikeSR.Reference.Tests.Properties;

/// <summary>All laws.</summary>
internal static class LawTable
{
    /// <summary>What single operators must obey: quick to check.</summary>
    public static IReadOnlyList<Law> OfPrimitives { get; } =
    [
        .. NeuronLaws.All,
        .. OperatorLaws.All,
        .. AttentionLaws.All,
        .. SubjectTable.Primitives.SelectMany(DerivativeLaws.Of),
        .. SubjectTable.Primitives.SelectMany(ReproducibilityLaws.Of),
    ];

    /// <summary>What modules and the network must obey.</summary>
    public static IReadOnlyList<Law> OfModules { get; } =
    [
        .. NetworkLaws.All,
        .. SubjectTable.Modules.SelectMany(DerivativeLaws.Of),
        .. SubjectTable.Modules.SelectMany(ReproducibilityLaws.Of),
    ];

    /// <summary>Both.</summary>
    public static IReadOnlyList<Law> All { get; } = [.. OfPrimitives, .. OfModules];
}
