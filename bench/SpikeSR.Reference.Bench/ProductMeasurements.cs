using SpikeSR.Reference.Operators.Kernels;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Bench;

/// <summary>The products of the published network at its sizes, and the square matrix product.</summary>
internal sealed unsafe class ProductMeasurements : ILaneChoice<float, IReadOnlyList<(string Name, Func<Measurement> Make)>>
{
    private readonly Workspace _workspace = new();
    private readonly Random _random = new(1);

    /// <inheritdoc/>
    public IReadOnlyList<(string Name, Func<Measurement> Make)> For<TLane>()
        where TLane : unmanaged, ILane<TLane, float>
    {
        var list = new List<(string, Func<Measurement>)>();
        void Add(string name, Func<string, Measurement> make) => list.Add((name, () => make(name)));
        Add("matmul 1024, a b", name => Square<TLane>(name, 1024));
        foreach (var rows in new[] { 256, 6400 })
        {
            foreach (var (inputs, outputs) in new[] { (64, 100), (100, 64), (64, 64), (64, 32), (64, 128) })
            {
                Add($"linear {inputs} -> {outputs}, {rows} tokens", name => Linear<TLane>(name, rows, inputs, outputs));
            }
        }

        Add("linear to input 64 -> 100", name => LinearToInput<TLane>(name, 6400, 64, 100));
        Add("linear to weight 64 -> 100", name => LinearToWeight<TLane>(name, 6400, 64, 100));
        Add("linear to weight 100 -> 64", name => LinearToWeight<TLane>(name, 6400, 100, 64));
        return list;
    }

    private Measurement Square<TLane>(string name, int n)
        where TLane : unmanaged, ILane<TLane, float>
    {
        var (a, b, y) = (Numbers(n, n), Numbers(n, n), Numbers(n, n));
        return new Measurement(name, 2.0 * n * n * n / 1e9, threads => MatrixKernel.Multiply<TLane, float>(a, b, y, _workspace, new Parallelism(threads)));
    }

    private Measurement Linear<TLane>(string name, int rows, int inputs, int outputs)
        where TLane : unmanaged, ILane<TLane, float>
    {
        var (x, bias, y) = (Numbers(rows, inputs), Numbers(outputs), Numbers(rows, outputs));
        var weight = LinearKernel.Pack<TLane, float>(Numbers(outputs, inputs));
        return new Measurement(name, 2e-9 * rows * inputs * outputs, threads => LinearKernel.Forward<TLane, float>(x, weight, bias, y, _workspace, new Parallelism(threads)));
    }

    private Measurement LinearToInput<TLane>(string name, int rows, int inputs, int outputs)
        where TLane : unmanaged, ILane<TLane, float>
    {
        var (gradX, gradY) = (Numbers(rows, inputs), Numbers(rows, outputs));
        var weight = LinearKernel.PackBackward<TLane, float>(Numbers(outputs, inputs));
        return new Measurement(name, 2e-9 * rows * inputs * outputs, threads => LinearKernel.BackwardInput<TLane, float>(gradY, weight, gradX, _workspace, new Parallelism(threads)));
    }

    private Measurement LinearToWeight<TLane>(string name, int rows, int inputs, int outputs)
        where TLane : unmanaged, ILane<TLane, float>
    {
        var (x, gradY, gradWeight) = (Numbers(rows, inputs), Numbers(rows, outputs), Numbers(outputs, inputs));
        return new Measurement(name, 2e-9 * rows * inputs * outputs, threads => LinearKernel.BackwardWeight<TLane, float>(x, gradY, gradWeight, _workspace, new Parallelism(threads)));
    }

    private TensorView<float> Numbers(params ReadOnlySpan<int> extents)
    {
        var tensor = TensorView<float>.Allocate(new Shape(extents));
        foreach (ref var element in tensor.Span)
        {
            element = _random.NextSingle() - 0.5f;
        }

        return tensor;
    }
}
