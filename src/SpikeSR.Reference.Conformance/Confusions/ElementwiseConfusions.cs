using SpikeSR.Reference.Network;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Confusions;

[Confusion("PS-1", "pixel shuffle takes channels as (row, column, colour) instead of (colour, row, column)")]
internal sealed class ShufflesColoursFirst<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void PixelShuffle(int scale, TensorView<T> x, TensorView<T> y) => base.PixelShuffle(scale, Reordered(x, scale, back: false), y);

    public override void PixelShuffleBackward(int scale, TensorView<T> gradY, TensorView<T> gradX)
    {
        base.PixelShuffleBackward(scale, gradY, gradX);
        Reordered(gradX, scale, back: true).CopyTo(gradX);
    }

    private static TensorView<T> Reordered(TensorView<T> x, int scale, bool back)
    {
        var (packed, square) = (x.Shape[3], scale * scale);
        var reordered = TensorView<T>.Allocate(x.Shape);
        for (var at = 0; at < x.Length; at++)
        {
            var (pixel, c, k) = (at / packed * packed, at % packed / square, at % square);
            var other = pixel + (k * (packed / square)) + c;
            reordered.Span[back ? other : at] = x.Span[back ? at : other];
        }

        return reordered;
    }
}

[Confusion("PS-1", "pixel shuffle swaps row and column within a block")]
internal sealed class ShufflesTransposed<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void PixelShuffle(int scale, TensorView<T> x, TensorView<T> y) => base.PixelShuffle(scale, Transposed(x, scale), y);

    public override void PixelShuffleBackward(int scale, TensorView<T> gradY, TensorView<T> gradX)
    {
        base.PixelShuffleBackward(scale, gradY, gradX);
        Transposed(gradX, scale).CopyTo(gradX);
    }

    private static TensorView<T> Transposed(TensorView<T> x, int scale)
    {
        var (square, transposed) = (scale * scale, TensorView<T>.Allocate(x.Shape));
        for (var at = 0; at < x.Length; at++)
        {
            transposed.Span[at] = x.Span[(at / square * square) + (at % scale * scale) + (at % square / scale)];
        }

        return transposed;
    }
}

[Confusion("GELU-1", "GELU in its tanh form")]
internal sealed class TanhGelu<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void Activation(ActivationKind kind, TensorView<T> x, TensorView<T> y)
    {
        if (kind != ActivationKind.Gelu)
        {
            base.Activation(kind, x, y);
            return;
        }

        for (var i = 0; i < x.Length; i++)
        {
            // (1 + tanh z) / 2 = sigmoid(2 z).
            var value = x.Span[i];
            var z = T.FromDouble(Math.Sqrt(2 / Math.PI)) * (value + (T.FromDouble(0.044715) * (value * (value * value))));
            y.Span[i] = value * T.Sigmoid(T.FromDouble(2) * z);
        }
    }
}

[Confusion("ACT-1", "the slope of ReLU at 0 is 1")]
internal sealed class ReluSlopesAtZero<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void ActivationBackward(ActivationKind kind, TensorView<T> x, TensorView<T> gradY, TensorView<T> gradX)
    {
        var given = TensorView<T>.Of(gradY.Shape, gradY.Span);
        base.ActivationBackward(kind, x, gradY, gradX);
        for (var i = 0; kind == ActivationKind.Relu && i < x.Length; i++)
        {
            gradX.Span[i] = T.ToDouble(x.Span[i]) == 0 ? given.Span[i] : gradX.Span[i];
        }
    }
}

[Confusion("GELU-1", "GELU is x sigmoid(1.702 x)")]
internal sealed class QuickGelu<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void Activation(ActivationKind kind, TensorView<T> x, TensorView<T> y)
    {
        if (kind != ActivationKind.Gelu)
        {
            base.Activation(kind, x, y);
            return;
        }

        for (var i = 0; i < x.Length; i++)
        {
            y.Span[i] = x.Span[i] * T.Sigmoid(T.FromDouble(1.702) * x.Span[i]);
        }
    }
}

[Confusion("ACT-1", "ReLU leaks: negative values are multiplied by 0.01")]
internal sealed class LeaksRelu<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void Activation(ActivationKind kind, TensorView<T> x, TensorView<T> y)
    {
        var given = TensorView<T>.Of(x.Shape, x.Span);
        base.Activation(kind, x, y);
        for (var i = 0; kind == ActivationKind.Relu && i < x.Length; i++)
        {
            y.Span[i] = T.ToDouble(given.Span[i]) < 0 ? given.Span[i] * T.FromDouble(0.01) : y.Span[i];
        }
    }
}

[Confusion("ACT-2", "sigmoid is the straight line x/6 + 1/2 cut at 0 and 1")]
internal sealed class HardSigmoid<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void Activation(ActivationKind kind, TensorView<T> x, TensorView<T> y)
    {
        var given = TensorView<T>.Of(x.Shape, x.Span);
        base.Activation(kind, x, y);
        for (var i = 0; kind == ActivationKind.Sigmoid && i < x.Length; i++)
        {
            var line = (given.Span[i] / T.FromDouble(6)) + T.FromDouble(0.5);
            y.Span[i] = T.ToDouble(line) switch { < 0 => T.FromDouble(0), > 1 => T.FromDouble(1), _ => line };
        }
    }
}

[Confusion("POOL-1", "average pooling adds and does not divide")]
internal sealed class SumsPool<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void AveragePool(TensorView<T> x, TensorView<T> y)
    {
        base.AveragePool(x, y);
        Scale(y, x.Shape[1], y);
    }

    public override void AveragePoolBackward(TensorView<T> gradY, TensorView<T> gradX)
    {
        base.AveragePoolBackward(gradY, gradX);
        Scale(gradX, gradX.Shape[1], gradX);
    }
}
