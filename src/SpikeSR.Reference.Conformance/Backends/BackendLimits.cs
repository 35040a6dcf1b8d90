namespace SpikeSR.Reference.Conformance.Backends;

/// <summary>How much of this machine a backend's process may take for one case.</summary>
public sealed record BackendLimits
{
    /// <summary>How long it may run.</summary>
    public TimeSpan Time { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The most bytes it may write, to its answer and beside it.</summary>
    public long Disk { get; init; } = 64L << 20;

    /// <summary>The most bytes it may print on standard output and standard error together.</summary>
    public long Printed { get; init; } = 1L << 20;

    /// <summary>The most bytes of memory that it and its children may hold at once.</summary>
    public long Memory { get; init; } = 16L << 30;
}
