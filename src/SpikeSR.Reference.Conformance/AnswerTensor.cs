using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance;

/// <summary>One computed tensor, in the layout of case files.</summary>
/// <param name="Shape">Extents, outermost first.</param>
/// <param name="Values">Elements in row-major order; float32 values are held exactly.</param>
public sealed record AnswerTensor(Shape Shape, ReadOnlyMemory<double> Values);
