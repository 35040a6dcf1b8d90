using SpikeSR.Reference.Conformance.Judging;

namespace SpikeSR.Reference.Conformance.Backends;

/// <summary>What came back from a backend for one question.</summary>
/// <param name="Kind">What it did.</param>
/// <param name="Answer">The answer; null unless it answered.</param>
/// <param name="Message">One line about what it did; empty where there is nothing to say.</param>
/// <param name="Elapsed">How long it took.</param>
public sealed record BackendReply(ReplyKind Kind, BackendAnswer? Answer, string Message, TimeSpan Elapsed);
