using System.Numerics.Tensors;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Training;

/// <summary>
/// Where a new network's tail starts (SPEC TRAIN-7): at the ridge regression of the pictures' pixels on the features that the untrained network gives.
/// Those features still hold the image, so the run begins as a linear enlargement about as good as bicubic, rather than as noise that takes hundreds of
/// steps to get there.
/// </summary>
public static class TailFit
{
    // The ridge as a share of the features' mean square: enough to keep the weights moderate where features are nearly dependent.
    private const double Ridge = 1e-4;

    /// <summary>Replaces tail.0.weight and tail.0.bias. The crops are those of the run's first batches; running statistics see them, too.</summary>
    /// <param name="network">A freshly initialised network.</param>
    /// <param name="settings">Settings; <see cref="TrainingSettings.TailFitBatches"/> says how many batches, 0: nothing is done.</param>
    /// <param name="backend">What computes.</param>
    /// <param name="pool">Pictures.</param>
    /// <param name="cancellation">Asks to give up, between batches.</param>
    /// <exception cref="OperationCanceledException">It was given up; the tail is as it was, but running statistics have seen the batches before.</exception>
    public static void Apply(SpikeSr<F32> network, TrainingSettings settings, Backend<F32> backend, ImagePool pool, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(pool);
        if (settings.TailFitBatches == 0)
        {
            return;
        }

        var (weight, bias) = (network.StateDict.Find("tail.0.weight")!, network.StateDict.Find("tail.0.bias")!);
        var (outputs, inputs) = (weight.Shape[0], weight.Shape[1] * 9);
        var sums = new NormalEquations(inputs + 1, outputs, backend.Threads);
        var (size, scale) = (settings.Crop, network.Configuration.Scale);
        var noise = new GumbelNoise(settings.Seed, 0);
        for (var batch = 0; batch < settings.TailFitBatches; batch++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var keep = backend.Workspace.OpenScope();
            var (low, high) = (keep.Rent<F32>(settings.Batch, size, size, 3), keep.Rent<F32>(settings.Batch, size * scale, size * scale, 3));
            pool.FillBatch(settings.Seed, batch, low, high);
            var features = network.Forward(new ForwardPass<F32>(backend, train: true, keep, noise), low, keep.Rent<F32>(high.Shape)).Refined;
            for (var image = 0; image < settings.Batch; image++)
            {
                sums.Add(Neighbourhoods(features.At(image)), Targets(high.At(image), scale, size));
            }
        }

        var solution = sums.Solve(Ridge);
        for (var o = 0; o < outputs; o++)
        {
            for (var i = 0; i < inputs; i++)
            {
                weight.Value.Span[(o * inputs) + i] = new F32((float)solution[(i * outputs) + o]);
            }

            bias.Value.Span[o] = new F32((float)solution[(inputs * outputs) + o]);
        }

        weight.MarkChanged();
        bias.MarkChanged();
    }

    // What the tail's 3 x 3 convolution sees at each pixel, in the order of its weight (channel, row, column), and 1 for the bias: [pixels, 9 C + 1].
    private static double[] Neighbourhoods(TensorView<F32> features)
    {
        var (height, width, channels) = (features.Shape[0], features.Shape[1], features.Shape[2]);
        var rows = new double[height * width * ((9 * channels) + 1)];
        var next = 0;
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                for (var c = 0; c < channels; c++)
                {
                    for (var k = 0; k < 9; k++)
                    {
                        var (row, column) = (y + (k / 3) - 1, x + (k % 3) - 1);
                        var inside = row >= 0 && row < height && column >= 0 && column < width;
                        rows[next++] = inside ? features.Span[(((row * width) + column) * channels) + c].Value : 0;
                    }
                }

                rows[next++] = 1;
            }
        }

        return rows;
    }

    // The picture's pixels behind each, in the order of the tail's outputs (colour, row, column): [pixels, 3 s^2].
    private static double[] Targets(TensorView<F32> high, int scale, int size)
    {
        var rows = new double[size * size * 3 * scale * scale];
        var next = 0;
        for (var y = 0; y < size; y++)
        {
            for (var x = 0; x < size; x++)
            {
                for (var c = 0; c < 3; c++)
                {
                    for (var i = 0; i < scale; i++)
                    {
                        for (var j = 0; j < scale; j++)
                        {
                            rows[next++] = high.Span[(((((y * scale) + i) * size * scale) + (x * scale) + j) * 3) + c].Value;
                        }
                    }
                }
            }
        }

        return rows;
    }

    /// <summary>Sums over pixels of feature times feature and feature times target, pixels ascending, and the weights that solve them.</summary>
    private sealed class NormalEquations(int features, int targets, Parallelism threads)
    {
        private readonly double[] _products = new double[features * features];
        private readonly double[] _right = new double[features * targets];

        public void Add(double[] x, double[] y)
        {
            var pixels = x.Length / features;
            threads.ForRange(features, 8, (start, end) =>
            {
                for (var i = start; i < end; i++)
                {
                    var row = _products.AsSpan((i * features) + i, features - i);
                    var right = _right.AsSpan(i * targets, targets);
                    for (var p = 0; p < pixels; p++)
                    {
                        var factor = x[(p * features) + i];
                        TensorPrimitives.FusedMultiplyAdd(x.AsSpan((p * features) + i, features - i), factor, row, row);
                        TensorPrimitives.FusedMultiplyAdd(y.AsSpan(p * targets, targets), factor, right, right);
                    }
                }
            });
        }

        // By Cholesky's factors U^T U of the upper triangle, in place; the ridge spares the last feature, the constant.
        public double[] Solve(double ridge)
        {
            var mean = 0.0;
            for (var i = 0; i < features - 1; i++)
            {
                mean += _products[(i * features) + i] / (features - 1);
            }

            for (var i = 0; i < features; i++)
            {
                var row = _products.AsSpan(i * features, features);
                row[i] += i < features - 1 ? ridge * mean : 0;
                var right = _right.AsSpan(i * targets, targets);
                for (var k = 0; k < i; k++)
                {
                    var above = _products.AsSpan(k * features, features);
                    var factor = -above[i];
                    TensorPrimitives.FusedMultiplyAdd(above[i..], factor, row[i..], row[i..]);
                    TensorPrimitives.FusedMultiplyAdd(_right.AsSpan(k * targets, targets), factor, right, right);
                }

                var inverse = 1 / Math.Sqrt(row[i]);
                TensorPrimitives.Multiply(row[i..], inverse, row[i..]);
                TensorPrimitives.Multiply(right, inverse, right);
            }

            for (var i = features - 1; i >= 0; i--)
            {
                var right = _right.AsSpan(i * targets, targets);
                for (var k = i + 1; k < features; k++)
                {
                    TensorPrimitives.FusedMultiplyAdd(_right.AsSpan(k * targets, targets), -_products[(i * features) + k], right, right);
                }

                TensorPrimitives.Multiply(right, 1 / _products[(i * features) + i], right);
            }

            return _right;
        }
    }
}
