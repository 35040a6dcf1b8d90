using System.Globalization;
using System.Runtime.InteropServices;
using SpikeSR.Reference.Serialization;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Network;

/// <summary>
/// Networks in files: reads what the published PyTorch code or this project wrote, and writes safetensors under the published names (SPEC FILE).
/// Every size is read off the shapes; the patch sizes come from the metadata <c>patch_sizes</c>, a comma-separated list, and are 16 without it.
/// </summary>
public static class ModelFile
{
    private const string PatchSizes = "patch_sizes";
    private const string Wrapper = "module.";
    private const int NamesShown = 8;

    /// <summary>Reads a network.</summary>
    /// <typeparam name="T">Scalar to compute in.</typeparam>
    /// <param name="path">A .safetensors or .pth file.</param>
    /// <exception cref="MalformedFileException">The file is wrong, or its names or shapes are not a SpikeSR state dict.</exception>
    public static SpikeSr<T> Load<T>(string path)
        where T : unmanaged, IScalar<T>
    {
        using var file = StateDictFile.Open(path);
        return Load<T>(file);
    }

    /// <summary>Reads a network from an open file.</summary>
    /// <typeparam name="T">Scalar to compute in.</typeparam>
    /// <param name="file">The file.</param>
    /// <exception cref="MalformedFileException">Its names or shapes are not a SpikeSR state dict.</exception>
    public static SpikeSr<T> Load<T>(StateDictFile file)
        where T : unmanaged, IScalar<T>
    {
        ArgumentNullException.ThrowIfNull(file);
        var network = new SpikeSr<T>(ConfigurationOf(file));
        Fill(network.StateDict, file);
        return network;
    }

    /// <summary>
    /// Copies a file's tensors into a state dict: every entry must be there in its shape and nothing else may be, but for num_batches_tracked.
    /// Nothing is written before all names and shapes have been found right.
    /// </summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="stateDict">Where to.</param>
    /// <param name="file">Where from.</param>
    /// <exception cref="MalformedFileException">Names are missing or too many (they are listed), or a shape differs.</exception>
    public static void Fill<T>(StateDict<T> stateDict, StateDictFile file)
        where T : unmanaged, IScalar<T>
    {
        ArgumentNullException.ThrowIfNull(stateDict);
        ArgumentNullException.ThrowIfNull(file);
        var stored = ByPublishedName(file);
        var missing = stateDict.Entries.Where(entry => !stored.ContainsKey(entry.Name)).Select(entry => entry.Name).ToList();
        var extra = stored.Keys.Where(name => stateDict.Find(name) is null).ToList();
        if (missing.Count + extra.Count > 0)
        {
            throw new MalformedFileException(
                file.Name, "state dict", $"{missing.Count} names missing{Listed(missing)} and {extra.Count} unknown{Listed(extra)}", "exactly the names of this configuration");
        }

        foreach (var entry in stateDict.Entries)
        {
            var tensor = stored[entry.Name];
            if (tensor.ToShape() != entry.Shape)
            {
                throw tensor.Refuse($"shape {tensor.ToShape()}", $"shape {entry.Shape}");
            }
        }

        foreach (var entry in stateDict.Entries)
        {
            Copy(stored[entry.Name], entry.Value);
            entry.MarkChanged();
        }
    }

    /// <summary>Writes a network as float32 safetensors under the published names, beside the target and then renamed.</summary>
    /// <remarks>
    /// The file holds sizes and parameters. Which neuron stands at the LIF sites and the compatibility switch are the reader's choice, as with the published files: a network
    /// that was read has SpikeSR's neuron and the switch off.
    /// </remarks>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="network">The network.</param>
    /// <param name="path">Where to.</param>
    /// <param name="metadata">Further metadata, such as how it was trained.</param>
    public static void Save<T>(SpikeSr<T> network, string path, IReadOnlyDictionary<string, string>? metadata = null)
        where T : unmanaged, IScalar<T>
    {
        ArgumentNullException.ThrowIfNull(network);
        var writer = new SafetensorsWriter();
        writer.AddMetadata("format", "pt");
        writer.AddMetadata(PatchSizes, string.Join(',', network.Configuration.PatchSizes));
        foreach (var (key, value) in metadata ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            writer.AddMetadata(key, value);
        }

        foreach (var entry in network.StateDict.Entries)
        {
            writer.Add(entry.Name, entry.Shape, Singles(entry.Value));
        }

        writer.Write(path);
    }

    /// <summary>Reads the sizes of a network off a file's names and shapes.</summary>
    /// <param name="file">The file.</param>
    /// <exception cref="MalformedFileException">A tensor that tells a size is missing, or the sizes are out of range.</exception>
    public static SpikeSrConfiguration ConfigurationOf(StateDictFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        var stored = ByPublishedName(file);
        const string block = "body.0.body.0.attn.";
        const string layer = block + "gpa.blocks.0.layers.0.";
        var outputs = Extent(file, stored, "tail.0.weight");
        var configuration = new SpikeSrConfiguration
        {
            Steps = Extent(file, stored, block + "conv.0.weight"),
            Channels = Extent(file, stored, "head.0.proj.weight"),
            Groups = Count(stored, "body."),
            Blocks = Count(stored, "body.0.body."),
            QueryDepth = Extent(file, stored, layer + "0.fn.to_q.weight"),
            Hidden = Extent(file, stored, layer + "1.fn.fc1.weight"),
            Scale = (int)Math.Round(Math.Sqrt(outputs / 3.0)),
            PatchSizes = PatchSizesOf(file),
        };
        try
        {
            configuration.Check();
        }
        catch (ArgumentException failure)
        {
            throw new MalformedFileException(file.Name, "state dict", failure.Message, "sizes within range", failure);
        }

        return configuration;
    }

    private static int[] PatchSizesOf(StateDictFile file)
    {
        if (!file.Metadata.TryGetValue(PatchSizes, out var text))
        {
            return [16];
        }

        var sizes = new List<int>();
        foreach (var part in text.Split(','))
        {
            if (!int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var size))
            {
                throw new MalformedFileException(file.Name, $"metadata '{PatchSizes}'", text, "whole numbers separated by commas");
            }

            sizes.Add(size);
        }

        return [.. sizes];
    }

    // Without the prefix that a data-parallel run writes, and without the counters that the arithmetic ignores.
    private static Dictionary<string, StoredTensor> ByPublishedName(StateDictFile file)
    {
        var names = new Dictionary<string, StoredTensor>(StringComparer.Ordinal);
        var wrapped = file.Tensors.Count > 0 && file.Tensors.Keys.All(name => name.StartsWith(Wrapper, StringComparison.Ordinal));
        foreach (var (name, tensor) in file.Tensors)
        {
            if (!name.EndsWith(".num_batches_tracked", StringComparison.Ordinal))
            {
                names.Add(wrapped ? name[Wrapper.Length..] : name, tensor);
            }
        }

        return names;
    }

    private static int Extent(StateDictFile file, Dictionary<string, StoredTensor> stored, string name)
    {
        if (!stored.TryGetValue(name, out var tensor))
        {
            throw new MalformedFileException(file.Name, "state dict", $"no tensor '{name}'", "a SpikeSR state dict");
        }

        var shape = tensor.ToShape();
        return shape.Rank > 0 ? shape[0] : throw tensor.Refuse("a scalar", "at least one axis");
    }

    // How many of prefix0., prefix1., ... there are without a gap.
    private static int Count(Dictionary<string, StoredTensor> stored, string prefix)
    {
        var numbers = new HashSet<int>();
        foreach (var name in stored.Keys.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)))
        {
            var digits = name.AsSpan(prefix.Length);
            var end = digits.IndexOf('.');
            if (end > 0 && int.TryParse(digits[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                numbers.Add(number);
            }
        }

        var count = 0;
        while (numbers.Contains(count))
        {
            count++;
        }

        return count;
    }

    private static string Listed(List<string> names) =>
        names.Count == 0 ? string.Empty : " (" + string.Join(", ", names.Take(NamesShown)) + (names.Count > NamesShown ? ", ..." : string.Empty) + ")";

    private static void Copy<T>(StoredTensor tensor, TensorView<T> destination)
        where T : unmanaged, IScalar<T>
    {
        if (typeof(T) == typeof(F32))
        {
            tensor.Read(MemoryMarshal.Cast<T, float>(destination.Span));
            return;
        }

        var values = tensor.ToDoubles();
        var elements = destination.Span;
        for (var i = 0; i < values.Length; i++)
        {
            elements[i] = T.FromDouble(values[i]);
        }
    }

    private static float[] Singles<T>(TensorView<T> tensor)
        where T : unmanaged, IScalar<T>
    {
        var values = new float[tensor.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (float)T.ToDouble(tensor.Span[i]);
        }

        return values;
    }
}
