using System.Diagnostics;
using SpikeSR.Reference.Conformance.Backends;
using SpikeSR.Reference.Conformance.Running;
using SpikeSR.Reference.Serialization;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Kit;

/// <summary>Programs that do everything but answer. They are one-liners of a POSIX shell; where there is none, these tests have nothing to start.</summary>
public sealed class ProcessBackendTests : IDisposable
{
    private const string Case = "relu-one";

    private static readonly BackendLimits Tight = new() { Time = TimeSpan.FromSeconds(20), Disk = 4 << 20, Printed = 1 << 16, Memory = 64 << 20 };

    private readonly string _folder = Directory.CreateTempSubdirectory("spikesr-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("exit 2", ReplyKind.Refused)]
    [InlineData("echo a reason >&2; exit 3", ReplyKind.Crashed)]
    [InlineData("kill -9 $$", ReplyKind.Crashed)]
    [InlineData("exit 0", ReplyKind.WroteNothing)]
    [InlineData("echo no tensors > $2", ReplyKind.Unreadable)]
    [InlineData("while echo line after line; do :; done", ReplyKind.PrintedTooMuch)]
    [InlineData("head -c 20000000000 /dev/zero > $2; sleep 100", ReplyKind.WroteTooMuch)]
    [InlineData("tail /dev/zero", ReplyKind.UsedTooMuchMemory)]
    [InlineData("sleep 100 & exit 0", ReplyKind.LeftAProcess)]
    [InlineData("setsid sleep 100 > /dev/null 2>&1 < /dev/null & exit 0", ReplyKind.LeftAProcess)]
    public void Whatever_a_backend_does_has_a_name(string script, ReplyKind expected) => Assert.Equal(expected, Ask(script, Tight).Kind);

    [Fact]
    public void That_others_keep_the_pool_of_threads_busy_is_not_held_against_it()
    {
        var isOver = new TaskCompletionSource();
        for (var i = 0; i < ThreadPool.ThreadCount + 32; i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(_ => isOver.Task.Wait(), null);
        }

        try
        {
            Assert.Equal(ReplyKind.Refused, Ask("exit 2", Tight).Kind);
        }
        finally
        {
            isOver.SetResult();
        }
    }

    [Fact]
    public void A_crash_is_told_with_its_last_line() => Assert.Equal("exit status 3: a reason", Ask("echo first >&2; echo a reason >&2; exit 3", Tight).Message);

    [Fact]
    public void A_command_that_is_not_there_is_a_verdict_too() =>
        Assert.Equal(ReplyKind.NotStarted, new ProcessBackend(new CommandTemplate("/no/such/backend {case} {out}"), Tight).Answer(Case, new byte[8]).Kind);

    [Fact]
    public void A_run_that_cannot_start_its_backend_says_so_once()
    {
        var backend = new ProcessBackend(new CommandTemplate("/no/such/backend {case} {out}"), Tight);
        var refusal = Assert.Throws<ArgumentException>(() => new ConformanceRun(Suite.Manifest, backend, Capabilities.All, Suite.Single).Run(Suite.Only("relu-one", "relu-long")));
        Assert.StartsWith("the backend cannot be started: ", refusal.Message, StringComparison.Ordinal);
    }

    // A shell that becomes another one a thousand times over is somebody all the time.
    [Fact]
    public void A_process_that_becomes_another_is_not_missed()
    {
        var (script, last) = (Path.Combine(_folder, "again"), Path.Combine(_folder, "last"));
        File.WriteAllText(script, $"[ $1 -gt 0 ] && exec sh $0 $(($1 - 1)); echo > {last}");
        var mark = Guid.NewGuid().ToString("N");
        var start = new ProcessStartInfo("sh", ["-c", $"sh {script} 1000 & echo begun; wait"]) { UseShellExecute = false, RedirectStandardOutput = true };
        start.Environment[ProcessFamily.Variable] = mark;
        using var root = Process.Start(start)!;
        var family = new ProcessFamily(root, mark);
        Assert.Equal("begun", root.StandardOutput.ReadLine());
        while (family.HasOthers())
        {
        }

        Assert.True(File.Exists(last));
    }

    [Fact]
    public void A_hanging_backend_is_ended_with_all_that_it_started()
    {
        var pids = Path.Combine(_folder, "pids");
        var clock = Stopwatch.StartNew();
        var reply = Ask($"echo $$ > {pids}; sleep 100 & echo $! >> {pids}; setsid sh -c \"echo \\$\\$ >> {pids}; sleep 100\" & wait", Tight with { Time = TimeSpan.FromSeconds(0.7) });
        Assert.Equal(ReplyKind.TimedOut, reply.Kind);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60));
        var started = File.ReadAllLines(pids);
        Assert.Equal(3, started.Length);
        Assert.All(started, pid => Assert.False(IsRunning(pid), pid));
    }

    [Fact]
    public void A_question_that_is_given_up_leaves_nothing_behind()
    {
        var (pids, place) = (Path.Combine(_folder, "pids"), Path.Combine(_folder, "place"));
        using var stop = new CancellationTokenSource();
        var backend = new ProcessBackend(Script($"dirname $2 > {place}; sleep 100 & echo $! > {pids}; echo $$ >> {pids}; wait"), Tight with { Time = TimeSpan.FromSeconds(90) });
        var asked = Task.Run(() => backend.Answer(Case, new byte[8], stop.Token));
        while (!File.Exists(pids) || File.ReadAllLines(pids).Length < 2)
        {
            Assert.False(asked.IsCompleted);
            Thread.Sleep(10);
        }

        stop.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => asked.GetAwaiter().GetResult());
        Assert.All(File.ReadAllLines(pids), pid => Assert.False(IsRunning(pid), pid));
        Assert.False(Directory.Exists(File.ReadAllText(place).Trim()));
    }

    [Fact]
    public void Nothing_stays_on_disk()
    {
        var place = Path.Combine(_folder, "place");
        Ask($"dirname $2 > {place}; echo more > $(dirname $2)/more", Tight);
        Assert.False(Directory.Exists(File.ReadAllText(place).Trim()));
    }

    [Fact]
    public void An_answer_comes_through_and_NaN_or_another_shape_in_it_fails()
    {
        using var question = CaseFile.Open(Suite.Case(Case).BuildQuestion(), Case);
        var right = EngineBackend.Evaluate(question, new SpikeSR.Reference.Network.DefinitionBackend<F32>(new Workspace(), Parallelism.Single)).Tensors;
        Assert.Equal(CaseOutcome.Passed, Judge(Write("right", right)).Outcome);
        var nan = new Dictionary<string, AnswerTensor>(right) { ["out/y"] = new(right["out/y"].Shape, new[] { double.NaN }) };
        var result = Judge(Write("nan", nan));
        Assert.Equal((CaseOutcome.Failed, "wrong answer"), (result.Outcome, result.Cause));
        Assert.Equal("out/y", Assert.Single(result.Outputs).Name);
        var shape = new Dictionary<string, AnswerTensor>(right) { ["out/y"] = new(new Shape(1, 2), new[] { 0.5, 0.5 }) };
        Assert.Contains("shape", Judge(Write("shape", shape)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("backend {case}")]
    [InlineData("backend {out}")]
    [InlineData("backend '{case} {out}")]
    public void A_command_without_its_places_is_refused(string text) => Assert.Throws<ArgumentException>(() => new CommandTemplate(text));

    [Fact]
    public void Quotes_keep_words_together() =>
        Assert.Equal(["my backend", "-o=/b c", string.Empty, "it's", "/a"], new CommandTemplate("'my backend' -o={out} '' \"it's\" {case}").Words("/a", "/b c"));

    private static bool IsRunning(string pid)
    {
        // A process that ended and that nobody has waited for is no longer running.
        var status = $"/proc/{pid}/stat";
        return File.Exists(status) && !File.ReadAllText(status).Contains(") Z ", StringComparison.Ordinal);
    }

    private CommandTemplate Script(string script)
    {
        var path = Path.Combine(_folder, "backend.sh");
        File.WriteAllText(path, script + "\n");
        return new CommandTemplate($"sh {path} {{case}} {{out}}");
    }

    private BackendReply Ask(string script, BackendLimits limits) => new ProcessBackend(Script(script), limits).Answer(Case, new byte[8]);

    private CaseResult Judge(string answer) =>
        new ConformanceRun(Suite.Manifest, new ProcessBackend(Script($"cp {answer} $2"), Tight), Capabilities.All, Suite.Single).Ask(Suite.Case(Case));

    private string Write(string name, IReadOnlyDictionary<string, AnswerTensor> tensors)
    {
        var writer = new SafetensorsWriter();
        foreach (var (key, tensor) in tensors)
        {
            writer.Add(key, tensor.Shape, Array.ConvertAll(tensor.Values.ToArray(), value => (float)value));
        }

        var path = Path.Combine(_folder, name);
        writer.Write(path);
        return path;
    }
}
