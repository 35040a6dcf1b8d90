using SpikeSR.Reference.Tests.Properties.Laws;

namespace SpikeSR.Reference.Tests.Properties;

/// <summary>All laws.</summary>
internal static class LawTable
{
    public static IReadOnlyList<Law> All { get; } =
    [
        .. NeuronLaws.All,
        .. OperatorLaws.All,
        .. AttentionLaws.All,
        .. NetworkLaws.All,
        .. SubjectTable.All.SelectMany(DerivativeLaws.Of),
        .. SubjectTable.All.SelectMany(ReproducibilityLaws.Of),
    ];
}
