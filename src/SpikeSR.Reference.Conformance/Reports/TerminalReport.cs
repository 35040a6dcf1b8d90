using System.Globalization;
using System.Text;
using SpikeSR.Reference.Conformance.Judging;
using SpikeSR.Reference.Conformance.Running;
using SpikeSR.Reference.Serialization;

namespace SpikeSR.Reference.Conformance.Reports;

/// <summary>A report as lines of text.</summary>
public static class TerminalReport
{
    /// <summary>One case: its outcome, and where it is no pass the reason, what reproduces it and how to ask it again.</summary>
    /// <param name="result">The finding.</param>
    public static string Case(CaseResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        var text = new StringBuilder($"{Word(result.Outcome)}  {result.Id}");
        if (result.Outcome == CaseOutcome.Passed)
        {
            return text.Append(Open(result)).ToString();
        }

        text.Append(CultureInfo.InvariantCulture, $": {result.Cause}{(result.Message.Length == 0 || result.Outputs.Count > 0 ? string.Empty : $": {MalformedFileException.Printable(result.Message)}")}");
        if (result.Outcome == CaseOutcome.Debt)
        {
            return text.ToString();
        }

        foreach (var output in result.Outputs)
        {
            Line(text, $"{output.Name}: {Describe(output)}");
        }

        foreach (var confusion in result.Confusions)
        {
            var verb = !confusion.Reproduces ? "nearest is" : confusion.OutputsOnly ? "outputs reproduced by" : "reproduced by";
            Line(text, $"{verb} {confusion.Name}: {confusion.Mistake} ({confusion.Agreeing} of {confusion.Elements} elements agree; SPEC {confusion.Clause})");
        }

        if (result.Coarser.Length > 0)
        {
            Line(text, $"right by profile {result.Coarser}: perhaps no wrong meaning, but less precision than was promised");
        }

        if (result.Behind.Count > 0)
        {
            Line(text, $"behind {string.Join(", ", result.Behind)}, which asks for less and failed as well");
        }

        Line(text, $"SPEC {string.Join(", ", result.Clauses)}: {result.Why}");
        Line(text, $"again: {result.Replay}");
        return text.ToString();
    }

    /// <summary>What the whole run comes to.</summary>
    /// <param name="report">The run.</param>
    public static string Summary(RunReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var text = new StringBuilder($"{report.Backend}, profile {report.Profile}: {report.Score()}");
        foreach (var diagnosis in report.Diagnoses)
        {
            Line(text, $"{diagnosis.Confusion.Name} (SPEC {diagnosis.Confusion.Clause}): {diagnosis.Confusion.Mistake}; reproduces {diagnosis.Cases.Count} wrong answers");
        }

        foreach (var line in Precision(report))
        {
            Line(text, line);
        }

        return text.ToString();
    }

    /// <summary>How many wrong answers lack nothing but precision, and how much of what passed has no bound in the profile.</summary>
    /// <param name="report">The run.</param>
    internal static IEnumerable<string> Precision(RunReport report)
    {
        var coarser = report.Cases.Where(result => result.Coarser.Length > 0).GroupBy(result => result.Coarser).Select(group => $"{group.Count()} wrong answers are right by profile {group.Key}");
        var open = report.Cases.Where(result => result.Outcome == CaseOutcome.Passed && result.Unbounded > 0).ToList();
        return open.Count == 0 ? coarser : coarser.Append($"{open.Sum(result => result.Unbounded)} elements of what passed have no bound in profile {report.Profile}: {string.Join(", ", open.Select(result => result.Id))}");
    }

    /// <summary>What is wrong with an output, with the first element that is.</summary>
    /// <param name="output">The verdict on it.</param>
    internal static string Describe(OutputVerdict output) => output.FirstIndex.Count == 0
        ? output.Message
        : $"{output.Message}; first at [{string.Join(", ", output.FirstIndex)}]: {output.Actual:r}, expected {output.Expected:r}, bound {output.Bound:0.0e+0}"
            + (output.Margin == 0 ? string.Empty : $", margin {output.Margin:0.0e+0}");

    // What a pass leaves open.
    private static string Open(CaseResult result)
    {
        var counts = new List<string>();
        if (result.Ambiguous > 0)
        {
            counts.Add($"{result.Ambiguous} decisions within rounding");
        }

        if (result.Unbounded > 0)
        {
            counts.Add($"{result.Unbounded} elements without a bound");
        }

        return counts.Count == 0 ? string.Empty : $"  ({string.Join(", ", counts)})";
    }

    private static string Word(CaseOutcome outcome) => outcome switch
    {
        CaseOutcome.Passed => "pass",
        CaseOutcome.Failed => "FAIL",
        CaseOutcome.Debt => "debt",
        _ => "open",
    };

    private static void Line(StringBuilder text, string line) => text.Append(CultureInfo.InvariantCulture, $"\n      {line}");
}
