using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace SpikeSR.Reference.Conformance.Backends;

/// <summary>
/// A process and all that it started, whether or not they are still its children: on Linux they are known by a mark in the environment, which
/// children inherit even where they leave their parent, its session and its group. Elsewhere the tree of parents has to do.
/// </summary>
/// <param name="root">The process that was started with the mark.</param>
/// <param name="mark">A text that stands in no other process's environment.</param>
internal sealed class ProcessFamily(Process root, string mark)
{
    /// <summary>The environment variable of the mark.</summary>
    public const string Variable = "SPIKESR_CONFORM_CASE";

    // Times that a process without an environment is asked again, a millisecond apart.
    private const int Patience = 5;

    // Bytes of an environment that are read at once.
    private const int MostAtOnce = 1 << 16;

    private readonly byte[] _entry = Encoding.ASCII.GetBytes($"{Variable}={mark}\0");

    /// <summary>Whether anyone of the family but the root still runs.</summary>
    public bool HasOthers() => Others().Any();

    /// <summary>Bytes of memory that the family holds.</summary>
    public long Memory()
    {
        var sum = 0L;
        foreach (var id in Others().Append(root.Id))
        {
            sum += Ask(id, process => process.WorkingSet64);
        }

        return sum;
    }

    /// <summary>Ends everyone. A process that forks meanwhile is found on the next round.</summary>
    public void Kill()
    {
        Try(() => root.Kill(entireProcessTree: true));
        const int Rounds = 50;
        for (var round = 0; round < Rounds; round++)
        {
            var others = Others().ToList();
            if (others.Count == 0)
            {
                return;
            }

            foreach (var id in others)
            {
                Ask(id, process =>
                {
                    process.Kill();
                    return 0;
                });
            }

            Thread.Sleep(round);
        }
    }

    private static long Ask(int id, Func<Process, long> question)
    {
        var answer = 0L;
        Try(() =>
        {
            using var process = Process.GetProcessById(id);
            answer = question(process);
        });
        return answer;
    }

    // It may end at any moment, or never have been ours to touch.
    private static void Try(Action action)
    {
        try
        {
            action();
        }
        catch (Exception gone) when (gone is InvalidOperationException or ArgumentException or Win32Exception or AggregateException or NotSupportedException)
        {
        }
    }

    private IEnumerable<int> Others()
    {
        if (!OperatingSystem.IsLinux())
        {
            yield break;
        }

        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), out var id) && id != root.Id && id != Environment.ProcessId && IsMarked(folder))
            {
                yield return id;
            }
        }
    }

    // The environment of a process that has ended, a zombie too, is empty; and so it is for an instant where a process becomes another program: then it is asked again.
    private bool IsMarked(string folder)
    {
        try
        {
            var environment = EnvironmentOf(folder);
            for (var asked = 0; environment.IsEmpty && asked < Patience && HasProgram(folder); asked++)
            {
                Thread.Sleep(1);
                environment = EnvironmentOf(folder);
            }

            return environment.IndexOf(_entry) >= 0;
        }
        catch (Exception hidden) when (hidden is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    // In one piece wherever it fits: between two reads the process may become another program, and the rest would be missing.
    private static ReadOnlySpan<byte> EnvironmentOf(string folder)
    {
        using var file = File.OpenHandle(Path.Combine(folder, "environ"));
        var (bytes, length) = (new byte[MostAtOnce], 0);
        while (RandomAccess.Read(file, bytes.AsSpan(length), length) is var more and > 0)
        {
            length += more;
            if (length == bytes.Length)
            {
                Array.Resize(ref bytes, length + MostAtOnce);
            }
        }

        return bytes.AsSpan(0, length);
    }

    // Of /proc/.../stat, behind the name in brackets: the state comes first, the flags seventh. The kernel's own threads have no program, and a zombie has none any more.
    private static bool HasProgram(string folder)
    {
        const uint KernelThread = 0x00200000;
        var stat = File.ReadAllText(Path.Combine(folder, "stat"));
        return stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries) is [not ("Z" or "X"), _, _, _, _, _, var flags, ..]
            && (uint.Parse(flags, CultureInfo.InvariantCulture) & KernelThread) == 0;
    }
}
