using System.Diagnostics;
using SpikeSR.Reference.Conformance.Judging;
using SpikeSR.Reference.Serialization;

namespace SpikeSR.Reference.Conformance.Backends;

/// <summary>A file that a backend left, or did not leave.</summary>
internal static class AnswerFile
{
    /// <summary>Reads it; whatever is in it, this returns.</summary>
    /// <param name="path">Where it should be.</param>
    /// <param name="largest">The most bytes it may have.</param>
    /// <param name="clock">Since when the backend ran.</param>
    public static BackendReply Read(string path, long largest, Stopwatch clock)
    {
        try
        {
            if (!File.Exists(path))
            {
                return new BackendReply(ReplyKind.WroteNothing, null, "no answer file", clock.Elapsed);
            }

            return PlainFile.Check(path) is var length && length > largest
                ? new BackendReply(ReplyKind.WroteTooMuch, null, $"an answer of {length} bytes, at most {largest} are allowed", clock.Elapsed)
                : new BackendReply(ReplyKind.Answered, BackendAnswer.Open(File.ReadAllBytes(path), Path.GetFileName(path)), string.Empty, clock.Elapsed);
        }
        catch (Exception failure) when (failure is MalformedFileException or IOException or UnauthorizedAccessException)
        {
            return new BackendReply(ReplyKind.Unreadable, null, failure.Message, clock.Elapsed);
        }
    }
}
