using System.Reflection;
using SpikeSR.Reference.Conformance.Confusions;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;
using SpikeSR.Reference.Tests.Properties;

namespace SpikeSR.Reference.Mutants;

/// <summary>A variant of the definitions with one mistake, in every scalar: the kit's confusions, and mistakes that no single case can show.</summary>
/// <param name="variant">The mistake.</param>
internal sealed class Mutant(Confusion variant) : IEngine
{
    /// <summary>All mutants, by name.</summary>
    public static IReadOnlyList<Mutant> All { get; } =
    [
        .. typeof(Mutant).Assembly.GetTypes()
            .Where(type => type.GetCustomAttribute<MutationAttribute>() is not null)
            .Select(type => new Confusion(type, "none", type.GetCustomAttribute<MutationAttribute>()!.Mistake))
            .Concat(Confusion.All)
            .OrderBy(variant => variant.Name, StringComparer.Ordinal)
            .Select(variant => new Mutant(variant)),
    ];

    /// <summary>Its class.</summary>
    public string Name => variant.Name;

    /// <summary>What it does wrong.</summary>
    public string Mistake => variant.Mistake;

    /// <summary>The primitives that differ from their definitions.</summary>
    public IReadOnlySet<string> Primitives => variant.Primitives;

    public Backend<T> Create<T>(Workspace workspace, Parallelism threads)
        where T : unmanaged, IScalar<T> => variant.Create<T>(workspace, threads);

    public override string ToString() => Name;
}
