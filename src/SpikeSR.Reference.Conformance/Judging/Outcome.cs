namespace SpikeSR.Reference.Conformance.Judging;

/// <summary>What was found of an answer or of one of its tensors.</summary>
public enum Outcome
{
    /// <summary>Everything lies in its bound, and every decisive decision is right.</summary>
    Pass,

    /// <summary>Rounding cannot explain it.</summary>
    Fail,

    /// <summary>It cannot be judged: the answer lacks the decisions that it rests on, or nothing can be said within the profile.</summary>
    NotJudged,
}
