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

[Confusion("LN-1", "layer norm adds epsilon to the root instead of under it")]
internal sealed class EpsilonOutsideRoot<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void LayerNorm(double epsilon, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> y)
    {
        var channels = x.Shape[1];
        for (var row = 0; row < x.Shape[0]; row++)
        {
            var (source, n) = (x.At(row), T.FromDouble(channels));
            var mean = FixedOrder.Sum<T>(source.Span) / n;
            var variance = T.FromDouble(0);
            foreach (var value in source.Span)
            {
                variance += (value - mean) * (value - mean);
            }

            var rstd = T.FromDouble(1) / (T.Sqrt(variance / n) + T.FromDouble(epsilon));
            for (var c = 0; c < channels; c++)
            {
                y.Span[(row * channels) + c] = T.FusedMultiplyAdd((source.Span[c] - mean) * rstd, weight.Value.Span[c], bias.Value.Span[c]);
            }
        }
    }
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
internal sealed class UnbiasedLayerNorm<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void LayerNorm(double epsilon, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> y)
    {
        var channels = x.Shape[1];
        for (var row = 0; row < x.Shape[0]; row++)
        {
            var (source, mean, variance) = (x.At(row), FixedOrder.Sum<T>(x.At(row).Span) / T.FromDouble(channels), T.FromDouble(0));
            foreach (var value in source.Span)
            {
                variance += (value - mean) * (value - mean);
            }

            var rstd = T.FromDouble(1) / T.Sqrt((variance / T.FromDouble(channels - 1)) + T.FromDouble(epsilon));
            for (var c = 0; c < channels; c++)
            {
                y.Span[(row * channels) + c] = T.FusedMultiplyAdd((source.Span[c] - mean) * rstd, weight.Value.Span[c], bias.Value.Span[c]);
            }
        }
    }
}

[Confusion("TDBN-2", "evaluation forgets epsilon")]
internal sealed class ForgetsEpsilon<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void BatchNorm(BatchNormSettings settings, TensorView<T> x, NormParameters<T> norm, TensorView<T> y, TensorView<T> statistics) =>
        base.BatchNorm(settings.Train ? settings : settings with { Epsilon = 0 }, x, norm, y, statistics);
}
