using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Network;

/// <summary>
/// A named entry of the state dict in its published layout: a trained parameter with its gradient, or a buffer (a running statistic) without.
/// </summary>
/// <typeparam name="T">Element type.</typeparam>
/// <param name="name">Published state-dict name.</param>
/// <param name="shape">Extents in the published layout ([out, in / groups, kh, kw], [out, in], [C], ...).</param>
/// <param name="isBuffer">Whether it is a buffer, which no gradient reaches.</param>
public sealed class Parameter<T>(string name, Shape shape, bool isBuffer = false)
    where T : unmanaged
{
    private TensorView<T> _value;
    private TensorView<T> _gradient;

    /// <summary>Wraps elements that exist already.</summary>
    /// <param name="name">Published state-dict name.</param>
    /// <param name="value">Elements, in the published layout.</param>
    /// <param name="isBuffer">Whether it is a buffer, which no gradient reaches.</param>
    public Parameter(string name, TensorView<T> value, bool isBuffer = false)
        : this(name, value.Shape, isBuffer) => _value = value;

    /// <summary>Published state-dict name.</summary>
    public string Name { get; } = name;

    /// <summary>Extents in the published layout.</summary>
    public Shape Shape { get; } = shape;

    /// <summary>Elements, in the published layout; made, as zeros, when first asked for, so that a file's names and shapes can be checked before
    /// memory is taken. After writing them call <see cref="MarkChanged"/>.</summary>
    public TensorView<T> Value => _value.IsAbsent ? _value = TensorView<T>.Allocate(Shape) : _value;

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

            return _gradient.IsAbsent ? _gradient = TensorView<T>.Allocate(Shape) : _gradient;
        }
    }

    /// <summary><see cref="Value"/> as [out, in]: a linear map's weight without its trailing axes of 1.</summary>
    /// <exception cref="ArgumentException">It is no linear map's weight.</exception>
    public TensorView<T> Matrix => Value.Reshape(MatrixExtents.Outputs, MatrixExtents.Inputs);

    /// <summary><see cref="Gradient"/> as [out, in].</summary>
    /// <exception cref="ArgumentException">It is no linear map's.</exception>
    public TensorView<T> MatrixGradient => Gradient.Reshape(MatrixExtents.Outputs, MatrixExtents.Inputs);

    /// <summary>Counts the changes of <see cref="Value"/>, so that a backend knows when what it derived from it is stale.</summary>
    public int Version { get; private set; }

    /// <summary>What a backend has derived from the value (a packed weight); it is valid for the version that the backend noted.</summary>
    public object? Derived { get; set; }

    private (int Outputs, int Inputs) MatrixExtents
    {
        get
        {
            var isMatrix = Shape.Rank >= 2;
            for (var axis = 2; axis < Shape.Rank; axis++)
            {
                isMatrix &= Shape[axis] == 1;
            }

            Guard.That(isMatrix, $"{Name} has shape {Shape}, expected [out, in], or that with further axes of 1", Name);
            return (Shape[0], Shape[1]);
        }
    }

    /// <summary>Says that the elements of <see cref="Value"/> have changed.</summary>
    public void MarkChanged() => Version++;
}
