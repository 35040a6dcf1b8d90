namespace SpikeSR.Reference.Serialization;

/// <summary>Writing a file so that nobody ever sees half of it: it is written beside, flushed to disk and renamed.</summary>
public static class AtomicFile
{
    private const int RandomDigits = 16;

    // Windows lets nobody else open such a file, and rename it all the same; elsewhere FileShare.None is the exclusive lock.
    private static readonly FileShare Locked = OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None;
    private static readonly Lock s_gate = new();
    private static readonly HashSet<string> s_unfinished = new(StringComparer.Ordinal);

    /// <summary>
    /// Writes a file. The bytes go to <c>.NAME.tmp-RANDOM</c> in the same folder first; when
    /// <paramref name="write"/> or the disk fails, that file is removed and the old one stays as it was.
    /// </summary>
    /// <param name="path">Where the file shall be. A device in /dev is written in place: a rename would replace the device.</param>
    /// <param name="write">Writes the content.</param>
    /// <param name="replace">Whether a file that is there when the content is whole is replaced; otherwise it stays, and this fails.</param>
    /// <exception cref="IOException">The folder is missing, the path is a folder, the disk fails, or there is a file that shall not be replaced.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written.</exception>
    public static void Write(string path, Action<Stream> write, bool replace = true)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        var destination = Path.GetFullPath(path);
        if (Directory.Exists(destination))
        {
            throw new IOException($"{MalformedFileException.Printable(path)} is a folder, so no file can be written there");
        }

        var folder = Path.GetDirectoryName(destination)!;
        if (IsDevice(path))
        {
            using var device = new FileStream(destination, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            write(device);
            return;
        }

        var temporary = Path.Combine(folder, TemporaryStart(Path.GetFileName(destination)) + Guid.NewGuid().ToString("N")[..RandomDigits]);
        try
        {
            WriteBeside(temporary, destination, write, replace);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException && exception.Message.Contains(temporary, StringComparison.Ordinal))
        {
            // The caller knows nothing of the other name.
            var message = exception.Message.Replace(temporary, path, StringComparison.Ordinal);
            throw exception switch
            {
                UnauthorizedAccessException => new UnauthorizedAccessException(message, exception),
                DirectoryNotFoundException => new DirectoryNotFoundException(message, exception),
                _ => new IOException(message, exception),
            };
        }
    }

    /// <summary>Whether a path is that of a device in /dev, standard output for one.</summary>
    /// <param name="path">The path.</param>
    public static bool IsDevice(string path) => Path.GetDirectoryName(Path.GetFullPath(path)) == "/dev";

    /// <summary>
    /// Removes what killed processes have left of these files: <c>.NAME.tmp-RANDOM</c> beside each. A writer that lives holds a lock on its own, which ends with the
    /// process however that ends, so what can be locked has no writer any more. Where the file system does not know locks, nothing is removed.
    /// </summary>
    /// <param name="paths">Files that <see cref="Write"/> has written or will write.</param>
    public static void RemoveRemains(IEnumerable<string> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        foreach (var folder in paths.Select(Path.GetFullPath).GroupBy(path => Path.GetDirectoryName(path)!, path => TemporaryStart(Path.GetFileName(path))))
        {
            if (!Directory.Exists(folder.Key))
            {
                continue;
            }

            var starts = folder.ToHashSet(StringComparer.Ordinal);
            foreach (var file in new DirectoryInfo(folder.Key).EnumerateFiles(".*.tmp-*", new EnumerationOptions { AttributesToSkip = FileAttributes.ReparsePoint }))
            {
                var end = file.Name.Length - RandomDigits;
                if (end > 0 && starts.Contains(file.Name[..end]) && file.Name[end..].All(char.IsAsciiHexDigitLower))
                {
                    RemoveIfAbandoned(file.FullName);
                }
            }
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

    // Names of up to 255 bytes are usual; the cut keeps the temporary name below that where the name itself is near it. Half a character would not be found again.
    private static string TemporaryStart(string name) => $".{name[..Math.Min(name.Length, name.Length > 40 && char.IsHighSurrogate(name[39]) ? 39 : 40)]}.tmp-";

    private static void WriteBeside(string temporary, string destination, Action<Stream> write, bool replace)
    {
        using var stream = Begin(temporary);
        try
        {
            write(stream);
            stream.Flush(flushToDisk: true);
            // Renamed while it is still locked, so that it is never taken for remains.
            Finish(temporary, () => File.Move(temporary, destination, replace));
        }
        catch
        {
            // Closed first: what its buffer holds is written then, and that may fail once more.
            try
            {
                stream.Dispose();
            }
            finally
            {
                Finish(temporary, () => File.Delete(temporary));
            }

            throw;
        }
    }

    private static FileStream Begin(string temporary)
    {
        lock (s_gate)
        {
            while (true)
            {
                var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, Locked);
                // Between its making and its locking somebody else may have removed it as remains.
                if (File.Exists(temporary))
                {
                    s_unfinished.Add(temporary);
                    return stream;
                }

                stream.Dispose();
            }
        }
    }

    private static void RemoveIfAbandoned(string temporary)
    {
        try
        {
            using var held = new FileStream(temporary, FileMode.Open, FileAccess.ReadWrite, Locked);
            if (AreLocksKept(temporary))
            {
                File.Delete(temporary);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It has a writer, or is not ours to remove: either way it is in nobody's way.
        }
    }

    private static bool AreLocksKept(string locked)
    {
        try
        {
            using var second = new FileStream(locked, FileMode.Open, FileAccess.ReadWrite, Locked);
            return false;
        }
        catch (IOException)
        {
            return true;
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
