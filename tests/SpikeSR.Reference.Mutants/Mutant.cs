using System.Reflection;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;
using SpikeSR.Reference.Tests.Properties;

namespace SpikeSR.Reference.Mutants;

/// <summary>A variant of the definitions with one mistake, in every scalar.</summary>
/// <param name="type">The open generic type of its backend.</param>
internal sealed class Mutant(Type type) : IEngine
{
    /// <summary>All mutants of this assembly, by name.</summary>
    public static IReadOnlyList<Mutant> All { get; } =
        [.. typeof(Mutant).Assembly.GetTypes().Where(type => type.GetCustomAttribute<MutationAttribute>() is not null).OrderBy(type => type.Name, StringComparer.Ordinal).Select(type => new Mutant(type))];

    /// <summary>Its class.</summary>
    public string Name { get; } = type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)];

    /// <summary>What it does wrong.</summary>
    public string Mistake { get; } = type.GetCustomAttribute<MutationAttribute>()!.Mistake;

    /// <summary>The primitives that differ from their definitions.</summary>
    public IReadOnlySet<string> Primitives { get; } = Overridden(type);

    public Backend<T> Create<T>(Workspace workspace, Parallelism threads)
        where T : unmanaged, IScalar<T> => (Backend<T>)Activator.CreateInstance(type.MakeGenericType(typeof(T)), workspace, threads)!;

    public override string ToString() => Name;

    // Those that the class overrides, and those of classes between it and the definitions.
    private static HashSet<string> Overridden(Type type)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var level = type; level is not null && level.Name != typeof(DefinitionBackend<>).Name; level = level.BaseType)
        {
            names.UnionWith(level.GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly).Where(method => method.GetBaseDefinition() != method).Select(method => method.Name));
        }

        return names;
    }
}
