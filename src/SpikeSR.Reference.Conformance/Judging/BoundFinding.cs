namespace SpikeSR.Reference.Conformance.Judging;

/// <summary>How the bounds of a case held against scrambled backends (SPEC BND-6).</summary>
/// <param name="Case">The case's name.</param>
/// <param name="Operator">Its operator.</param>
/// <param name="Runs">Scrambled backends.</param>
/// <param name="Failures">Those that did not pass: 0, or a bound is not sound.</param>
/// <param name="WorstRatio">The largest error as a fraction of its bound.</param>
/// <param name="MedianFactor">The median, over the elements whose error was not 0, of bound / (largest error of the runs).</param>
/// <param name="Unbounded">Elements without a bound.</param>
/// <param name="Message">Of the first failure.</param>
public sealed record BoundFinding(string Case, string Operator, int Runs, int Failures, double WorstRatio, double MedianFactor, int Unbounded, string Message);
