namespace SpikeSR.Reference.Conformance;

/// <summary>How an answer compares with the stored one, tensor by tensor.</summary>
/// <param name="Path">The case.</param>
/// <param name="Tensors">One verdict for every tensor that either of the two holds.</param>
/// <param name="IsExempt">Whether differences are allowed all the same: the published-size network in float32.</param>
public sealed record CaseReport(string Path, IReadOnlyList<TensorVerdict> Tensors, bool IsExempt)
{
    /// <summary>Whether the answer may be called right.</summary>
    public bool Agrees => IsExempt || Tensors.All(tensor => tensor.Agrees);
}
