using SpikeSR.Reference.Serialization;

namespace SpikeSR.Reference.Conformance;

/// <summary>
/// An open case file (SPEC CASE-1): a safetensors file whose metadata names an operator and its attributes, and whose tensors are questions
/// (<c>in/</c>, <c>param/</c>, <c>grad_out/</c>) and, perhaps, their answers (<c>out/</c>, <c>grad_in/</c>, <c>grad_param/</c>, <c>out_state/</c>).
/// </summary>
public sealed class CaseFile : IDisposable
{
    /// <summary>The metadata text <c>schema</c>.</summary>
    public const string Schema = "spikesr-case/1";

    private readonly SafetensorsFile _file;

    private CaseFile(SafetensorsFile file)
    {
        _file = file;
        var schema = Text("schema", Schema);
        if (schema != Schema)
        {
            throw new MalformedFileException(Path, "metadata 'schema'", $"'{schema}'", Schema);
        }

        var names = string.Join(", ", CaseOperators.All.Select(known => known.Name));
        var op = Text("op", $"one of {names}");
        Operator = CaseOperators.Find(op) ?? throw new MalformedFileException(Path, "metadata 'op'", $"'{op}'", $"one of {names}");
        Name = Text("name", "the case's name");
        Attributes = CaseAttributes.Parse(Path, Operator, Text("attrs", "a JSON object"));
        string[] prefixes = [.. CaseTensorNames.QuestionPrefixes, .. CaseTensorNames.AnswerPrefixes, .. CaseTensorNames.DecisionPrefixes];
        foreach (var name in file.Tensors.Keys)
        {
            if (!prefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal)))
            {
                throw new MalformedFileException(Path, $"tensor '{name}'", "an unknown kind of tensor", $"a name that starts with one of {string.Join(", ", prefixes)}");
            }
        }
    }

    /// <summary>The file's path as it was given.</summary>
    public string Path => _file.Name;

    /// <summary>The case's own name.</summary>
    public string Name { get; }

    /// <summary>What it asks.</summary>
    public CaseOperator Operator { get; }

    /// <summary>All of the metadata, in the file's order.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _file.Metadata;

    /// <summary>All tensors by their full names, in the file's order.</summary>
    public IReadOnlyDictionary<string, StoredTensor> Tensors => _file.Tensors;

    /// <summary>The attributes, checked.</summary>
    internal CaseAttributes Attributes { get; }

    /// <summary>Opens a case and checks what it says about itself; its tensors are read when asked for.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="MalformedFileException">It is no safetensors file, or no case.</exception>
    /// <exception cref="IOException">It is missing or cannot be read.</exception>
    public static CaseFile Open(string path) => OpenOrClose(SafetensorsFile.Open(path));

    /// <summary>Opens a case that lies in memory.</summary>
    /// <param name="bytes">The whole file; must not change while it is open.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <exception cref="MalformedFileException">It is no safetensors file, or no case.</exception>
    public static CaseFile Open(ReadOnlyMemory<byte> bytes, string name) => OpenOrClose(SafetensorsFile.Open(bytes, name));

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private static CaseFile OpenOrClose(SafetensorsFile file)
    {
        try
        {
            return new CaseFile(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private string Text(string key, string expected) =>
        Metadata.TryGetValue(key, out var text) ? text : throw new MalformedFileException(Path, $"metadata '{key}'", "nothing", expected);
}
