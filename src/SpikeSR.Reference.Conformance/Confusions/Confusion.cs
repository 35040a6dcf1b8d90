using System.Reflection;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Confusions;

/// <summary>A wrong meaning that an operator is easily given, as a variant of the definitions in every scalar (SPEC KIT-5). A new one is a class with <c>[Confusion]</c>.</summary>
public sealed class Confusion
{
    private readonly Type _type;

    /// <summary>The confusion that a class is.</summary>
    /// <param name="type">The open generic type of its backend.</param>
    /// <param name="clause">The clause that it breaks.</param>
    /// <param name="mistake">What it does wrong.</param>
    internal Confusion(Type type, string clause, string mistake)
    {
        _type = type;
        (Clause, Mistake) = (clause, mistake);
        Name = type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)];
        Primitives = Overridden(type);
    }

    /// <summary>The catalogue, by name.</summary>
    public static IReadOnlyList<Confusion> All { get; } =
    [
        .. typeof(Confusion).Assembly.GetTypes()
            .Select(type => (Type: type, Mark: type.GetCustomAttribute<ConfusionAttribute>()))
            .Where(found => found.Mark is not null)
            .OrderBy(found => found.Type.Name, StringComparer.Ordinal)
            .Select(found => new Confusion(found.Type, found.Mark!.Clause, found.Mark.Mistake)),
    ];

    /// <summary>Its class.</summary>
    public string Name { get; }

    /// <summary>The clause of SPEC.md that it breaks.</summary>
    public string Clause { get; }

    /// <summary>What it does wrong, in words.</summary>
    public string Mistake { get; }

    /// <summary>The primitives that differ from their definitions.</summary>
    public IReadOnlySet<string> Primitives { get; }

    /// <summary>The confusion of a name, or null.</summary>
    /// <param name="name">Its class.</param>
    public static Confusion? Find(string name) => All.FirstOrDefault(confusion => confusion.Name == name);

    /// <summary>The variant as a backend.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="workspace">Where temporary tensors are rented.</param>
    /// <param name="threads">Threads over outputs.</param>
    public Backend<T> Create<T>(Workspace workspace, Parallelism threads)
        where T : unmanaged, IScalar<T> => (Backend<T>)Activator.CreateInstance(_type.MakeGenericType(typeof(T)), workspace, threads)!;

    /// <inheritdoc/>
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
