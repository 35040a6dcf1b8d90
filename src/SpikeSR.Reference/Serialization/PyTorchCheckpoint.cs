namespace SpikeSR.Reference.Serialization;

/// <summary>
/// A checkpoint as torch.save writes it since PyTorch 1.6: a zip file with a pickle, <c>ROOT/data.pkl</c>, and a file of elements for
/// each storage, <c>ROOT/data/KEY</c>. The pickle is read by a machine that builds tensors and nothing else. The checkpoint is a dict of
/// tensors, or a dict that holds one under <c>state_dict</c>, <c>params_ema</c>, <c>params</c> or <c>model</c> (the first of these that
/// holds a tensor); what is no tensor beside them is ignored.
/// </summary>
public sealed class PyTorchCheckpoint : StateDictFile
{
    private const int LargestPickle = 16 << 20;
    private static readonly string[] Nests = ["state_dict", "params_ema", "params", "model"];

    private readonly ZipContainer _container;

    private PyTorchCheckpoint(InputBytes bytes, ZipContainer container, OrderedDictionary<string, StoredTensor> tensors)
        : base(bytes, [], tensors) => _container = container;

    /// <summary>Opens a checkpoint.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="MalformedFileException">It is no such checkpoint, or its pickle asks for more than tensors and containers.</exception>
    /// <exception cref="IOException">It is missing or cannot be read.</exception>
    public static new PyTorchCheckpoint Open(string path) => OpenOrClose(InputBytes.Open(path), Read);

    /// <summary>Opens a checkpoint that lies in memory.</summary>
    /// <param name="bytes">The whole file; must not change while it is open.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <exception cref="MalformedFileException">It is no such checkpoint, or its pickle asks for more than tensors and containers.</exception>
    public static new PyTorchCheckpoint Open(ReadOnlyMemory<byte> bytes, string name) => OpenOrClose(new InputBytes(bytes, name), Read);

    /// <summary>True for a zip file, and for the bare pickle that torch.save wrote before 1.6, which <see cref="Read"/> then refuses by name.</summary>
    internal static bool Recognizes(InputBytes bytes)
    {
        // Byte 8 is '{' in every safetensors file; in a zip file it belongs to the compression method, 0 or 8.
        Span<byte> start = stackalloc byte[9];
        return start[..bytes.ReadUpTo(0, start)] is [(byte)'P', (byte)'K', 3, 4, _, _, _, _, not (byte)'{', ..]
            or [(byte)PickleOpcode.Protocol, >= 2 and <= 5, _, _, _, _, _, _, not (byte)'{', ..];
    }

    internal static PyTorchCheckpoint Read(InputBytes bytes)
    {
        Span<byte> start = stackalloc byte[2];
        if (bytes.ReadUpTo(0, start) == start.Length && start is [(byte)PickleOpcode.Protocol, >= 2 and <= 5])
        {
            throw new MalformedFileException(bytes.Name, "file", "a bare pickle", "the zip file that torch.save writes since PyTorch 1.6: save it again");
        }

        var container = new ZipContainer(bytes);
        try
        {
            return new PyTorchCheckpoint(bytes, container, ReadTensors(bytes.Name, container));
        }
        catch
        {
            container.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    private protected override void Dispose(bool disposing)
    {
        _container.Dispose();
        base.Dispose(disposing);
    }

    private static OrderedDictionary<string, StoredTensor> ReadTensors(string file, ZipContainer container)
    {
        const string pickle = "/data.pkl";
        var pickles = container.Names.Where(name => name.IndexOf('/') == name.Length - pickle.Length && name.EndsWith(pickle, StringComparison.Ordinal)).ToList();
        if (pickles is not [var entry])
        {
            throw new MalformedFileException(file, "zip file", $"{pickles.Count} entries ROOT/data.pkl", "one, as torch.save writes it");
        }

        var root = entry[..^pickle.Length];
        CheckByteOrder(file, container, $"{root}/byteorder");
        var tensors = new OrderedDictionary<string, StoredTensor>();
        foreach (var (key, value) in StateDict(file, Unpickler.Load(file, container.Read(entry, LargestPickle))).Pairs)
        {
            if (value is PickledTensor tensor)
            {
                var name = key as string ?? throw new MalformedFileException(file, "state dict", "a tensor whose key is no text", "names");
                if (!tensors.TryAdd(name, Describe(file, name, tensor, container, $"{root}/data/{tensor.Storage.Key}")))
                {
                    throw new MalformedFileException(file, $"tensor '{name}'", "the name twice", "once");
                }
            }
        }

        return tensors;
    }

    private static void CheckByteOrder(string file, ZipContainer container, string entry)
    {
        if (container.LengthOf(entry) >= 0 && !container.Read(entry, most: 16).AsSpan().SequenceEqual("little"u8))
        {
            throw new MalformedFileException(file, $"zip entry '{entry}'", "another byte order", "little");
        }
    }

    private static PickleDictionary StateDict(string file, object? pickled)
    {
        if (pickled is not PickleDictionary dictionary)
        {
            throw new MalformedFileException(file, "data.pkl", "a value that is no dict", "a dict of tensors");
        }

        var candidates = Nests
            .Select(nest => dictionary.Pairs.FindLast(pair => nest.Equals(pair.Key)).Value)
            .OfType<PickleDictionary>()
            .Append(dictionary);
        return candidates.FirstOrDefault(candidate => candidate.Pairs.Exists(pair => pair.Value is PickledTensor))
            ?? throw new MalformedFileException(file, "data.pkl", "no tensor", $"a dict of tensors, bare or under {string.Join(", ", Nests)}");
    }

    private static StoredTensor Describe(string file, string name, PickledTensor tensor, ZipContainer container, string entry)
    {
        var storage = tensor.Storage;
        var size = (Int128)storage.Count * storage.Type.Size();
        var found = container.LengthOf(entry);
        if (found != size)
        {
            throw new MalformedFileException(file, $"tensor '{name}'", found < 0 ? $"no zip entry '{entry}'" : $"{found} bytes in zip entry '{entry}'", $"{size} bytes");
        }

        return new StoredTensor(file, name, storage.Type, tensor.Extents, elements => Gather(tensor, container.Read(entry, Array.MaxLength), elements));
    }

    /// <summary>The elements of a strided view, side by side in row-major order.</summary>
    private static void Gather(PickledTensor tensor, byte[] storage, Span<byte> elements)
    {
        var (extents, strides, size) = (tensor.Extents, tensor.Strides, tensor.Storage.Type.Size());
        var index = new long[extents.Length];
        var source = tensor.Offset;
        for (var destination = 0; destination < elements.Length; destination += size)
        {
            storage.AsSpan((int)(source * size), size).CopyTo(elements[destination..]);

            // Counting up like an odometer: the innermost axis first, each wrap carrying outwards.
            for (var axis = extents.Length - 1; axis >= 0; axis--)
            {
                source += strides[axis];
                if (++index[axis] < extents[axis])
                {
                    break;
                }

                source -= extents[axis] * strides[axis];
                index[axis] = 0;
            }
        }
    }
}
