using SpikeSR.Reference.Serialization;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Judging;

/// <summary>What a backend answered: outputs, gradients, states and decisions by their names in answer files.</summary>
public sealed class BackendAnswer
{
    private BackendAnswer(Dictionary<string, AnswerTensor> tensors) => Tensors = tensors;

    /// <summary>The tensors by their full names.</summary>
    public IReadOnlyDictionary<string, AnswerTensor> Tensors { get; }

    /// <summary>Reads an answer file. Metadata, and tensors that are no answers (a question left in), are ignored.</summary>
    /// <param name="path">A safetensors file.</param>
    /// <exception cref="MalformedFileException">It is none, or a tensor has more than six axes.</exception>
    /// <exception cref="IOException">It is missing or cannot be read.</exception>
    public static BackendAnswer Open(string path)
    {
        using var file = SafetensorsFile.Open(path);
        return Of(file);
    }

    /// <summary>Reads an answer file that lies in memory.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <exception cref="MalformedFileException">As <see cref="Open(string)"/>.</exception>
    public static BackendAnswer Open(ReadOnlyMemory<byte> bytes, string name)
    {
        using var file = SafetensorsFile.Open(bytes, name);
        return Of(file);
    }

    /// <summary>The answer of an evaluation in this process, without decisions.</summary>
    /// <param name="answer">From <see cref="CaseEvaluator"/>.</param>
    public static BackendAnswer Of(CaseAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        return new(new(answer.Tensors, StringComparer.Ordinal));
    }

    /// <summary>An answer from its tensors.</summary>
    /// <param name="tensors">By their full names, decisions included.</param>
    public static BackendAnswer Of(IReadOnlyDictionary<string, AnswerTensor> tensors) => new(new(tensors, StringComparer.Ordinal));

    private static BackendAnswer Of(SafetensorsFile file)
    {
        var tensors = new Dictionary<string, AnswerTensor>(StringComparer.Ordinal);
        foreach (var (name, stored) in file.Tensors)
        {
            if (CaseTensorNames.IsAnswer(name) || CaseTensorNames.IsDecision(name))
            {
                tensors.Add(name, new AnswerTensor(stored.ToShape(), stored.ToDoubles()));
            }
        }

        return new BackendAnswer(tensors);
    }
}
