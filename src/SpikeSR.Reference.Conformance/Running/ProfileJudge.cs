using SpikeSR.Reference.Conformance.Judging;

namespace SpikeSR.Reference.Conformance.Running;

/// <summary><see cref="Judge"/> with a profile.</summary>
/// <param name="profile">What backends promise about their arithmetic.</param>
public sealed class ProfileJudge(Profile profile) : ICaseJudge
{
    /// <inheritdoc/>
    public Profile Profile => profile;

    /// <inheritdoc/>
    public CaseVerdict Answer(CaseFile question, BackendAnswer answer) => Judge.Answer(question, answer, profile);
}
