using SpikeSR.Reference.Attention;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Confusions;

[Confusion("TDBN-3", "the running variance takes the biased variance")]
internal sealed class BiasedRunningVariance<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void BatchNorm(BatchNormSettings settings, TensorView<T> x, NormParameters<T> norm, TensorView<T> y, TensorView<T> statistics)
    {
        var before = TensorView<T>.Of(norm.RunningVariance.Value.Shape, norm.RunningVariance.Value.Span);
        var (n, running) = (x.Shape[0] * x.Shape[1], norm.RunningVariance.Value);
        base.BatchNorm(settings, x, norm, y, statistics);
        for (var c = 0; settings.Train && c < before.Length; c++)
        {
            var kept = T.FromDouble(1 - settings.Momentum) * before.Span[c];
            running.Span[c] = kept + ((running.Span[c] - kept) * T.FromDouble((n - 1.0) / n));
        }
    }
}

[Confusion("TDBN-1", "a batch is normalised with its unbiased variance")]
internal sealed class UnbiasedNormalisation<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void BatchNorm(BatchNormSettings settings, TensorView<T> x, NormParameters<T> norm, TensorView<T> y, TensorView<T> statistics)
    {
        var input = TensorView<T>.Of(x.Shape, x.Span);
        base.BatchNorm(settings, x, norm, y, statistics);
        var (n, channels) = (x.Shape[0] * x.Shape[1], x.Shape[2]);
        for (var c = 0; settings.Train && c < channels; c++)
        {
            var (one, epsilon, rstd) = (T.FromDouble(1), T.FromDouble(settings.Epsilon), statistics.Span[channels + c]);
            var variance = ((one / (rstd * rstd)) - epsilon) * T.FromDouble(n / (n - 1.0));
            statistics.Span[channels + c] = one / T.Sqrt(variance + epsilon);
            var scale = norm.Weight.Value.Span[c] * statistics.Span[channels + c];
            for (var i = c; i < x.Length; i += channels)
            {
                y.Span[i] = ((input.Span[i] - statistics.Span[c]) * scale) + norm.Bias.Value.Span[c];
            }
        }
    }
}

[Confusion("TDBN-3", "momentum weighs the running statistics instead of the batch's")]
internal sealed class SwapsMomentum<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void BatchNorm(BatchNormSettings settings, TensorView<T> x, NormParameters<T> norm, TensorView<T> y, TensorView<T> statistics) =>
        base.BatchNorm(settings with { Momentum = 1 - settings.Momentum }, x, norm, y, statistics);
}

[Confusion("TDBN-2", "evaluation normalises with the batch's statistics")]
internal sealed class EvaluatesWithBatch<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void BatchNorm(BatchNormSettings settings, TensorView<T> x, NormParameters<T> norm, TensorView<T> y, TensorView<T> statistics) =>
        base.BatchNorm(settings with { Train = true, Momentum = settings.Train ? settings.Momentum : 0 }, x, norm, y, statistics);

    public override void BatchNormBackward(BatchNormSettings settings, TensorView<T> x, NormParameters<T> norm, TensorView<T> statistics, TensorView<T> gradY, TensorView<T> gradX) =>
        base.BatchNormBackward(settings with { Train = true }, x, norm, statistics, gradY, gradX);
}

[Confusion("TDBN-4", "the backward pass of training takes the batch's statistics as constants")]
internal sealed class FrozenStatistics<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void BatchNormBackward(BatchNormSettings settings, TensorView<T> x, NormParameters<T> norm, TensorView<T> statistics, TensorView<T> gradY, TensorView<T> gradX) =>
        base.BatchNormBackward(settings with { Train = false }, x, norm, statistics, gradY, gradX);
}

/// <summary>Layer norm, written out so that its root can be got wrong; its backward pass is the definition's.</summary>
internal abstract class RowNorm<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void LayerNorm(double epsilon, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> y)
    {
        var channels = x.Shape[1];
        for (var row = 0; row < x.Shape[0]; row++)
        {
            var (source, (mean, squares)) = (x.At(row), Deviations(x.At(row).Span));
            var rstd = T.FromDouble(1) / Root(squares, channels, T.FromDouble(epsilon));
            for (var c = 0; c < channels; c++)
            {
                y.Span[(row * channels) + c] = T.FusedMultiplyAdd((source.Span[c] - mean) * rstd, weight.Value.Span[c], bias.Value.Span[c]);
            }
        }
    }

    /// <summary>The mean of a row, and the sum of the squares of what its elements lie from it.</summary>
    internal static (T Mean, T Squares) Deviations(ReadOnlySpan<T> row)
    {
        var (mean, squares) = (FixedOrder.Sum(row) / T.FromDouble(row.Length), T.FromDouble(0));
        foreach (var value in row)
        {
            squares += (value - mean) * (value - mean);
        }

        return (mean, squares);
    }

    protected abstract T Root(T squares, int channels, T epsilon);
}

[Confusion("LN-1", "layer norm adds epsilon to the root instead of under it")]
internal sealed class EpsilonOutsideRoot<T>(Workspace workspace, Parallelism threads) : RowNorm<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override T Root(T squares, int channels, T epsilon) => T.Sqrt(squares / T.FromDouble(channels)) + epsilon;
}

[Confusion("SM-1", "softmax runs over the other axis")]
internal sealed class SoftmaxOverColumns<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void Softmax(TensorView<T> x, TensorView<T> y)
    {
        var turned = Turned(x);
        base.Softmax(turned, turned);
        Turned(turned).CopyTo(y);
    }

    public override void SoftmaxBackward(TensorView<T> y, TensorView<T> gradY, TensorView<T> gradX)
    {
        var turned = Turned(gradY);
        base.SoftmaxBackward(Turned(y), turned, turned);
        Turned(turned).CopyTo(gradX);
    }

    private static TensorView<T> Turned(TensorView<T> x)
    {
        var (rows, columns) = (x.Shape[0], x.Shape[1]);
        var turned = TensorView<T>.Allocate(new Shape(columns, rows));
        for (var i = 0; i < x.Length; i++)
        {
            turned.Span[(i % columns * rows) + (i / columns)] = x.Span[i];
        }

        return turned;
    }
}

[Confusion("SM-1", "softmax does not subtract the maximum")]
internal sealed class SoftmaxOverflows<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void Softmax(TensorView<T> x, TensorView<T> y)
    {
        var columns = x.Shape[1];
        for (var start = 0; start < x.Length; start += columns)
        {
            var row = y.Span.Slice(start, columns);
            var sum = T.FromDouble(0);
            for (var j = 0; j < columns; j++)
            {
                row[j] = T.Exp(x.Span[start + j]);
                sum += row[j];
            }

            for (var j = 0; j < columns; j++)
            {
                row[j] /= sum;
            }
        }
    }
}

[Confusion("LN-1", "layer norm divides by the unbiased variance")]
internal sealed class UnbiasedLayerNorm<T>(Workspace workspace, Parallelism threads) : RowNorm<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override T Root(T squares, int channels, T epsilon) => T.Sqrt((squares / T.FromDouble(channels - 1)) + epsilon);
}

[Confusion("TDBN-2", "evaluation forgets epsilon")]
internal sealed class ForgetsEpsilon<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void BatchNorm(BatchNormSettings settings, TensorView<T> x, NormParameters<T> norm, TensorView<T> y, TensorView<T> statistics) =>
        base.BatchNorm(settings.Train ? settings : settings with { Epsilon = 0 }, x, norm, y, statistics);
}

[Confusion("TDBN-1", "every image of every step is normalised by its own statistics")]
internal sealed class NormalisesEachImage<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void BatchNorm(BatchNormSettings settings, TensorView<T> x, NormParameters<T> norm, TensorView<T> y, TensorView<T> statistics)
    {
        for (var i = 0; i < x.Shape[0]; i++)
        {
            base.BatchNorm(settings, x.Slice(i, 1), norm, y.Slice(i, 1), statistics);
        }
    }

    public override void BatchNormBackward(BatchNormSettings settings, TensorView<T> x, NormParameters<T> norm, TensorView<T> statistics, TensorView<T> gradY, TensorView<T> gradX)
    {
        var y = TensorView<T>.Allocate(x.Slice(0, 1).Shape);
        for (var i = 0; i < x.Shape[0]; i++)
        {
            base.BatchNorm(settings with { Momentum = 0 }, x.Slice(i, 1), norm, y, statistics);
            base.BatchNormBackward(settings, x.Slice(i, 1), norm, statistics, gradY.Slice(i, 1), gradX.Slice(i, 1));
        }
    }
}

[Confusion("LN-1", "layer norm has an epsilon of 1e-6 whatever was asked for")]
internal sealed class SmallLayerNormEpsilon<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    private const double Small = 1e-6;

    public override void LayerNorm(double epsilon, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> y) => base.LayerNorm(Small, x, weight, bias, y);

    public override void LayerNormBackward(double epsilon, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> gradY, TensorView<T> gradX) =>
        base.LayerNormBackward(Small, x, weight, bias, gradY, gradX);

    public override void Match(MatchSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> gumbel, TensorView<T> y, TensorView<int> chosen) =>
        base.Match(settings with { Epsilon = Small }, x, weight, bias, gumbel, y, chosen);

    public override void MatchBackward(
        MatchSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> gumbel, TensorView<int> chosen, TensorView<T> gradY, TensorView<T> gradX) =>
        base.MatchBackward(settings with { Epsilon = Small }, x, weight, bias, gumbel, chosen, gradY, gradX);
}

[Confusion("LN-2", "the backward pass of layer norm takes the row's statistics as constants")]
internal sealed class FrozenRows<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void LayerNormBackward(double epsilon, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> gradY, TensorView<T> gradX)
    {
        var (channels, given) = (x.Shape[1], TensorView<T>.Of(gradY.Shape, gradY.Span));
        base.LayerNormBackward(epsilon, x, weight, bias, gradY, gradX);
        for (var row = 0; row < x.Shape[0]; row++)
        {
            var (_, squares) = RowNorm<T>.Deviations(x.At(row).Span);
            var rstd = T.FromDouble(1) / T.Sqrt((squares / T.FromDouble(channels)) + T.FromDouble(epsilon));
            for (var c = 0; c < channels; c++)
            {
                gradX.Span[(row * channels) + c] = given.Span[(row * channels) + c] * weight.Value.Span[c] * rstd;
            }
        }
    }
}

[Confusion("SM-2", "the backward pass of softmax does not subtract the sum of y gradY: gradX = y gradY")]
internal sealed class DropsSoftmaxSum<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void SoftmaxBackward(TensorView<T> y, TensorView<T> gradY, TensorView<T> gradX) => Multiply(y, gradY, gradX);
}
