using SpikeSR.Reference.Serialization;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance;

/// <summary>What a case's operator answered: outputs, states and gradients by their names in case files.</summary>
public sealed class CaseAnswer
{
    private readonly IReadOnlyDictionary<string, string> _metadata;
    private readonly OrderedDictionary<string, AnswerTensor> _tensors = [];

    internal CaseAnswer(IReadOnlyDictionary<string, string> metadata, Precision precision) => (_metadata, Precision) = (metadata, precision);

    /// <summary>What it was computed in.</summary>
    public Precision Precision { get; }

    /// <summary>The answers by name, in the order of the file: <c>out/</c>, <c>out_state/</c>, <c>grad_in/</c>, <c>grad_param/</c>.</summary>
    public IReadOnlyDictionary<string, AnswerTensor> Tensors => _tensors;

    /// <summary>Writes the answers, under the question's metadata and in the precision's element type. Written beside, then renamed.</summary>
    /// <param name="path">Where the file shall be.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Write(string path) => Writer().Write(path);

    /// <summary>The bytes that <see cref="Write"/> would write.</summary>
    public byte[] ToBytes()
    {
        using var bytes = new MemoryStream();
        Writer().Write(bytes);
        return bytes.ToArray();
    }

    private SafetensorsWriter Writer()
    {
        var writer = new SafetensorsWriter();
        foreach (var (key, value) in _metadata)
        {
            writer.AddMetadata(key, value);
        }

        foreach (var (name, tensor) in _tensors)
        {
            if (Precision == Precision.F64)
            {
                writer.Add(name, tensor.Shape, tensor.Values.Span);
            }
            else
            {
                writer.Add(name, tensor.Shape, Array.ConvertAll(tensor.Values.ToArray(), value => (float)value));
            }
        }

        return writer;
    }

    /// <summary>Adds a tensor; its elements are copied.</summary>
    internal void Add<T>(string name, TensorView<T> tensor)
        where T : unmanaged, IScalar<T> => Add(name, tensor, T.ToDouble);

    /// <summary>Adds what is read from a tensor's elements.</summary>
    internal void Add<T>(string name, TensorView<T> tensor, Func<T, double> read)
        where T : unmanaged
    {
        var values = new double[tensor.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = read(tensor.Span[i]);
        }

        _tensors.Add(name, new AnswerTensor(tensor.Shape, values));
    }
}
