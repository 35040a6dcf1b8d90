using System.Diagnostics;

namespace SpikeSR.Reference.Conformance.Backends;

/// <summary>Answers that were made anywhere and are judged here: <c>ID.safetensors</c> for each case; <c>ID.refused</c> says that a case was refused.</summary>
/// <param name="folder">The folder.</param>
/// <param name="largestAnswer">The most bytes that a file of it may have.</param>
public sealed class AnswerFolder(string folder, long largestAnswer) : ICaseBackend
{
    /// <inheritdoc/>
    public string Name { get; } = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));

    /// <inheritdoc/>
    public string Replay => $"spikesr conform verify {folder} --cases ID";

    /// <inheritdoc/>
    public BackendReply Answer(string id, ReadOnlyMemory<byte> question, CancellationToken cancellation = default)
    {
        var clock = Stopwatch.StartNew();
        var answer = Path.Combine(folder, id + ".safetensors");
        return (File.Exists(Path.Combine(folder, id + ".refused")), File.Exists(answer)) switch
        {
            (true, true) => new BackendReply(ReplyKind.Crashed, null, "refused, and yet an answer", clock.Elapsed),
            (true, false) => new BackendReply(ReplyKind.Refused, null, "refused", clock.Elapsed),
            _ => AnswerFile.Read(answer, largestAnswer, clock),
        };
    }
}
