using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using SpikeSR.Reference.Serialization;

namespace SpikeSR.Reference.Conformance.Backends;

/// <summary>
/// A program that answers one case a run: it reads the file <c>{case}</c>, writes the file <c>{out}</c> and ends with status 0, or with status 2 and
/// no file where the case is bad. Time, disk, printed text and memory are bounded; when it is over, so is everything that it started.
/// </summary>
/// <param name="command">The command line.</param>
/// <param name="limits">What it may take.</param>
public sealed class ProcessBackend(CommandTemplate command, BackendLimits limits) : ICaseBackend
{
    private const int RefusedStatus = 2;

    // How long a process that ended may keep its pipes, and its children may live.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);

    /// <inheritdoc/>
    public string Name => command.Text;

    /// <inheritdoc/>
    public string Replay => $"spikesr conform run --backend \"{command.Text}\" --cases ID";

    /// <inheritdoc/>
    public BackendReply Answer(string id, ReadOnlyMemory<byte> question, CancellationToken cancellation = default)
    {
        var clock = Stopwatch.StartNew();
        var folder = Directory.CreateTempSubdirectory("spikesr-conform-").FullName;
        try
        {
            var (casePath, answerPath) = (Path.Combine(folder, id + ".safetensors"), Path.Combine(folder, "answer.safetensors"));
            File.WriteAllBytes(casePath, question.Span);
            clock.Restart();
            return Run(folder, casePath, answerPath, clock, cancellation);
        }
        finally
        {
            Remove(folder);
        }
    }

    private static long Written(string folder, string casePath)
    {
        try
        {
            return new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Where(file => file.FullName != casePath).Sum(file => file.Exists ? file.Length : 0);
        }
        catch (Exception moving) when (moving is IOException or UnauthorizedAccessException)
        {
            // It is writing there just now: the next look will see it.
            return 0;
        }
    }

    private static void Remove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception held) when (held is IOException or UnauthorizedAccessException)
        {
            // A file that someone else holds open; the system clears its temporary folder.
        }
    }

    private BackendReply Run(string folder, string casePath, string answerPath, Stopwatch clock, CancellationToken cancellation)
    {
        var mark = Guid.NewGuid().ToString("N");
        var words = command.Words(casePath, answerPath);
        var start = new ProcessStartInfo(words[0], words.Skip(1))
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        (start.Environment[ProcessFamily.Variable], start.Environment["TMPDIR"]) = (mark, folder);
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Exception failure) when (failure is Win32Exception or InvalidOperationException)
        {
            return new BackendReply(ReplyKind.NotStarted, null, failure.Message, clock.Elapsed);
        }

        using (process)
        {
            var family = new ProcessFamily(process, mark);
            var (output, error) = (new BoundedText(), new BoundedText());
            Task[] readers = [output.Drain(process.StandardOutput.BaseStream, limits.Printed), error.Drain(process.StandardError.BaseStream, limits.Printed)];
            process.StandardInput.Close();
            var isOver = false;
            try
            {
                var excess = Watch(process, family, folder, casePath, () => output.Length + error.Length, clock, cancellation) ?? Linger(family, readers, () => output.Length + error.Length);
                var elapsed = clock.Elapsed;
                isOver = excess is null;
                if (excess is var (kind, message))
                {
                    return new BackendReply(kind, null, message, elapsed);
                }

                return process.ExitCode switch
                {
                    0 => AnswerFile.Read(answerPath, limits.Disk, clock),
                    RefusedStatus when !File.Exists(answerPath) => new BackendReply(ReplyKind.Refused, null, MalformedFileException.Printable(error.LastLine), elapsed),
                    RefusedStatus => new BackendReply(ReplyKind.Crashed, null, "status 2, and yet an answer", elapsed),
                    var status => new BackendReply(ReplyKind.Crashed, null, Ending(status, error.LastLine), elapsed),
                };
            }
            finally
            {
                if (!isOver)
                {
                    family.Kill();
                }
            }
        }
    }

    // What it took too much of while it ran, or null: it ended by itself.
    private (ReplyKind, string)? Watch(Process process, ProcessFamily family, string folder, string casePath, Func<long> printed, Stopwatch clock, CancellationToken cancellation)
    {
        var look = TimeSpan.Zero;
        while (!process.WaitForExit(Poll))
        {
            cancellation.ThrowIfCancellationRequested();
            if (clock.Elapsed > limits.Time)
            {
                return (ReplyKind.TimedOut, $"still running after {limits.Time.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s");
            }

            if (PrintedTooMuch(printed()) is { } flood)
            {
                return flood;
            }

            if (Written(folder, casePath) is var written && written > limits.Disk)
            {
                return (ReplyKind.WroteTooMuch, $"{written} bytes on disk, at most {limits.Disk} are allowed");
            }

            // Looking at every process of the machine costs more than the other looks.
            if (clock.Elapsed - look > Grace / 4)
            {
                look = clock.Elapsed;
                if (family.Memory() is var memory && memory > limits.Memory)
                {
                    return (ReplyKind.UsedTooMuchMemory, $"{memory} bytes of memory, at most {limits.Memory} are allowed");
                }
            }
        }

        return Written(folder, casePath) is var left && left > limits.Disk ? (ReplyKind.WroteTooMuch, $"{left} bytes on disk, at most {limits.Disk} are allowed") : null;
    }

    // It ended: its pipes must end, too, and nobody of its family may stay.
    private (ReplyKind, string)? Linger(ProcessFamily family, Task[] readers, Func<long> printed)
    {
        var waiting = Stopwatch.StartNew();
        while (!Task.WaitAll(readers, Poll) || family.HasOthers())
        {
            if (PrintedTooMuch(printed()) is { } flood)
            {
                return flood;
            }

            if (waiting.Elapsed > Grace)
            {
                return (ReplyKind.LeftAProcess, "it ended, but a process that it started did not");
            }
        }

        return PrintedTooMuch(printed());
    }

    private (ReplyKind, string)? PrintedTooMuch(long printed) =>
        printed > limits.Printed ? (ReplyKind.PrintedTooMuch, $"it printed more than {limits.Printed} bytes") : null;

    // Shells and .NET count a signal as 128 + its number.
    private static string Ending(int status, string lastLine)
    {
        var ending = status > 128 ? $"ended by signal {status - 128}" : $"exit status {status}";
        return lastLine.Length == 0 ? ending : $"{ending}: {MalformedFileException.Printable(lastLine)}";
    }
}
