using SpikeSR.Reference.Conformance.Golden;
using SpikeSR.Reference.Conformance.Judging;

namespace SpikeSR.Reference.Conformance.Running;

/// <summary><see cref="Judge"/> with a profile.</summary>
/// <param name="profile">What backends promise about their arithmetic.</param>
/// <param name="suite">The suite whose stored bounds are used; null: all bounds are found anew.</param>
public sealed class ProfileJudge(Profile profile, GoldenSet? suite = null) : ICaseJudge
{
    /// <inheritdoc/>
    public Profile Profile => profile;

    /// <inheritdoc/>
    public CaseVerdict Answer(CaseFile question, BackendAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(question);
        return Judge.Answer(question, answer, profile, suite?.Bounds.Find(question, profile) ?? Judge.Known(question, profile));
    }
}
