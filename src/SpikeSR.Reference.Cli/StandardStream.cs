using Microsoft.Win32.SafeHandles;

namespace SpikeSR.Reference.Cli;

/// <summary>
/// Standard output or standard error, where it may be closed or full. What is lost of standard output is an error that names it; what is lost of standard error
/// was progress or a complaint, for which work is not given up and of which nobody is left to be told.
/// </summary>
/// <param name="stream">The stream of the process.</param>
/// <param name="name">Its name; null where losses do not matter.</param>
internal sealed class StandardStream(Stream stream, string? name) : Stream
{
    private const string Nothing = "/dev/null";
    private const int LastStandardDescriptor = 2;
    private static readonly List<SafeFileHandle> s_occupied = [];

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Has the console write through streams of this kind.</summary>
    public static void Install()
    {
        OccupyClosed();
        Console.SetOut(Writer(Console.OpenStandardOutput(), "standard output"));
        Console.SetError(Writer(Console.OpenStandardError(), null));
    }

    public override void Flush() => Attempt(stream.Flush);

    public override void Write(byte[] buffer, int offset, int count) => Attempt(() => stream.Write(buffer, offset, count));

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    // Else a descriptor that is closed is that of the next file, and what is meant for standard error stands in an output. Open for reading, so that a loss is noticed.
    private static void OccupyClosed()
    {
        while (!OperatingSystem.IsWindows() && File.Exists(Nothing))
        {
            var handle = File.OpenHandle(Nothing, share: FileShare.ReadWrite);
            if (handle.DangerousGetHandle() > LastStandardDescriptor)
            {
                handle.Dispose();
                return;
            }

            s_occupied.Add(handle);
        }
    }

    private static StreamWriter Writer(Stream stream, string? name) => new StreamWriter(new StandardStream(stream, name), Console.Out.Encoding) { AutoFlush = true };

    private void Attempt(Action write)
    {
        try
        {
            write();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            if (name is not null)
            {
                throw new IOException($"{name}: {failure.Message}", failure);
            }
        }
    }
}
