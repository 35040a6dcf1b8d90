using SpikeSR.Reference.Conformance.Judging;

namespace SpikeSR.Reference.Conformance.Running;

/// <summary>What decides between right and wrong. A run has one, and nothing else in it decides; the tests of the kit put a judge in its place who always passes.</summary>
public interface ICaseJudge
{
    /// <summary>The profile it judges by.</summary>
    Profile Profile { get; }

    /// <summary>Judges an answer.</summary>
    /// <param name="question">The case that was asked.</param>
    /// <param name="answer">What the backend answered.</param>
    CaseVerdict Answer(CaseFile question, BackendAnswer answer);
}
