namespace SpikeSR.Reference.Conformance.Running;

/// <summary>What a run says of a case.</summary>
public enum CaseOutcome
{
    /// <summary>Answered rightly, or rightly refused.</summary>
    Passed,

    /// <summary>Answered wrongly, not answered, or answered where it had to be refused.</summary>
    Failed,

    /// <summary>Answered, and what would be needed to judge the answer was not handed over. Never a pass.</summary>
    NotJudged,

    /// <summary>Not asked: the backend declares that it does not support it.</summary>
    Debt,
}
