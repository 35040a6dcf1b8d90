namespace SpikeSR.Reference.Conformance.Judging;

/// <summary>The tests on bias and variance over a tensor (SPEC JDG-4).</summary>
/// <param name="Samples">Elements that were tested.</param>
/// <param name="Bias">|sum of errors over their deviation| as a fraction of what a right backend passes once in 1e9 tensors.</param>
/// <param name="Variance">Sum of squares, likewise.</param>
public sealed record MomentFinding(int Samples, double Bias, double Variance)
{
    /// <summary>Whether both lie within what rounding can do.</summary>
    public bool IsWithin => Bias <= 1 && Variance <= 1;
}
