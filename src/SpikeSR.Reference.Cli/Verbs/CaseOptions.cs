using System.CommandLine;
using SpikeSR.Reference.Conformance;

namespace SpikeSR.Reference.Cli.Verbs;

/// <summary>The argument and options of the verbs that evaluate cases.</summary>
internal sealed class CaseOptions
{
    private readonly Argument<string> _path = new("CASE") { Description = "A case file, or a folder of *.safetensors case files." };

    private readonly Option<string> _precision = Options.Choice("--precision", "Scalar to compute in.", ["f64", "f32"]);

    private readonly Option<string> _engine = Options.Choice(
        "--engine", "What computes: the definitions, or the SIMD engine, whose every byte is theirs.", ["definition", "simd"]);

    /// <summary>Adds argument and options to a verb.</summary>
    /// <param name="verb">The verb.</param>
    /// <param name="withPath">Whether it takes a case or a folder of them.</param>
    public CaseOptions(Command verb, bool withPath = true)
    {
        if (withPath)
        {
            verb.Arguments.Add(_path);
        }

        verb.Options.Add(_precision);
        verb.Options.Add(_engine);
        verb.Options.Add(EngineOptions.Threads);
    }

    /// <summary>The case, or the folder of cases.</summary>
    public string Path(ParseResult result) => result.GetRequiredValue(_path);

    /// <summary>Precision, engine and threads.</summary>
    public EvaluationSettings Settings(ParseResult result) =>
        new(result.GetValue(_precision) == "f32" ? Precision.F32 : Precision.F64, result.GetValue(_engine) == "simd" ? EngineKind.Simd : EngineKind.Definition, EngineOptions.ThreadsOf(result));

    /// <summary>Refuses precision, engine and threads beside an option that says that something else computes.</summary>
    /// <param name="other">The option.</param>
    /// <param name="result">What was given.</param>
    /// <exception cref="ArgumentException">Both were given.</exception>
    public void RefuseBeside(Option other, ParseResult result)
    {
        Option[] own = [_precision, _engine, EngineOptions.Threads];
        if (Options.IsGiven(result, other) && own.FirstOrDefault(option => Options.IsGiven(result, option)) is { } given)
        {
            throw new ArgumentException($"{given.Name} is for an engine of this program, {other.Name} for another backend, expected one of them");
        }
    }

    /// <summary>The case files of a folder, by name; or the one file.</summary>
    /// <exception cref="ArgumentException">The path is neither, or the folder holds no case.</exception>
    public static IReadOnlyList<string> Files(string path)
    {
        if (!Directory.Exists(path))
        {
            return File.Exists(path) ? [path] : throw new ArgumentException($"{path}: found nothing, expected a case file or a folder of them");
        }

        var files = Directory.GetFiles(path, "*.safetensors").Order(StringComparer.Ordinal).ToList();
        return files.Count > 0 ? files : throw new ArgumentException($"{path}: found no *.safetensors file, expected at least one case");
    }
}
