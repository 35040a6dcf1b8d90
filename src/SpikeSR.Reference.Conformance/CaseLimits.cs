namespace SpikeSR.Reference.Conformance;

/// <summary>How far an answer may lie from the stored one (SPEC CASE-3).</summary>
/// <param name="Output">For outputs and states: a fraction of the tensor's largest stored magnitude.</param>
/// <param name="Gradient">For gradients, likewise.</param>
/// <param name="AnalyticZero">For a gradient that is zero in exact arithmetic: a fraction of the case's largest stored gradient.</param>
/// <param name="Undecided">A spike may differ where its membrane stands this close to the threshold; negative: nowhere.</param>
public sealed record CaseLimits(double Output, double Gradient, double AnalyticZero, double Undecided)
{
    /// <summary>A gradient tensor whose largest stored magnitude is under this fraction of the case's largest stored gradient is an analytic zero.</summary>
    public const double AnalyticZeroBelow = 1e-12;

    /// <summary>The limits of a precision.</summary>
    /// <param name="precision">What the answer was computed in.</param>
    public static CaseLimits Of(Precision precision) => precision == Precision.F32
        ? new(Output: 2e-5, Gradient: 2e-2, AnalyticZero: 2e-5, Undecided: 1e-5)
        : new(Output: 1e-9, Gradient: 1e-9, AnalyticZero: AnalyticZeroBelow, Undecided: -1);
}
