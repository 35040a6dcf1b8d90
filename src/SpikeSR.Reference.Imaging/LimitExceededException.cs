namespace SpikeSR.Reference.Imaging;

/// <summary>A sound request passes a limit that the caller can raise (<see cref="ImageLimits"/>); nothing is wrong with the file.</summary>
public sealed class LimitExceededException : Exception
{
    /// <summary>Makes the exception.</summary>
    public LimitExceededException()
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="message">One line: the file, what was found, the limit.</param>
    public LimitExceededException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="message">One line: the file, what was found, the limit.</param>
    /// <param name="innerException">The cause.</param>
    public LimitExceededException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
