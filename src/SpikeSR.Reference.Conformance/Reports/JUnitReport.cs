using System.Globalization;
using System.Xml.Linq;
using SpikeSR.Reference.Conformance.Running;

namespace SpikeSR.Reference.Conformance.Reports;

/// <summary>A report as JUnit's XML, which continuous-integration servers read: a suite for each operator; what was not judged is an error, debt is skipped.</summary>
public static class JUnitReport
{
    /// <summary>The document.</summary>
    /// <param name="report">The run.</param>
    public static string Write(RunReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var suites = report.Cases.GroupBy(result => result.Op).Select(group => new XElement(
            "testsuite",
            new XAttribute("name", group.Key),
            new XAttribute("tests", group.Count()),
            new XAttribute("failures", group.Count(result => result.Outcome == CaseOutcome.Failed)),
            new XAttribute("errors", group.Count(result => result.Outcome == CaseOutcome.NotJudged)),
            new XAttribute("skipped", group.Count(result => result.Outcome == CaseOutcome.Debt)),
            new XAttribute("time", Seconds(group.Sum(result => result.Seconds))),
            group.Select(Case)));
        var document = new XElement("testsuites", new XAttribute("name", Clean($"{report.Backend}, profile {report.Profile}")), new XAttribute("time", Seconds(report.Seconds)), suites);
        return "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n" + document + "\n";
    }

    private static XElement Case(CaseResult result)
    {
        var element = new XElement("testcase", new XAttribute("name", result.Id), new XAttribute("classname", result.Op), new XAttribute("time", Seconds(result.Seconds)));
        var kind = result.Outcome switch { CaseOutcome.Failed => "failure", CaseOutcome.NotJudged => "error", CaseOutcome.Debt => "skipped", _ => null };
        if (kind is not null)
        {
            element.Add(new XElement(kind, new XAttribute("message", Clean(result.Message.Length == 0 ? result.Cause : $"{result.Cause}: {result.Message}")), Clean(TerminalReport.Case(result))));
        }

        return element;
    }

    private static string Seconds(double seconds) => seconds.ToString("0.000", CultureInfo.InvariantCulture);

    // XML has no place for control characters, and a backend may have printed some.
    private static string Clean(string text) => string.Concat(text.Select(letter => System.Xml.XmlConvert.IsXmlChar(letter) ? letter : '?'));
}
