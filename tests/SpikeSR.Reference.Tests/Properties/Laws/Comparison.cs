using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Tests.Properties.Laws;

/// <summary>What laws say about two tensors that should be one.</summary>
internal static class Comparison
{
    /// <summary>Null where both hold the same bytes (any NaN for any NaN); otherwise the first difference.</summary>
    public static string? Bytes<T>(string what, TensorView<T> left, TensorView<T> right)
        where T : unmanaged, IScalar<T>
    {
        if (left.Shape != right.Shape)
        {
            return $"{what} has shape {left.Shape} and {right.Shape}";
        }

        for (var i = 0; i < left.Length; i++)
        {
            var (a, b) = (T.ToDouble(left.Span[i]), T.ToDouble(right.Span[i]));
            if (BitConverter.DoubleToInt64Bits(a) != BitConverter.DoubleToInt64Bits(b) && !(double.IsNaN(a) && double.IsNaN(b)))
            {
                return $"{what}[{i}] of {left.Shape} is {a:r} and {b:r}";
            }
        }

        return null;
    }

    /// <summary>
    /// Null where elements differ by at most a fraction of the largest, or of the scale of what is added up in them, if that is more: a sum may cancel, and what its terms
    /// were rounded by remains. Otherwise the first difference.
    /// </summary>
    public static string? Close<T>(string what, TensorView<T> left, TensorView<T> right, double tolerance = 1e-12, double scale = 1)
        where T : unmanaged, IScalar<T>
    {
        if (left.Length != right.Length)
        {
            return $"{what} has shape {left.Shape} and {right.Shape}";
        }

        var margin = tolerance * Math.Max(scale, Largest(right));
        for (var i = 0; i < left.Length; i++)
        {
            var (a, b) = (T.ToDouble(left.Span[i]), T.ToDouble(right.Span[i]));
            if (!(Math.Abs(a - b) <= margin))
            {
                return $"{what}[{i}] of {left.Shape} is {a:r} and {b:r}";
            }
        }

        return null;
    }

    /// <summary>Null where every element is what an equation of terms of about 1 says, but for a fraction of the largest or of 1; otherwise the first difference.</summary>
    public static string? Follows(string what, TensorView<F64> found, Func<int, double> equation, double tolerance = 0)
    {
        var expected = TensorView<F64>.Allocate(found.Shape);
        for (var i = 0; i < expected.Length; i++)
        {
            expected.Span[i] = new F64(equation(i));
        }

        return Close(what, found, expected, tolerance);
    }

    /// <summary>The largest magnitude.</summary>
    public static double Largest<T>(TensorView<T> tensor)
        where T : unmanaged, IScalar<T>
    {
        var largest = 0.0;
        foreach (var element in tensor.Span)
        {
            largest = Math.Max(largest, Math.Abs(T.ToDouble(element)));
        }

        return largest;
    }

    /// <summary>The first that is not null.</summary>
    public static string? First(params ReadOnlySpan<string?> violations)
    {
        foreach (var violation in violations)
        {
            if (violation is not null)
            {
                return violation;
            }
        }

        return null;
    }
}
