using System.Globalization;
using System.Net;
using System.Text;
using SpikeSR.Reference.Conformance.Running;

namespace SpikeSR.Reference.Conformance.Reports;

/// <summary>A report as one page that needs nothing beside it.</summary>
public static class HtmlReport
{
    private const string Style =
        """
        body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #222; background: #fff }
        h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem }
        table { border-collapse: collapse } th, td { padding: .15rem .7rem; text-align: right; border-bottom: 1px solid #ddd }
        th:first-child, td:first-child { text-align: left }
        summary { cursor: pointer } pre { white-space: pre-wrap; background: #f6f6f6; padding: .6rem; margin: .3rem 0 1rem }
        .passed { color: #17692b } .failed { color: #b00020; font-weight: 600 } .notjudged { color: #8a5a00 } .debt { color: #666 }
        @media (prefers-color-scheme: dark) { body { color: #ddd; background: #181818 } pre { background: #242424 } th, td { border-color: #444 }
          .passed { color: #6fcf87 } .failed { color: #ff7b8a } .notjudged { color: #e0b050 } .debt { color: #999 } }
        """;

    /// <summary>The page.</summary>
    /// <param name="report">The run.</param>
    public static string Write(RunReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var page = new StringBuilder("<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>")
            .Append(Text($"{report.Backend}: SpikeSR conformance")).Append("</title>\n<style>\n").Append(Style).Append("</style></head>\n<body>\n<h1>")
            .Append(Text(report.Backend)).Append("</h1>\n<p>Profile ").Append(Text(report.Profile)).Append(". ").Append(Text(report.Score())).Append("</p>\n");
        Table(page, report);
        if (report.Diagnoses.Count > 0)
        {
            page.Append("<h2>What reproduces the wrong answers</h2>\n<ul>\n");
            foreach (var diagnosis in report.Diagnoses)
            {
                page.Append("<li><b>").Append(Text(diagnosis.Confusion.Name)).Append("</b> (SPEC ").Append(Text(diagnosis.Confusion.Clause)).Append("): ").Append(Text(diagnosis.Confusion.Mistake))
                    .Append(". ").Append(Text(string.Join(", ", diagnosis.Cases))).Append("</li>\n");
            }

            page.Append("</ul>\n");
        }

        foreach (var line in TerminalReport.Precision(report))
        {
            page.Append("<p>").Append(Text(line)).Append(".</p>\n");
        }

        foreach (var (outcome, title) in new[] { (CaseOutcome.Failed, "Failed"), (CaseOutcome.NotJudged, "Not judged"), (CaseOutcome.Debt, "Debt"), (CaseOutcome.Passed, "Passed") })
        {
            Section(page, title, [.. report.Cases.Where(result => result.Outcome == outcome)]);
        }

        return page.Append("</body>\n</html>\n").ToString();
    }

    private static void Table(StringBuilder page, RunReport report)
    {
        page.Append("<table>\n<tr><th>operator</th><th>passed</th><th>failed</th><th>not judged</th><th>debt</th></tr>\n");
        foreach (var group in report.Cases.GroupBy(result => result.Op))
        {
            page.Append("<tr><td>").Append(Text(group.Key)).Append("</td>");
            foreach (var outcome in Enum.GetValues<CaseOutcome>())
            {
                var count = group.Count(result => result.Outcome == outcome);
                page.Append(CultureInfo.InvariantCulture, $"<td class=\"{(count == 0 ? string.Empty : Class(outcome))}\">{count}</td>");
            }

            page.Append("</tr>\n");
        }

        page.Append("</table>\n");
    }

    private static void Section(StringBuilder page, string title, List<CaseResult> results)
    {
        if (results.Count == 0)
        {
            return;
        }

        page.Append(CultureInfo.InvariantCulture, $"<h2>{title}: {results.Count}</h2>\n");
        foreach (var result in results)
        {
            page.Append(CultureInfo.InvariantCulture, $"<details{(result.Outcome == CaseOutcome.Failed ? " open" : string.Empty)}><summary class=\"{Class(result.Outcome)}\">")
                .Append(Text($"{result.Id}: {result.Cause}")).Append("</summary><pre>").Append(Text(TerminalReport.Case(result))).Append("</pre></details>\n");
        }
    }

    private static string Class(CaseOutcome outcome) => outcome.ToString().ToLowerInvariant();

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
