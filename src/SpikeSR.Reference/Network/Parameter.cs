using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Network;

/// <summary>
/// A named entry of the state dict in its published layout: a trained parameter with its gradient, or a buffer (a running statistic) without.
/// </summary>
/// <typeparam name="T">Element type.</typeparam>
/// <param name="name">Published state-dict name.</param>
/// <param name="value">Elements, in the published layout ([out, in / groups, kh, kw], [out, in], [C], ...).</param>
/// <param name="isBuffer">Whether it is a buffer, which no gradient reaches.</param>
public sealed class Parameter<T>(string name, TensorView<T> value, bool isBuffer = false)
    where T : unmanaged
{
    private TensorView<T> _gradient;

    /// <summary>Published state-dict name.</summary>
    public string Name { get; } = name;

    /// <summary>Elements, in the published layout. After writing them call <see cref="MarkChanged"/>.</summary>
    public TensorView<T> Value { get; } = value;

    /// <summary>Whether this is a buffer rather than a trained parameter.</summary>
    public bool IsBuffer { get; } = isBuffer;

    /// <summary>Gradient, as <see cref="Value"/>, that backward passes add to; made, as zeros, when first asked for.</summary>
    /// <exception cref="InvalidOperationException">This is a buffer.</exception>
    public TensorView<T> Gradient
    {
        get
        {
            if (IsBuffer)
            {
                throw new InvalidOperationException($"{Name} is a buffer and has no gradient");
            }

            return _gradient.IsAbsent ? _gradient = TensorView<T>.Allocate(Value.Shape) : _gradient;
        }
    }

    /// <summary><see cref="Value"/> as [out, rest]: a linear map's weight without its trailing axes of 1.</summary>
    public TensorView<T> Matrix => Value.Reshape(Value.Shape[0], Value.Length / Value.Shape[0]);

    /// <summary><see cref="Gradient"/> as [out, rest].</summary>
    public TensorView<T> MatrixGradient => Gradient.Reshape(Value.Shape[0], Value.Length / Value.Shape[0]);

    /// <summary>Counts the changes of <see cref="Value"/>, so that a backend knows when what it derived from it is stale.</summary>
    public int Version { get; private set; }

    /// <summary>What a backend has derived from the value (a packed weight); it is valid for the version that the backend noted.</summary>
    public object? Derived { get; set; }

    /// <summary>Says that the elements of <see cref="Value"/> have changed.</summary>
    public void MarkChanged() => Version++;
}
