using System.Numerics;
using SpikeSR.Reference.Conformance.Judging;
using SpikeSR.Reference.Serialization;

namespace SpikeSR.Reference.Conformance.Golden;

/// <summary>
/// The bounds that stand beside a suite's cases (SPEC KIT-6), for a judge in any language: of every answer tensor a tensor of its name, in float32, rounded up; of
/// decisions <c>decision/NAME</c>, what the definitions decide, <c>margin/NAME</c>, how far that is from another decision, rounded towards 0, and <c>bound/NAME</c>.
/// </summary>
/// <param name="suite">The cases.</param>
/// <param name="folder">The folder of the bounds.</param>
internal sealed class GoldenBounds(GoldenManifest suite, string folder)
{
    /// <summary>The profile whose bounds are stored; those of others are found when they are needed.</summary>
    public static readonly Profile Stored = Profile.Find("fp32")!;

    private const string Schema = "spikesr-bounds/1";
    private const string Decision = "decision/";
    private const string Margin = "margin/";
    private const string Bound = "bound/";

    private readonly Dictionary<string, GoldenCase> _cases = suite.Cases.ToDictionary(golden => golden.Id, StringComparer.Ordinal);

    /// <summary>Where the bounds of a case stand.</summary>
    /// <param name="id">The case.</param>
    public string Path(string id) => System.IO.Path.Combine(folder, Stored.Name, id + ".safetensors");

    /// <summary>Finds the bounds of a case anew, as the file that holds them.</summary>
    /// <param name="question">Its question.</param>
    public static byte[] Build(CaseFile question)
    {
        var certified = Judge.Known(question, Stored);
        var writer = new SafetensorsWriter();
        writer.AddMetadata("name", question.Name);
        writer.AddMetadata("profile", Stored.Name);
        writer.AddMetadata("schema", Schema);
        foreach (var (name, bound) in certified.Bounds.Where(bound => certified.Calls.All(call => call.Name != bound.Key)))
        {
            writer.Add(name, bound.Shape, Array.ConvertAll(bound.Values.ToArray(), RoundUp));
        }

        foreach (var call in certified.Calls)
        {
            var decisions = Enumerable.Range(0, call.Shape.Length).Select(stored => call[stored]).ToArray();
            writer.Add(Decision + call.Name, call.Shape, Array.ConvertAll(decisions, decision => decision.Own));
            writer.Add(Margin + call.Name, call.Shape, Array.ConvertAll(decisions, decision => RoundToZero(decision.Margin)));
            writer.Add(Bound + call.Name, call.Shape, Array.ConvertAll(decisions, decision => RoundUp(decision.Bound)));
        }

        using var bytes = new MemoryStream();
        writer.Write(bytes);
        return bytes.ToArray();
    }

    /// <summary>The definitions' answer to a question of the suite with its stored bounds; null where none are stored.</summary>
    /// <param name="question">The question, with or without its gradients.</param>
    /// <param name="profile">The profile.</param>
    /// <exception cref="MalformedFileException">The file is not the one that the manifest names.</exception>
    public CertifiedAnswer? Find(CaseFile question, Profile profile)
    {
        if (profile != Stored || !_cases.TryGetValue(question.Name, out var golden) || golden.BoundsSha256 is not { } expected)
        {
            return null;
        }

        var path = Path(golden.Id);
        var bytes = File.ReadAllBytes(path);
        if (GoldenCase.Sha256(bytes) is var digest && digest != expected)
        {
            throw new MalformedFileException(path, "SHA-256", digest, $"{expected}, as the manifest says: 'spikesr golden build' finds the bounds anew");
        }

        using var file = SafetensorsFile.Open(bytes, path);
        var values = CaseEvaluator.Evaluate(question, EvaluationSettings.Oracle).Tensors;
        var calls = file.Tensors.Keys.Where(name => name.StartsWith(Decision, StringComparison.Ordinal)).Select(name => Call(file, name[Decision.Length..])).ToList();
        var bounds = values.Where(value => calls.TrueForAll(call => call.Name != value.Key)).ToDictionary(value => value.Key, value => Tensor(file, value.Key));
        return new CertifiedAnswer(values, bounds, calls);
    }

    private static AnswerTensor Tensor(SafetensorsFile file, string name) => file.Tensors.TryGetValue(name, out var stored)
        ? new AnswerTensor(stored.ToShape(), stored.ToDoubles())
        : throw new MalformedFileException(file.Name, $"tensor '{name}'", "nothing", "the bounds of every answer");

    private static DecisionCall Call(SafetensorsFile file, string name)
    {
        var (own, margins, bounds) = (Tensor(file, Decision + name), Tensor(file, Margin + name), Tensor(file, Bound + name));
        var call = new DecisionCall(name, own.Shape, name.StartsWith(CaseTensorNames.Match, StringComparison.Ordinal) ? own.Shape[-1] : 2, isImage: false);
        for (var i = 0; i < own.Values.Length; i++)
        {
            call[i] = ((int)own.Values.Span[i], margins.Values.Span[i], bounds.Values.Span[i]);
        }

        return call;
    }

    private static float RoundUp(double value) => (float)value is var nearest && nearest < value ? float.BitIncrement(nearest) : nearest;

    private static float RoundToZero(double value)
    {
        var nearest = (float)Math.Abs(value);
        return float.CopySign(nearest > Math.Abs(value) ? float.BitDecrement(nearest) : nearest, (float)value);
    }
}
