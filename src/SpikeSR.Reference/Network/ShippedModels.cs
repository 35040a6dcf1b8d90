using SpikeSR.Reference.Serialization;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Network;

/// <summary>The trained networks that lie inside this library.</summary>
public static class ShippedModels
{
    /// <summary>The network that is used where none is named.</summary>
    public const string Default = "tiny";

    /// <summary>Their names.</summary>
    public static readonly IReadOnlyList<string> Names = [Default, "small"];

    /// <summary>Reads one of them.</summary>
    /// <typeparam name="T">Scalar to compute in.</typeparam>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static SpikeSr<T> Load<T>(string name = Default)
        where T : unmanaged, IScalar<T>
    {
        using var stream = typeof(ShippedModels).Assembly.GetManifestResourceStream(name + ".safetensors")
            ?? throw new ArgumentException($"no model called '{name}' is shipped; there are {string.Join(", ", Names)}", nameof(name));
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        using var file = StateDictFile.Open(bytes, name);
        return ModelFile.Load<T>(file);
    }
}
