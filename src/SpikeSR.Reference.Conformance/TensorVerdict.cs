namespace SpikeSR.Reference.Conformance;

/// <summary>How one tensor of an answer compares with the stored one.</summary>
/// <param name="Name">Name in the case file.</param>
/// <param name="Agrees">Whether every element lies within the limit.</param>
/// <param name="Largest">The largest stored magnitude.</param>
/// <param name="Error">The largest difference from the stored elements; infinite where one is a number and the other is not, or the shapes differ.</param>
/// <param name="Limit">The largest difference that is allowed; 0 for spikes.</param>
/// <param name="Note">What else there is to say: the first element beyond the limit with both values, differing shapes, an excuse; empty if nothing.</param>
public sealed record TensorVerdict(string Name, bool Agrees, double Largest, double Error, double Limit, string Note)
{
    /// <summary>The error as a fraction of the largest stored magnitude; 0 where both are 0.</summary>
    public double RelativeError => Error == 0 ? 0 : Error / Largest;
}
