namespace SpikeSR.Reference.Conformance.Backends;

/// <summary>
/// Something that answers cases: an engine of this library, a program of any language, a folder of answers made elsewhere, or the variant of a
/// definition. Whatever it does, <see cref="Answer"/> returns: a backend cannot stop a run. Only the one who asks can.
/// </summary>
public interface ICaseBackend
{
    /// <summary>What reports call it.</summary>
    string Name { get; }

    /// <summary>How to ask it again about one case, as a command; <c>ID</c> stands for the case.</summary>
    string Replay { get; }

    /// <summary>Asks it one question.</summary>
    /// <param name="id">The case's name.</param>
    /// <param name="question">The case file.</param>
    /// <param name="cancellation">Asks to give up the question.</param>
    /// <exception cref="OperationCanceledException">It was given up, and nothing that was started for it is left.</exception>
    BackendReply Answer(string id, ReadOnlyMemory<byte> question, CancellationToken cancellation = default);
}
