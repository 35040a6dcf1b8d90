namespace SpikeSR.Reference.Conformance.Golden;

/// <summary>The clauses of SPEC.md, read from its text.</summary>
public sealed class SpecificationText
{
    // What case files ask is under these headings; the other clauses are about how, and tests hold them.
    private static readonly string[] Askable = ["Neurons", "Convolution", "Normalisation and activations", "Attention", "Blocks and network"];

    private SpecificationText(IReadOnlyList<SpecificationClause> clauses) => Clauses = clauses;

    /// <summary>The clauses in their order.</summary>
    public IReadOnlyList<SpecificationClause> Clauses { get; }

    /// <summary>Reads the clauses of a file.</summary>
    /// <param name="path">SPEC.md.</param>
    public static SpecificationText Load(string path)
    {
        var (clauses, section) = (new List<SpecificationClause>(), string.Empty);
        foreach (var line in File.ReadLines(path))
        {
            if (line.StartsWith("## ", StringComparison.Ordinal))
            {
                section = line[3..];
            }
            else if (line.StartsWith("### ", StringComparison.Ordinal))
            {
                var words = line[4..].Split(' ', 2);
                clauses.Add(new SpecificationClause(words[0], words[^1], Askable.Contains(section), string.Empty, [], []));
            }
            else if (clauses.Count > 0)
            {
                clauses[^1] = Field(line, "File") is { } file ? clauses[^1] with { File = file }
                    : Field(line, "Cases") is { } cases ? clauses[^1] with { Cases = Names(cases) }
                    : Field(line, "Tests") is { } tests ? clauses[^1] with { Tests = Names(tests) }
                    : clauses[^1];
            }
        }

        return new SpecificationText(clauses);
    }

    private static string? Field(string line, string label) => line.StartsWith($"- {label}: ", StringComparison.Ordinal) ? line[(label.Length + 4)..].Trim() : null;

    private static string[] Names(string line) => line == "none" ? [] : line.Split(", ");
}
