namespace SpikeSR.Reference.Tensors;

/// <summary>What <see cref="ExactMathAccuracy.Measure"/> found about one function over <see cref="float"/>.</summary>
/// <param name="Function">The function.</param>
/// <param name="Arguments">Arguments judged, NaNs and infinities included.</param>
/// <param name="WorstUlps">Largest error in units in the last place of the exact result (of 1 for <see cref="ElementaryFunction.GeluDerivative"/>);
/// infinite where a NaN or an infinity stands or lacks wrongly.</param>
/// <param name="WorstArgument">The argument of the largest error; of several, the one with the smallest bit pattern.</param>
public readonly record struct AccuracyFinding(ElementaryFunction Function, long Arguments, double WorstUlps, float WorstArgument);
