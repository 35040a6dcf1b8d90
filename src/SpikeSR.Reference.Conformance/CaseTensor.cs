using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance;

/// <summary>An input or output of a case in the engine's layout, with its gradient where the case asks for gradients.</summary>
/// <typeparam name="T">Scalar.</typeparam>
/// <param name="Name">Name without its prefix.</param>
/// <param name="StoredShape">Shape in the case file.</param>
/// <param name="IsImage">Whether the file's [..., C, H, W] is [..., H, W, C] here.</param>
/// <param name="Value">Elements.</param>
/// <param name="Gradient">Gradient of the loss, as Value; absent where the case asks for none.</param>
internal sealed record CaseTensor<T>(string Name, Shape StoredShape, bool IsImage, TensorView<T> Value, TensorView<T> Gradient)
    where T : unmanaged
{
    /// <summary>Shape in the engine's layout.</summary>
    public Shape Shape => Value.Shape;
}
