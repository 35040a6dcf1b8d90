namespace SpikeSR.Reference.Serialization;

/// <summary>
/// An open file of named tensors, the same to its reader whether it is safetensors or a PyTorch checkpoint. Opening reads and checks
/// the description of every tensor; elements are read when asked for, so the file stays open until it is disposed.
/// </summary>
public abstract class StateDictFile : IDisposable
{
    private readonly InputBytes _bytes;

    private protected StateDictFile(
        InputBytes bytes, OrderedDictionary<string, string> metadata, OrderedDictionary<string, StoredTensor> tensors) =>
        (_bytes, Metadata, Tensors) = (bytes, metadata, tensors);

    /// <summary>The path, or the name that was given for bytes in memory.</summary>
    public string Name => _bytes.Name;

    /// <summary>Texts beside the tensors, in the file's order; empty for a PyTorch checkpoint.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The tensors by name, in the file's order.</summary>
    public IReadOnlyDictionary<string, StoredTensor> Tensors { get; }

    /// <summary>Opens a safetensors file or a PyTorch checkpoint; the content decides which, not the extension.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="MalformedFileException">It is neither, or is wrong in some way.</exception>
    /// <exception cref="IOException">It is missing or cannot be read.</exception>
    public static StateDictFile Open(string path) => Open(InputBytes.Open(path));

    /// <summary>Opens a safetensors file or a PyTorch checkpoint that lies in memory.</summary>
    /// <param name="bytes">The whole file; must not change while it is open.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <exception cref="MalformedFileException">It is neither, or is wrong in some way.</exception>
    public static StateDictFile Open(ReadOnlyMemory<byte> bytes, string name) => Open(new InputBytes(bytes, name));

    /// <summary>The tensor of a name.</summary>
    /// <param name="name">The name in the file.</param>
    /// <exception cref="MalformedFileException">There is none.</exception>
    public StoredTensor Require(string name) =>
        Tensors.TryGetValue(name, out var tensor) ? tensor : throw new MalformedFileException(Name, "file", "no such tensor", $"tensor '{name}'");

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes what the format opened, and the file.</summary>
    /// <param name="disposing">Always true: there is nothing to finalize.</param>
    private protected virtual void Dispose(bool disposing) => _bytes.Dispose();

    /// <summary>Runs a format's reader, closing the file if it fails.</summary>
    private protected static T OpenOrClose<T>(InputBytes bytes, Func<InputBytes, T> read)
        where T : StateDictFile
    {
        try
        {
            return read(bytes);
        }
        catch
        {
            bytes.Dispose();
            throw;
        }
    }

    private static StateDictFile Open(InputBytes bytes) =>
        OpenOrClose<StateDictFile>(bytes, file => PyTorchCheckpoint.Recognizes(file) ? PyTorchCheckpoint.Read(file) : SafetensorsFile.Read(file));
}
