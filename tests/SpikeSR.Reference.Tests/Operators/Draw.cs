using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Tests.Operators;

/// <summary>
/// Draws a primitive's sizes and operands from a seed, the same ones for every backend, and collects what the backend made of them. Operands are
/// moderate numbers, numbers of very different size, or those with infinities, NaN, zeros of both signs and subnormal numbers among them.
/// </summary>
/// <typeparam name="T">Scalar.</typeparam>
internal sealed class Draw<T>(int seed)
    where T : unmanaged, IScalar<T>
{
    private readonly Random _random = new(seed);
    private readonly int _kind = new Random(seed).Next(3);

    /// <summary>What the backend wrote, by name.</summary>
    public List<(string Name, byte[] Bytes)> Results { get; } = [];

    /// <summary>An integer from low to high, both included.</summary>
    public int Size(int low, int high) => _random.Next(low, high + 1);

    /// <summary>1 to 70, often a whole number of lanes.</summary>
    public int Channels() => _random.Next(3) == 0 ? 8 << _random.Next(4) : _random.Next(1, 71);

    public bool Flag() => _random.Next(2) == 0;

    public TItem Among<TItem>(params ReadOnlySpan<TItem> items) => items[_random.Next(items.Length)];

    /// <summary>A number between two.</summary>
    public double Number(double low, double high) => low + ((high - low) * _random.NextDouble());

    /// <summary>An operand of the scenario's kind.</summary>
    public TensorView<T> Operand(params ReadOnlySpan<int> extents) => Fill(_kind, extents);

    /// <summary>An operand of moderate numbers whatever the scenario's kind.</summary>
    public TensorView<T> Moderate(params ReadOnlySpan<int> extents) => Fill(0, extents);

    /// <summary>A parameter with an operand as value and another as the gradient that the backward pass adds to.</summary>
    public Parameter<T> Parameter(params ReadOnlySpan<int> extents)
    {
        var parameter = new Parameter<T>("parameter", Operand(extents));
        Operand(extents).CopyTo(parameter.Gradient);
        return parameter;
    }

    /// <summary>A buffer of positive moderate numbers.</summary>
    public Parameter<T> Positive(params ReadOnlySpan<int> extents)
    {
        var tensor = TensorView<T>.Allocate(new Shape(extents));
        foreach (ref var element in tensor.Span)
        {
            element = T.FromDouble(_random.NextDouble() + 0.1);
        }

        return new Parameter<T>("buffer", tensor, isBuffer: true);
    }

    /// <summary>A tensor to be written completely: every element is a marker.</summary>
    public TensorView<T> Unwritten(params ReadOnlySpan<int> extents)
    {
        var tensor = TensorView<T>.Allocate(new Shape(extents));
        tensor.Span.Fill(T.FromDouble(12345.678));
        return tensor;
    }

    /// <summary>Notes what the backend wrote.</summary>
    public void Result(string name, TensorView<T> tensor) => Results.Add((name, System.Runtime.InteropServices.MemoryMarshal.AsBytes(tensor.Span).ToArray()));

    /// <summary>Notes a parameter's gradient.</summary>
    public void Gradient(string name, Parameter<T>? parameter)
    {
        if (parameter is not null)
        {
            Result(name, parameter.Gradient);
        }
    }

    private TensorView<T> Fill(int kind, ReadOnlySpan<int> extents)
    {
        var tensor = TensorView<T>.Allocate(new Shape(extents));
        foreach (ref var element in tensor.Span)
        {
            element = T.FromDouble(kind == 0 ? (_random.NextDouble() - 0.5) * 3 : Wild(kind == 2));
        }

        return tensor;
    }

    private double Wild(bool special) => _random.Next(special ? 60 : 12) switch
    {
        0 => 0,
        1 => -0.0,
        12 => double.PositiveInfinity,
        13 => double.NegativeInfinity,
        14 => double.NaN,
        15 => typeof(T) == typeof(F32) ? float.Epsilon : double.Epsilon,
        16 => typeof(T) == typeof(F32) ? -5 * float.Epsilon : -5 * double.Epsilon,
        17 => typeof(T) == typeof(F32) ? float.MaxValue : double.MaxValue,
        _ => (_random.NextDouble() - 0.5) * Math.Pow(10, _random.Next(-3, 4)),
    };
}
