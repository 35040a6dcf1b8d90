using System.Security.Cryptography;

namespace SpikeSR.Reference.Serialization;

/// <summary>Writing a file so that nobody ever sees half of it: it is written beside, flushed to disk and renamed.</summary>
public static class AtomicFile
{
    private static readonly Lock s_gate = new();
    private static readonly HashSet<string> s_unfinished = new(StringComparer.Ordinal);

    /// <summary>
    /// Writes a file, replacing any that is there. The bytes go to <c>.NAME.tmp-RANDOM</c> in the same folder first; when
    /// <paramref name="write"/> or the disk fails, that file is removed and the old one stays as it was.
    /// </summary>
    /// <param name="path">Where the file shall be. A device in /dev is written in place: a rename would replace the device.</param>
    /// <param name="write">Writes the content.</param>
    /// <exception cref="IOException">The folder is missing, the path is a folder, or the disk fails.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        var destination = Path.GetFullPath(path);
        if (Directory.Exists(destination))
        {
            throw new IOException($"{MalformedFileException.Printable(path)} is a folder, so no file can be written there");
        }

        var folder = Path.GetDirectoryName(destination)!;
        if (folder == "/dev")
        {
            using var device = new FileStream(destination, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            write(device);
            return;
        }

        var name = Path.GetFileName(destination);
        var random = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        // Names of up to 255 bytes are usual; the cut keeps the temporary name below that where the name itself is near it.
        var temporary = Path.Combine(folder, $".{name[..Math.Min(name.Length, 40)]}.tmp-{random}");
        try
        {
            using (var stream = Begin(temporary))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            Finish(temporary, () => File.Move(temporary, destination, overwrite: true));
        }
        catch
        {
            Finish(temporary, () => File.Delete(temporary));
            throw;
        }
    }

    /// <summary>
    /// Removes everything that is half written, and keeps every write from beginning or finishing from then on: for a process that is about to end,
    /// because it was told to by a signal.
    /// </summary>
    public static void AbandonAll()
    {
        // Never let go: what is being written must not be renamed, nor anything else begun, before the process ends.
        s_gate.Enter();
        foreach (var temporary in s_unfinished)
        {
            File.Delete(temporary);
        }
    }

    private static FileStream Begin(string temporary)
    {
        lock (s_gate)
        {
            var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None);
            s_unfinished.Add(temporary);
            return stream;
        }
    }

    private static void Finish(string temporary, Action finish)
    {
        lock (s_gate)
        {
            finish();
            s_unfinished.Remove(temporary);
        }
    }
}
