namespace SpikeSR.Reference.Conformance.Backends;

/// <summary>What a backend did with a question.</summary>
public enum ReplyKind
{
    /// <summary>It left an answer that can be read; whether it is right is the judge's matter.</summary>
    Answered,

    /// <summary>It said that the question is bad: exit status 2, and no answer.</summary>
    Refused,

    /// <summary>It ended otherwise than with status 0 or 2: an exception, a signal.</summary>
    Crashed,

    /// <summary>It did not end in time.</summary>
    TimedOut,

    /// <summary>It ended with status 0 and left no answer.</summary>
    WroteNothing,

    /// <summary>It left a file that is no safetensors file, or tensors that cannot be read.</summary>
    Unreadable,

    /// <summary>It wrote more to disk than is allowed.</summary>
    WroteTooMuch,

    /// <summary>It printed more than is allowed.</summary>
    PrintedTooMuch,

    /// <summary>It used more memory than is allowed.</summary>
    UsedTooMuchMemory,

    /// <summary>It ended, but left a process running.</summary>
    LeftAProcess,

    /// <summary>It could not be started.</summary>
    NotStarted,
}
