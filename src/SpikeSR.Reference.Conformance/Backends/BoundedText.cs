using System.Text;

namespace SpikeSR.Reference.Conformance.Backends;

/// <summary>What a process prints: counted to the end, kept at its end only.</summary>
internal sealed class BoundedText
{
    private const int Kept = 2048;

    private readonly Lock _gate = new();
    private readonly StringBuilder _tail = new();
    private long _length;

    /// <summary>How many bytes came.</summary>
    public long Length => Interlocked.Read(ref _length);

    /// <summary>The last line that is not empty, or an empty text.</summary>
    public string LastLine
    {
        get
        {
            lock (_gate)
            {
                return _tail.ToString().Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).LastOrDefault() ?? string.Empty;
            }
        }
    }

    /// <summary>
    /// Reads a stream to its end, or until more came than the limit; a stream that is closed meanwhile has ended. It does so on a thread of its own: behind others in a
    /// busy pool the end would be seen late, as if someone held the stream.
    /// </summary>
    /// <param name="stream">The process's end.</param>
    /// <param name="limit">When to stop.</param>
    public Task Drain(Stream stream, long limit) =>
        Task.Factory.StartNew(() => Read(stream, limit), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void Read(Stream stream, long limit)
    {
        var buffer = new byte[1 << 14];
        try
        {
            while (Length <= limit && stream.Read(buffer) is > 0 and var count)
            {
                Interlocked.Add(ref _length, count);
                lock (_gate)
                {
                    _tail.Append(Encoding.UTF8.GetString(buffer.AsSpan(Math.Max(0, count - Kept), Math.Min(count, Kept))));
                    _tail.Remove(0, Math.Max(0, _tail.Length - Kept));
                }
            }
        }
        catch (Exception closed) when (closed is IOException or ObjectDisposedException or OperationCanceledException)
        {
        }
    }
}
