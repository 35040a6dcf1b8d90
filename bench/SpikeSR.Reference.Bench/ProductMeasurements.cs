using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Operators.Kernels;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Bench;

/// <summary>The products of the published network at its sizes, and the square matrix product.</summary>
internal readonly unsafe struct ProductMeasurements : ILaneChoice<float, IReadOnlyList<(string Name, Func<Measurement> Make)>>
{
    private static readonly Workspace _workspace = new();
    private static readonly Random _random = new(1);

    /// <summary>Every measurement by name, on the widest lane.</summary>
    public static IReadOnlyList<(string Name, Func<Measurement> Make)> All =>
        SimdDispatch.Choose<float, IReadOnlyList<(string Name, Func<Measurement> Make)>, ProductMeasurements>(default);

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
        foreach (var (shape, inputs, outputs, kernel) in new[]
        {
            ("[4, 128, 128]", 64, 64, 3), ("[4, 64, 64]", 64, 64, 3), ("[25, 16, 16]", 64, 64, 3), ("[25, 16, 16]", 64, 27, 3),
            ("[4, 64, 64]", 3, 64, 3), ("[1, 64, 64]", 64, 48, 3), ("[4, 64, 64]", 64, 64, 1),
        })
        {
            Add($"conv {kernel}x{kernel} {inputs} -> {outputs}, {shape}", name => Convolution<TLane>(name, shape, inputs, outputs, kernel));
        }

        foreach (var (inputs, outputs) in new[] { (64, 64), (64, 27) })
        {
            Add($"conv to input 3x3 {inputs} -> {outputs}", name => ConvolutionToInput<TLane>(name, inputs, outputs));
            Add($"conv to weight 3x3 {inputs} -> {outputs}", name => ConvolutionToWeight<TLane>(name, inputs, outputs));
        }

        return list;
    }

    private static Measurement Convolution<TLane>(string name, string shape, int inputs, int outputs, int kernel)
        where TLane : unmanaged, ILane<TLane, float>
    {
        var extents = shape.Trim('[', ']').Split(',').Select(int.Parse).ToArray();
        var (x, y) = (Numbers(extents[0], extents[1], extents[2], inputs), Numbers(extents[0], extents[1], extents[2], outputs));
        var (weight, bias) = (Numbers(outputs, inputs, kernel, kernel), Numbers(outputs));
        var packed = ConvolutionKernel.Pack<TLane, float>(weight);
        var settings = kernel == 1 ? ConvolutionSettings.Point : ConvolutionSettings.Same3;
        return new Measurement(name, 2e-9 * y.Length * inputs * kernel * kernel, threads =>
            ConvolutionKernel.Forward<TLane, float>(settings, x, weight, packed, bias, y, _workspace, new Parallelism(threads)));
    }

    private static Measurement ConvolutionToInput<TLane>(string name, int inputs, int outputs)
        where TLane : unmanaged, ILane<TLane, float>
    {
        var (gradX, gradY, weight) = (Numbers(4, 64, 64, inputs), Numbers(4, 64, 64, outputs), Numbers(outputs, inputs, 3, 3));
        var packed = ConvolutionKernel.PackBackward<TLane, float>(weight);
        return new Measurement(name + ", [4, 64, 64]", 2e-9 * gradY.Length * inputs * 9, threads =>
            ConvolutionKernel.BackwardInput<TLane, float>(ConvolutionSettings.Same3, gradY, weight, packed, gradX, _workspace, new Parallelism(threads)));
    }

    private static Measurement ConvolutionToWeight<TLane>(string name, int inputs, int outputs)
        where TLane : unmanaged, ILane<TLane, float>
    {
        var (x, gradY, gradWeight) = (Numbers(4, 64, 64, inputs), Numbers(4, 64, 64, outputs), Numbers(outputs, inputs, 3, 3));
        return new Measurement(name + ", [4, 64, 64]", 2e-9 * gradY.Length * inputs * 9, threads =>
            ConvolutionKernel.BackwardWeight<TLane, float>(ConvolutionSettings.Same3, x, gradY, gradWeight, _workspace, new Parallelism(threads)));
    }

    private static Measurement Square<TLane>(string name, int n)
        where TLane : unmanaged, ILane<TLane, float>
    {
        var (a, b, y) = (Numbers(n, n), Numbers(n, n), Numbers(n, n));
        return new Measurement(name, 2.0 * n * n * n / 1e9, threads => MatrixKernel.Multiply<TLane, float>(a, b, y, _workspace, new Parallelism(threads)));
    }

    private static Measurement Linear<TLane>(string name, int rows, int inputs, int outputs)
        where TLane : unmanaged, ILane<TLane, float>
    {
        var (x, bias, y) = (Numbers(rows, inputs), Numbers(outputs), Numbers(rows, outputs));
        var weight = LinearKernel.Pack<TLane, float>(Numbers(outputs, inputs));
        return new Measurement(name, 2e-9 * rows * inputs * outputs, threads => LinearKernel.Forward<TLane, float>(x, weight, bias, y, _workspace, new Parallelism(threads)));
    }

    private static Measurement LinearToInput<TLane>(string name, int rows, int inputs, int outputs)
        where TLane : unmanaged, ILane<TLane, float>
    {
        var (gradX, gradY) = (Numbers(rows, inputs), Numbers(rows, outputs));
        var weight = LinearKernel.PackBackward<TLane, float>(Numbers(outputs, inputs));
        return new Measurement(name, 2e-9 * rows * inputs * outputs, threads => LinearKernel.BackwardInput<TLane, float>(gradY, weight, gradX, _workspace, new Parallelism(threads)));
    }

    private static Measurement LinearToWeight<TLane>(string name, int rows, int inputs, int outputs)
        where TLane : unmanaged, ILane<TLane, float>
    {
        var (x, gradY, gradWeight) = (Numbers(rows, inputs), Numbers(rows, outputs), Numbers(outputs, inputs));
        return new Measurement(name, 2e-9 * rows * inputs * outputs, threads => LinearKernel.BackwardWeight<TLane, float>(x, gradY, gradWeight, _workspace, new Parallelism(threads)));
    }

    private static TensorView<float> Numbers(params ReadOnlySpan<int> extents)
    {
        var tensor = TensorView<float>.Allocate(new Shape(extents));
        foreach (ref var element in tensor.Span)
        {
            element = _random.NextSingle() - 0.5f;
        }

        return tensor;
    }
}
