using SpikeSR.Reference.Conformance.Backends;
using SpikeSR.Reference.Conformance.Judging;
using SpikeSR.Reference.Conformance.Reports;
using SpikeSR.Reference.Conformance.Running;
using SpikeSR.Reference.Serialization;

namespace SpikeSR.Reference.Conformance.Kit;

public sealed class ConformanceRunTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("spikesr-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_run_goes_on_after_every_kind_of_failure()
    {
        var report = new ConformanceRun(Suite.Manifest, new Erratic(), Capabilities.All, Suite.Single).Run(new RunSelection { Operators = ["relu"] });
        Assert.Equal(Suite.Manifest.Cases.Count(golden => golden.Op == "relu"), report.Cases.Count);
        Assert.Contains(report.Cases, result => result.Cause == "timed out");
        Assert.Contains(report.Cases, result => result.Outcome == CaseOutcome.Passed);
        Assert.False(report.IsClean);
    }

    [Fact]
    public void What_must_be_refused_fails_when_it_is_answered()
    {
        var bad = Suite.Manifest.Cases.First(golden => golden.MustBeRefused);
        var result = new ConformanceRun(Suite.Manifest, new Obliging(), Capabilities.All, Suite.Single).Ask(bad);
        Assert.Equal((CaseOutcome.Failed, "answered"), (result.Outcome, result.Cause));
        Assert.Equal(CaseOutcome.Passed, Suite.Run(Suite.Right, bad.Id).Cases[0].Outcome);
    }

    [Fact]
    public void A_sound_question_fails_when_it_is_refused() =>
        Assert.Equal((CaseOutcome.Failed, "refused"), new ConformanceRun(Suite.Manifest, new Unwilling(), Capabilities.All, Suite.Single).Ask(Suite.Case("relu-one")) is var result ? (result.Outcome, result.Cause) : default);

    [Fact]
    public void A_backend_of_coarser_arithmetic_is_told_so_and_called_nothing_else()
    {
        var results = new ConformanceRun(Suite.Manifest, new Coarse(), Capabilities.All, Suite.Single).Run(Suite.Only("conv2d-groups2", "softmax-rows", "layer-norm-tokens", "lif-soft")).Cases;
        Assert.All(results, result => Assert.Equal((CaseOutcome.Failed, "bf16", 0), (result.Outcome, result.Coarser, result.Confusions.Count)));
        Assert.Contains("right by profile bf16", TerminalReport.Case(results[0]), StringComparison.Ordinal);
        Assert.Equal(string.Empty, Suite.Run(Suite.Wrong("TanhGelu"), "gelu-middle").Cases[0].Coarser);
    }

    [Fact]
    public void A_profile_that_says_nothing_of_an_element_makes_no_answer_right()
    {
        // Two values that bf16 may make one: the variance may be 0, and what is divided by its root anything.
        var result = new ConformanceRun(Suite.Manifest, new Coarse(), Capabilities.All, Suite.Single).Ask(Suite.Case("batch-norm-two-values"));
        Assert.Equal((CaseOutcome.Failed, string.Empty), (result.Outcome, result.Coarser));
    }

    [Fact]
    public void A_run_that_is_stopped_reports_what_it_finished()
    {
        using var stop = new CancellationTokenSource();
        var report = new ConformanceRun(Suite.Manifest, Suite.Right, Capabilities.All, Suite.Single).Run(Suite.Only("relu-one", "relu-long", "relu-zeros"), _ => stop.Cancel(), stop.Token);
        Assert.Equal((1, 2), (report.Count(CaseOutcome.Passed), report.NotReached));
        Assert.EndsWith("stopped before the last 2 cases", report.Score(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_command_that_asks_again_repeats_the_options()
    {
        var run = new ConformanceRun(Suite.Manifest, new Unwilling(), Capabilities.All, Suite.Single) { ReplayOptions = " --suite elsewhere" };
        Assert.EndsWith("--profile fp32 --suite elsewhere", run.Ask(Suite.Case("relu-one")).Replay, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_supported_is_debt_and_no_pass()
    {
        var path = Path.Combine(_folder, "capabilities.json");
        File.WriteAllText(path, """{"schema": "spikesr-backend/1", "name": "mine", "operators": ["relu", "gelu"], "gradients": ["gelu"], "unsupported": {"gelu-one": "of a reason"}}""");
        var report = new ConformanceRun(Suite.Manifest, Suite.Right, Capabilities.Load(path), Suite.Single).Run(Suite.Only("relu-one", "gelu-one", "gelu-image", "sigmoid-one"));
        var byId = report.Cases.ToDictionary(result => result.Id);
        Assert.Equal((CaseOutcome.Passed, 1, "gradients"), (byId["relu-one"].Outcome, byId["relu-one"].Level, byId["relu-one"].Debt));
        Assert.Equal((CaseOutcome.Passed, 2, string.Empty), (byId["gelu-image"].Outcome, byId["gelu-image"].Level, byId["gelu-image"].Debt));
        Assert.Equal((CaseOutcome.Debt, "of a reason"), (byId["gelu-one"].Outcome, byId["gelu-one"].Message));
        Assert.Equal(CaseOutcome.Debt, byId["sigmoid-one"].Outcome);
        Assert.Equal(("mine", 2), (report.Backend, report.Asked));
        Assert.StartsWith("2 of 2 passed", report.Score(), StringComparison.Ordinal);
        Assert.Contains("debt: 2 cases not asked, 1 without their gradients", report.Score(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"schema": "spikesr-backend/2"}""")]
    [InlineData("""{"schema": "spikesr-backend/1", "operator": ["relu"]}""")]
    [InlineData("""{"schema": "spikesr-backend/1", "operators": ["relux"]}""")]
    [InlineData("[")]
    public void A_capability_file_with_anything_unknown_in_it_is_refused(string text)
    {
        var path = Path.Combine(_folder, "capabilities.json");
        File.WriteAllText(path, text);
        Assert.Throws<MalformedFileException>(() => Capabilities.Load(path));
    }

    [Fact]
    public void A_case_behind_another_says_so()
    {
        var report = Suite.Run(Suite.Wrong("FiresAboveOnly"), "lif-on-threshold-hard", "lif-hard", "surrogate-sigmoid-ends");
        Assert.All(report.Cases.Where(result => result.Outcome == CaseOutcome.Failed), result => Assert.Empty(result.Behind));
        var refused = new ConformanceRun(Suite.Manifest, new Unwilling(), Capabilities.All, Suite.Single).Run(Suite.Only("relu-both-sides", "relu-one"));
        Assert.Equal(["relu-both-sides"], refused.Cases[^1].Behind);
    }

    [Fact]
    public void A_judge_that_always_passes_is_told_from_the_kit_s()
    {
        foreach (var (confusion, golden) in new[] { ("FiresAboveOnly", "lif-on-threshold-hard"), ("TanhGelu", "gelu-middle"), ("InvertsTau", "lif-tau-large"), ("DropsResetTerm", "lif-one-step") })
        {
            Assert.Equal(CaseOutcome.Failed, new ConformanceRun(Suite.Manifest, Suite.Wrong(confusion), Capabilities.All, Suite.Single).Ask(Suite.Case(golden)).Outcome);
            Assert.Equal(CaseOutcome.Passed, new ConformanceRun(Suite.Manifest, Suite.Wrong(confusion), Capabilities.All, new Lenient()).Ask(Suite.Case(golden)).Outcome);
        }
    }

    [Theory]
    [InlineData("relux", "relu-one")]
    [InlineData("relu", "relu-none*")]
    public void A_selection_of_nothing_is_refused(string op, string name) =>
        Assert.Throws<ArgumentException>(() => new RunSelection { Operators = [op], Cases = [name] }.Of(Suite.Manifest));

    [Fact]
    public void Levels_choose_cases()
    {
        Assert.All(new RunSelection { LowestLevel = 3, HighestLevel = 3 }.Of(Suite.Manifest), golden => Assert.Equal(3, golden.Level));
        Assert.DoesNotContain(new RunSelection { HighestLevel = 1 }.Of(Suite.Manifest), golden => golden.Level > 2);
        Assert.Equal(Suite.Manifest.Cases.Count, new RunSelection().Of(Suite.Manifest).Count);
    }

    private static BackendReply Reply(ReplyKind kind) => new(kind, null, string.Empty, TimeSpan.Zero);

    private sealed class Erratic : ICaseBackend
    {
        private int _next;

        public string Name => "erratic";

        public string Replay => "none";

        public BackendReply Answer(string id, ReadOnlyMemory<byte> question, CancellationToken cancellation = default) =>
            ++_next % 2 == 0 ? Suite.Right.Answer(id, question, cancellation) : Reply((ReplyKind)((_next % 9) + 2));
    }

    private sealed class Unwilling : ICaseBackend
    {
        public string Name => "unwilling";

        public string Replay => "none";

        public BackendReply Answer(string id, ReadOnlyMemory<byte> question, CancellationToken cancellation = default) => Reply(ReplyKind.Refused);
    }

    private sealed class Obliging : ICaseBackend
    {
        public string Name => "obliging";

        public string Replay => "none";

        public BackendReply Answer(string id, ReadOnlyMemory<byte> question, CancellationToken cancellation = default) =>
            new(ReplyKind.Answered, BackendAnswer.Of(new Dictionary<string, AnswerTensor>(StringComparer.Ordinal)), string.Empty, TimeSpan.Zero);
    }

    private sealed class Lenient : ICaseJudge
    {
        public Profile Profile => Suite.Single.Profile;

        public CaseVerdict Answer(CaseFile question, BackendAnswer answer) => new(question.Name, Profile.Name, Outcome.Pass, []);
    }

    private sealed class Coarse : ICaseBackend
    {
        public string Name => "bfloat16";

        public string Replay => string.Empty;

        public BackendReply Answer(string id, ReadOnlyMemory<byte> question, CancellationToken cancellation = default)
        {
            using var file = CaseFile.Open(question, id);
            return new BackendReply(ReplyKind.Answered, Profile.Find("bf16")!.Scramble(file, 0), string.Empty, TimeSpan.Zero);
        }
    }
}
