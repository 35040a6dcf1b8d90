using SpikeSR.Reference.Attention;
using SpikeSR.Reference.Operators.Kernels;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Network;

/// <content>Weights as the right operands of products, packed once per version.</content>
internal sealed partial class SimdBackend<TScalar, TLane, T>
{
    // The weight as the right operand of the forward products, packed once per version of the parameter.
    private PackedMatrix<T> Packed(Parameter<TScalar> weight, int groups) =>
        OperandsOf(weight).Forward.For(weight, groups, static (weight, groups, former) => ConvolutionKernel.Pack<TLane, T>(AsConvolution(weight), groups, former));

    // The same for the products of the gradient by the input.
    private PackedMatrix<T> PackedBackward(Parameter<TScalar> weight, int groups) =>
        OperandsOf(weight).Backward.For(weight, groups, static (weight, groups, former) => ConvolutionKernel.PackBackward<TLane, T>(AsConvolution(weight), groups, former));

    // The outputs of several maps of the same input side by side, filled up with zeros.
    private TokenLayerKernel.FilledMap<T> Filled(params ReadOnlySpan<(Parameter<TScalar> Weight, Parameter<TScalar> Bias)> maps)
    {
        var (version, outputs) = (0, 0);
        foreach (var (weight, bias) in maps)
        {
            version += weight.Version + bias.Version;
            outputs += weight.Shape[0];
        }

        var operands = OperandsOf(maps[0].Weight);
        lock (operands)
        {
            if (operands.Filled is { } ready && operands.FilledVersion == version)
            {
                return ready;
            }

            var filled = (outputs + TokenLayerKernel.Fill - 1) / TokenLayerKernel.Fill * TokenLayerKernel.Fill;
            var first = AsConvolution(maps[0].Weight);
            var all = TensorView<T>.Allocate(new Shape(filled, first.Shape[1], first.Shape[2], first.Shape[3]));
            var row = TensorView<T>.Allocate(new Shape(filled));
            var at = 0;
            foreach (var (weight, bias) in maps)
            {
                Value(weight).Span.CopyTo(all.Slice(at, weight.Shape[0]).Span);
                Value(bias).Span.CopyTo(row.Span[at..]);
                at += weight.Shape[0];
            }

            operands.FilledVersion = version;
            return operands.Filled = new(ConvolutionKernel.Pack<TLane, T>(all, 1, operands.Filled?.Weight), row);
        }
    }

    // A linear map is a convolution of one tap.
    private static TensorView<T> AsConvolution(Parameter<TScalar> weight) =>
        weight.Shape.Rank == 4 ? Value(weight) : Numbers(weight.Matrix).Reshape(weight.Shape[0], weight.Shape[1], 1, 1);

    private Operands OperandsOf(Parameter<TScalar> weight)
    {
        var owner = _whole ?? this;
        if (weight.Derived is Operands operands && operands.Owner == owner)
        {
            return operands;
        }

        lock (owner._gate)
        {
            if (weight.Derived is not Operands made || made.Owner != owner)
            {
                weight.Derived = made = new Operands(owner);
            }

            return made;
        }
    }

    /// <summary>What this backend has derived from a weight.</summary>
    private sealed class Operands(SimdBackend<TScalar, TLane, T> owner)
    {
        public SimdBackend<TScalar, TLane, T> Owner { get; } = owner;

        public Operand Forward { get; } = new();

        public Operand Backward { get; } = new();

        public TokenLayerKernel.FilledMap<T>? Filled { get; set; }

        public int FilledVersion { get; set; }
    }

    /// <summary>A packed weight and the version that it was packed from; threads may ask for it at the same time.</summary>
    private sealed class Operand
    {
        private readonly Lock _gate = new();
        private PackedMatrix<T>? _packed;
        private int _version = -1;

        public PackedMatrix<T> For(Parameter<TScalar> weight, int groups, Func<Parameter<TScalar>, int, PackedMatrix<T>?, PackedMatrix<T>> pack)
        {
            if (Volatile.Read(ref _version) == weight.Version && _packed!.Groups == groups)
            {
                return _packed;
            }

            lock (_gate)
            {
                if (_version != weight.Version || _packed!.Groups != groups)
                {
                    _packed = pack(weight, groups, _packed);
                    Volatile.Write(ref _version, weight.Version);
                }

                return _packed;
            }
        }
    }
}
