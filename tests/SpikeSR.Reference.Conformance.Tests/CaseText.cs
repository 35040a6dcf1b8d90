using SpikeSR.Reference.Serialization;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance;

/// <summary>A case in the making: metadata and tensors that a test changes before it is opened.</summary>
internal sealed class CaseText
{
    public const string FileName = "folder/asked.safetensors";

    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal) { ["schema"] = CaseFile.Schema, ["name"] = "asked" };

    public OrderedDictionary<string, Action<SafetensorsWriter, string>> Tensors { get; } = [];

    /// <summary>A small convolution with gradients: x [1, 2, 3, 4], weight [2, 2, 1, 1], bias [2].</summary>
    public static CaseText Convolution() =>
        new CaseText().Ask("conv2d", """{"stride": 1, "padding": 0, "dilation": 1, "groups": 1}""")
            .Put("in/x", 1, 2, 3, 4).Put("param/weight", 2, 2, 1, 1).Put("param/bias", 2).Put("grad_out/y", 1, 2, 3, 4);

    /// <summary>Patches to match: x [1, 3, 2, 4, 4].</summary>
    public static CaseText Match(bool train) =>
        new CaseText().Ask("match", train ? """{"dim": 2, "train": true}""" : """{"dim": 2}""")
            .Put("in/x", 1, 3, 2, 4, 4).Put("param/norm.weight", 2).Put("param/norm.bias", 2);

    /// <summary>Two steps of two LIF neurons with V_th = 1, from their inputs.</summary>
    public static CaseText Neurons(params ReadOnlySpan<double> x) =>
        new CaseText().Ask("lif", """{"tau": 2.0, "decay_input": false, "v_threshold": 1.0, "v_reset": 0.0, "detach_reset": false, "surrogate": "sigmoid", "alpha": 4.0}""")
            .Put("in/x", new Shape(2, x.Length / 2), x.ToArray());

    public CaseText Ask(string op, string attributes)
    {
        (Metadata["op"], Metadata["attrs"]) = (op, attributes);
        return this;
    }

    /// <summary>Puts a tensor of small different numbers.</summary>
    public CaseText Put(string name, params int[] extents)
    {
        var shape = new Shape(extents);
        return Put(name, shape, [.. Enumerable.Range(0, shape.Length).Select(i => ((i * 7) % 11 / 8.0) - 0.5)]);
    }

    public CaseText Put(string name, Shape shape, double[] values)
    {
        Tensors[name] = (writer, full) => writer.Add(full, shape, values);
        return this;
    }

    public CaseText Remove(string name)
    {
        Assert.True(Tensors.Remove(name) || Metadata.Remove(name));
        return this;
    }

    public byte[] ToBytes()
    {
        var writer = new SafetensorsWriter();
        foreach (var (key, value) in Metadata)
        {
            writer.AddMetadata(key, value);
        }

        foreach (var (name, add) in Tensors)
        {
            add(writer, name);
        }

        using var stream = new MemoryStream();
        writer.Write(stream);
        return stream.ToArray();
    }

    public CaseFile Open() => CaseFile.Open(ToBytes(), FileName);

    /// <summary>The answer in float64, by the definitions.</summary>
    public CaseAnswer Answer() => Answer(EvaluationSettings.Oracle);

    public CaseAnswer Answer(EvaluationSettings settings)
    {
        using var question = Open();
        return CaseEvaluator.Evaluate(question, settings);
    }
}
