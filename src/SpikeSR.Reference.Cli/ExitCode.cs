namespace SpikeSR.Reference.Cli;

/// <summary>What the process ends with.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>A check failed, or training diverged.</summary>
    public const int Failed = 1;

    /// <summary>Bad usage or input.</summary>
    public const int BadInput = 2;

    /// <summary>Partly done: a folder run with failures.</summary>
    public const int Partly = 3;

    /// <summary>A sound request over a limit that the user can raise.</summary>
    public const int OverLimit = 4;

    /// <summary>A mistake in this program.</summary>
    public const int Internal = 5;

    /// <summary>Stopped by Ctrl-C: 128 + SIGINT, as shells count it.</summary>
    public const int Interrupted = 130;
}
