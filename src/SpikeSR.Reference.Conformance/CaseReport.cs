namespace SpikeSR.Reference.Conformance;

/// <summary>How an answer compares with the stored one, tensor by tensor.</summary>
/// <param name="Path">The case.</param>
/// <param name="Tensors">One verdict for every tensor that either of the two holds.</param>
/// <param name="Excuse">Why differences are allowed all the same: float32 took other decisions within rounding; null: they are not.</param>
public sealed record CaseReport(string Path, IReadOnlyList<TensorVerdict> Tensors, string? Excuse)
{
    /// <summary>Whether the answer may be called right.</summary>
    public bool Agrees => Excuse is not null || Tensors.All(tensor => tensor.Agrees);
}
