using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Tests.Properties;

/// <summary>What the laws are checked of: the definitions, or something that claims to be as good.</summary>
internal interface IEngine
{
    /// <summary>A backend in one scalar.</summary>
    Backend<T> Create<T>(Workspace workspace, Parallelism threads)
        where T : unmanaged, IScalar<T>;

    /// <summary>A backend with a workspace of its own, on the calling thread.</summary>
    sealed Backend<T> Create<T>()
        where T : unmanaged, IScalar<T> => Create<T>(new Workspace(), Parallelism.Single);
}

/// <summary>The definitions.</summary>
internal sealed class DefinitionEngine : IEngine
{
    public static readonly DefinitionEngine Instance = new();

    public Backend<T> Create<T>(Workspace workspace, Parallelism threads)
        where T : unmanaged, IScalar<T> => new DefinitionBackend<T>(workspace, threads);
}
