namespace SpikeSR.Reference.Tensors;

/// <summary>Checks of arguments, kept apart so that the arithmetic reads like the equation.</summary>
internal static class Guard
{
    /// <summary>Throws unless the tensor has exactly these extents; -1 stands for any.</summary>
    public static void HasShape<T>(TensorView<T> tensor, string name, params ReadOnlySpan<int> expected)
        where T : unmanaged
    {
        var matches = !tensor.IsAbsent && tensor.Shape.Rank == expected.Length;
        for (var axis = 0; matches && axis < expected.Length; axis++)
        {
            matches = expected[axis] < 0 || tensor.Shape[axis] == expected[axis];
        }

        if (!matches)
        {
            var want = "[" + string.Join(", ", expected.ToArray().Select(e => e < 0 ? "any" : e.ToString())) + "]";
            throw new ArgumentException($"{name} has shape {(tensor.IsAbsent ? "(absent)" : tensor.Shape.ToString())}, expected {want}", name);
        }
    }

    /// <summary>Throws unless the tensor is absent or has exactly these extents.</summary>
    public static void AbsentOrShape<T>(TensorView<T> tensor, string name, params ReadOnlySpan<int> expected)
        where T : unmanaged
    {
        if (!tensor.IsAbsent)
        {
            HasShape(tensor, name, expected);
        }
    }

    /// <summary>Throws unless both tensors hold the same number of elements.</summary>
    public static void SameLength<T, TOther>(TensorView<T> tensor, TensorView<TOther> other, string name)
        where T : unmanaged
        where TOther : unmanaged
    {
        if (tensor.Length != other.Length)
        {
            throw new ArgumentException($"{name} has shape {other.Shape}, which does not hold as many elements as {tensor.Shape}", name);
        }
    }

    /// <summary>Throws unless both tensors have the same extents, or both are absent.</summary>
    public static void SameShape<T>(TensorView<T> tensor, TensorView<T> other, string name)
        where T : unmanaged
    {
        if (tensor.IsAbsent != other.IsAbsent || tensor.Shape != other.Shape)
        {
            throw new ArgumentException($"{name} has shape {(other.IsAbsent ? "(absent)" : other.Shape.ToString())}, expected {(tensor.IsAbsent ? "none" : tensor.Shape.ToString())}", name);
        }
    }

    /// <summary>Throws with the parameter's name unless a condition on it holds.</summary>
    public static void That(bool holds, string message, string name)
    {
        if (!holds)
        {
            throw new ArgumentException(message, name);
        }
    }
}
