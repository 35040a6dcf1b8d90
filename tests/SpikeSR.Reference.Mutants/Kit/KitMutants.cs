using System.Diagnostics;
using System.Globalization;
using System.Text;
using SpikeSR.Reference.Conformance;
using SpikeSR.Reference.Conformance.Backends;
using SpikeSR.Reference.Conformance.Confusions;
using SpikeSR.Reference.Conformance.Golden;
using SpikeSR.Reference.Conformance.Judging;
using SpikeSR.Reference.Conformance.Running;
using SpikeSR.Reference.Serialization;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Mutants.Kit;

/// <summary>Tries the kit alone: every confusion and every planted fault answers as a process of its own, and the kit has to find it and say which it is.</summary>
internal static class KitMutants
{
    // Of the cases that tell a confusion: enough to tell it from its neighbours, and some that it must pass.
    private const int MostTelling = 3;
    private const int MostOthers = 1;

    // Long enough for a busy machine: a mutant that is only slow must not pass for one that is found out.
    private static readonly BackendLimits Limits = new() { Time = TimeSpan.FromMinutes(2) };

    private static readonly GoldenSet Suite = new(Path.Combine(RepositoryPaths.Root, "golden", "v1"));
    private static readonly ProfileJudge Judge = new(Profile.Find("fp32")!, Suite);

    private static GoldenManifest Manifest => Suite.Manifest;

    // This program as a command, whether it was started by itself or by the dotnet host.
    private static string Self =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? $"'{Environment.ProcessPath}' '{typeof(KitMutants).Assembly.Location}'" : $"'{Environment.ProcessPath}'";

    private static string Examples => Path.Combine(RepositoryPaths.Root, "golden", "examples");

    /// <summary>Answers a case as a confusion does, in float32, with its decisions.</summary>
    public static int Answer(string confusion, string question, string answer)
    {
        try
        {
            using var file = CaseFile.Open(question);
            var writer = new SafetensorsWriter();
            foreach (var (name, tensor) in EngineBackend.Evaluate(file, Confusion.Find(confusion)!.Create<F32>(new Workspace(), Parallelism.Single)).Tensors)
            {
                writer.Add(name, tensor.Shape, Array.ConvertAll(tensor.Values.ToArray(), value => (float)value));
            }

            writer.Write(answer);
            return 0;
        }
        catch (MalformedFileException refusal)
        {
            Console.Error.WriteLine(refusal.Message);
            return 2;
        }
    }

    /// <summary>Tries everything and writes golden/MUTANTS.md.</summary>
    /// <returns>How many survived.</returns>
    public static int Run()
    {
        var folder = Directory.CreateTempSubdirectory("spikesr-mutants-").FullName;
        try
        {
            Func<Row>[] mutants =
            [
                .. Confusion.All.Select(confusion => (Func<Row>)(() => Try(confusion))),
                .. PlantedFault.All.Select((fault, i) => (Func<Row>)(() => Try(fault, Path.Combine(folder, $"{i}")))),
            ];
            var rows = new Row[mutants.Length];
            Parallel.For(0, rows.Length, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, i => rows[i] = Report(mutants[i]()));
            var path = Path.Combine(RepositoryPaths.Root, "golden", "MUTANTS.md");
            File.WriteAllText(path, Table(rows));
            return rows.Count(row => row.Killed is null);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Runs a backend of a planted fault, built in a folder.</summary>
    internal static RunReport Run(PlantedFault fault, string folder, params IReadOnlyList<string> cases)
    {
        var source = Directory.GetFiles(Path.Combine(Examples, fault.Example), "backend.*").Single();
        var text = File.ReadAllText(source);
        if (text.Split(fault.Right).Length != 2)
        {
            throw new InvalidOperationException($"{fault.Mistake}: '{fault.Right}' does not stand once in {source}");
        }

        Directory.CreateDirectory(folder);
        var planted = Path.Combine(folder, Path.GetFileName(source));
        File.WriteAllText(planted, text.Replace(fault.Right, fault.Wrong, StringComparison.Ordinal));
        var backend = new ProcessBackend(new CommandTemplate(Command(fault.Example, planted)), Limits);
        return new ConformanceRun(Manifest, backend, Capabilities.Load(Path.Combine(Examples, fault.Example, "capabilities.json")), Judge).Run(new RunSelection { HighestLevel = 2, Cases = cases });
    }

    private static string Command(string example, string source)
    {
        if (example != "c")
        {
            return $"{(example == "python" ? "/usr/bin/python3" : "node")} '{source}' {{case}} {{out}}";
        }

        var program = Path.ChangeExtension(source, null);
        using var compiler = Process.Start("cc", ["-w", "-O2", source, "-o", program, "-lm"]);
        compiler.WaitForExit();
        return compiler.ExitCode == 0 ? $"'{program}' {{case}} {{out}}" : throw new InvalidOperationException($"{source} does not compile");
    }

    private static Row Try(Confusion confusion)
    {
        var telling = Manifest.Cases.Where(golden => golden.Separates.Contains(confusion.Name)).OrderBy(golden => golden.Level).Take(MostTelling).ToList();
        var ops = telling.Select(golden => golden.Op).ToHashSet(StringComparer.Ordinal);
        var others = Manifest.Cases.Where(golden => ops.Contains(golden.Op) && !golden.Separates.Contains(confusion.Name) && golden.Level <= GoldenCase.BlockLevel).Take(MostOthers);
        var backend = new ProcessBackend(new CommandTemplate($"{Self} answer {confusion.Name} {{case}} {{out}}"), Limits);
        var report = new ConformanceRun(Manifest, backend, Capabilities.All, Judge).Run(new RunSelection { Cases = [.. telling.Concat(others).Select(golden => golden.Id)] });
        return Of(confusion.Name, confusion.Mistake, report, report.Diagnoses is [var first, ..] ? first.Confusion.Name : "none");
    }

    private static Row Try(PlantedFault fault, string folder)
    {
        var report = Run(fault, folder);
        return Of($"{fault.Example} example", fault.Mistake, report, report.Diagnoses is [var first, ..] ? first.Confusion.Name : "none");
    }

    private static Row Of(string name, string mistake, RunReport report, string named)
    {
        var failed = report.Cases.Where(result => result.Outcome == CaseOutcome.Failed).ToList();
        var killer = failed.Find(result => result.Cause != "timed out") ?? failed.FirstOrDefault();
        return new Row(name, mistake, killer is null ? null : $"{killer.Id} ({killer.Cause})", failed.Count, report.Asked, named);
    }

    private static Row Report(Row row)
    {
        Console.Error.WriteLine($"{row.Name}: {row.Killed ?? "SURVIVED"}, {row.Failed} of {row.Asked} cases, named {row.Named}");
        return row;
    }

    private static string Table(Row[] rows)
    {
        var confusions = rows.Take(Confusion.All.Count).ToList();
        var text = new StringBuilder()
            .Append("# Mutants of the kit\n\n")
            .Append("Who judges the judge? Each row is a backend with one mistake, run as a process of its own through the same path as `spikesr conform run --backend`, and judged by the kit alone in profile fp32. ")
            .Append("Confusions are variants of the definitions in float32; they are asked cases that separate them and some that do not. Faults are planted in the text of the foreign examples. ")
            .Append("`dotnet run -c Release --project tests/SpikeSR.Reference.Mutants kit` writes this table (cc, python3 with numpy and node must be there).\n\n")
            .Append(CultureInfo.InvariantCulture, $"{rows.Length} mutants, {rows.Count(row => row.Killed is not null)} killed. Of {confusions.Count} confusions {confusions.Count(row => row.Named == row.Name)} were given their own name.\n\n")
            .Append("| mutant | its mistake | killed by | cases failed | named |\n| --- | --- | --- | --- | --- |\n");
        foreach (var row in rows)
        {
            var named = row.Named == row.Name ? "yes" : row.Named;
            text.Append(CultureInfo.InvariantCulture, $"| {row.Name} | {row.Mistake} | {row.Killed ?? "NOTHING"} | {row.Failed} of {row.Asked} | {named} |\n");
        }

        return text.ToString();
    }

    private sealed record Row(string Name, string Mistake, string? Killed, int Failed, int Asked, string Named);
}
