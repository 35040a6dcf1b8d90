using System.Xml.Linq;
using SpikeSR.Reference.Conformance.Reports;
using SpikeSR.Reference.Conformance.Running;

namespace SpikeSR.Reference.Conformance.Kit;

public sealed class ReportTests
{
    private static readonly Lazy<RunReport> Wrong = new(() => Suite.Run(Suite.Wrong("TanhGelu"), "gelu-middle", "gelu-image", "relu-one"));

    [Fact]
    public void A_wrong_answer_is_told_with_its_first_element_its_name_and_how_to_see_it_again()
    {
        var text = TerminalReport.Case(Wrong.Value.Cases[0]);
        Assert.StartsWith("FAIL  gelu-middle: wrong answer", text, StringComparison.Ordinal);
        Assert.Contains("out/y: ", text, StringComparison.Ordinal);
        Assert.Contains("first at [", text, StringComparison.Ordinal);
        Assert.Contains("bound ", text, StringComparison.Ordinal);
        Assert.Contains("SPEC GELU-1", text, StringComparison.Ordinal);
        Assert.Contains("again: ", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_report_comes_back_from_JSON_as_it_was()
    {
        var path = Path.GetTempFileName();
        Wrong.Value.Save(path);
        var back = RunReport.Load(path);
        File.Delete(path);
        Assert.Equal(TerminalReport.Summary(Wrong.Value), TerminalReport.Summary(back));
        Assert.Equal(Wrong.Value.Cases.Select(TerminalReport.Case), back.Cases.Select(TerminalReport.Case));
    }

    [Fact]
    public void The_end_counts_what_lacks_nothing_but_precision()
    {
        var coarse = Wrong.Value with { Cases = [.. Wrong.Value.Cases.Select(result => result with { Coarser = result.Op == "gelu" ? "tf32" : string.Empty })] };
        Assert.EndsWith("2 wrong answers are right by profile tf32", TerminalReport.Summary(coarse), StringComparison.Ordinal);
        Assert.Contains("2 wrong answers are right by profile tf32", HtmlReport.Write(coarse), StringComparison.Ordinal);
        Assert.DoesNotContain("right by profile", TerminalReport.Summary(Wrong.Value), StringComparison.Ordinal);
    }

    [Fact]
    public void What_passed_without_being_judged_is_counted()
    {
        var report = Suite.Run(Suite.Right, "batch-norm-large-mean", "batch-norm-train");
        Assert.EndsWith("258 elements without a bound)", TerminalReport.Case(report.Cases.Single(result => result.Id == "batch-norm-large-mean")), StringComparison.Ordinal);
        Assert.EndsWith("258 elements of what passed have no bound in profile fp32: batch-norm-large-mean", TerminalReport.Summary(report), StringComparison.Ordinal);
    }

    [Fact]
    public void JUnit_counts_failures_by_operator()
    {
        var suites = XDocument.Parse(JUnitReport.Write(Wrong.Value)).Root!.Elements("testsuite").ToDictionary(suite => (string)suite.Attribute("name")!);
        Assert.Equal(("2", "2"), ((string)suites["gelu"].Attribute("tests")!, (string)suites["gelu"].Attribute("failures")!));
        Assert.Equal(("1", "0"), ((string)suites["relu"].Attribute("tests")!, (string)suites["relu"].Attribute("failures")!));
    }

    [Fact]
    public void The_page_needs_nothing_beside_it_and_hides_nothing_in_markup()
    {
        var page = HtmlReport.Write(Wrong.Value with { Backend = "a<script>b" });
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.DoesNotContain("http", page, StringComparison.Ordinal);
        Assert.Contains("a&lt;script&gt;b", page, StringComparison.Ordinal);
        Assert.All(Wrong.Value.Cases, result => Assert.Contains(result.Id, page, StringComparison.Ordinal));
    }
}
