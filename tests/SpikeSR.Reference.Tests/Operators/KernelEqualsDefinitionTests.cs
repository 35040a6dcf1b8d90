using SpikeSR.Reference.Network;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Tests.Operators;

/// <summary>The primitives of <see cref="Backend{T}"/> on normalisations, activations, sums and element-wise work.</summary>
public sealed class KernelEqualsDefinitionTests
{
    [Fact]
    public void Batch_normalisation_is_its_definition() => PrimitiveScenario.Check(new BatchNormScenario());

    [Fact]
    public void Batch_normalisation_over_several_chunks_is_its_definition() => PrimitiveScenario.Check(new BatchNormScenario { Pixels = 8200, Channels = 19 }, 2);

    [Fact]
    public void Layer_normalisation_is_its_definition() => PrimitiveScenario.Check(new LayerNormScenario());

    [Fact]
    public void Layer_normalisation_of_long_rows_and_many_rows_is_its_definition()
    {
        PrimitiveScenario.Check(new LayerNormScenario { Rows = 4110, Channels = 17 }, 2);
        PrimitiveScenario.Check(new LayerNormScenario { Rows = 3, Channels = 8195 }, 2);
    }

    [Fact]
    public void Activations_are_their_definitions() => PrimitiveScenario.Check(new ActivationScenario(), 18);

    [Fact]
    public void Softmax_is_its_definition() => PrimitiveScenario.Check(new SoftmaxScenario(), 24);

    [Fact]
    public void Softmax_of_long_rows_is_its_definition() => PrimitiveScenario.Check(new SoftmaxScenario { Length = 8200 }, 3);

    [Fact]
    public void Pooling_is_its_definition() => PrimitiveScenario.Check(new PoolingScenario());

    [Fact]
    public void Pooling_over_several_chunks_is_its_definition() => PrimitiveScenario.Check(new PoolingScenario { Pixels = 8197 }, 2);

    [Fact]
    public void Pixel_shuffle_is_its_definition() => PrimitiveScenario.Check(new PixelShuffleScenario());

    [Fact]
    public void Sums_and_products_of_tensors_are_their_definitions() => PrimitiveScenario.Check(new ElementwiseScenario());

    [Fact]
    public void Means_over_steps_are_their_definitions() => PrimitiveScenario.Check(new StepsScenario());

    [Fact]
    public void Scaled_channels_are_their_definitions() => PrimitiveScenario.Check(new ScaleChannelsScenario());

    [Fact]
    public void The_blend_is_its_definition() => PrimitiveScenario.Check(new BlendScenario());

    [Fact]
    public void The_loss_is_its_definition() => PrimitiveScenario.Check(new LossScenario());

    [Fact]
    public void A_step_of_Adam_is_its_definition() => PrimitiveScenario.Check(new AdamScenario());

    private sealed class BatchNormScenario : PrimitiveScenario
    {
        public int Pixels { get; init; }

        public int Channels { get; init; }

        internal override void Run<T>(Backend<T> backend, Draw<T> draw)
        {
            var (planes, pixels, channels) = (draw.Size(1, 3), Pixels > 0 ? Pixels : draw.Size(2, 50), Channels > 0 ? Channels : draw.Channels());
            var settings = new BatchNormSettings(Train: draw.Flag(), Momentum: draw.Number(0, 1));
            var norm = new NormParameters<T>(draw.Parameter(channels), draw.Parameter(channels), draw.Positive(channels), draw.Positive(channels));
            var x = draw.Operand(planes, pixels, channels);
            var statistics = draw.Unwritten(2, channels);
            var y = draw.Unwritten(planes, pixels, channels);
            backend.BatchNorm(settings, x, norm, y, statistics);
            draw.Result("y", y);
            draw.Result("statistics", statistics);
            draw.Result("running mean", norm.RunningMean.Value);
            draw.Result("running variance", norm.RunningVariance.Value);
            var gradY = draw.Operand(planes, pixels, channels);
            var gradX = draw.Flag() ? gradY : draw.Unwritten(planes, pixels, channels);
            backend.BatchNormBackward(settings, x, norm, statistics, gradY, gradX);
            draw.Result("gradX", gradX);
            draw.Gradient("gradWeight", norm.Weight);
            draw.Gradient("gradBias", norm.Bias);
            backend.BatchNorm(settings, x, norm, x, statistics);
            draw.Result("y in place", x);
        }
    }

    private sealed class LayerNormScenario : PrimitiveScenario
    {
        public int Rows { get; init; }

        public int Channels { get; init; }

        internal override void Run<T>(Backend<T> backend, Draw<T> draw)
        {
            var (rows, channels) = (Rows > 0 ? Rows : draw.Size(1, 40), Channels > 0 ? Channels : draw.Channels());
            var (x, weight, bias) = (draw.Operand(rows, channels), draw.Parameter(channels), draw.Parameter(channels));
            var (y, gradY, gradX) = (draw.Unwritten(rows, channels), draw.Operand(rows, channels), draw.Unwritten(rows, channels));
            backend.LayerNorm(1e-5, x, weight, bias, y);
            backend.LayerNormBackward(1e-5, x, weight, bias, gradY, gradX);
            draw.Result("y", y);
            draw.Result("gradX", gradX);
            draw.Gradient("gradWeight", weight);
            draw.Gradient("gradBias", bias);
        }
    }

    private sealed class ActivationScenario : PrimitiveScenario
    {
        internal override void Run<T>(Backend<T> backend, Draw<T> draw)
        {
            var count = draw.Size(1, 3000);
            var kind = draw.Among(ActivationKind.Gelu, ActivationKind.Relu, ActivationKind.Sigmoid);
            var (x, gradY) = (draw.Operand(count), draw.Operand(count));
            var (y, gradX) = (draw.Unwritten(count), draw.Flag() ? gradY : draw.Unwritten(count));
            backend.Activation(kind, x, y);
            backend.ActivationBackward(kind, x, gradY, gradX);
            draw.Result("y", y);
            draw.Result("gradX", gradX);
            backend.Activation(kind, x, x);
            draw.Result("y in place", x);
        }
    }

    private sealed class SoftmaxScenario : PrimitiveScenario
    {
        public int Length { get; init; }

        internal override void Run<T>(Backend<T> backend, Draw<T> draw)
        {
            // Half of them rows of whole registers, and one logit far from the others in some.
            var (rows, length) = (draw.Size(1, 19), Length > 0 ? Length : draw.Flag() ? 16 * draw.Size(1, 6) : draw.Size(1, 90));
            var x = draw.Flag() ? draw.Moderate(rows, length) : draw.Operand(rows, length);
            if (draw.Flag())
            {
                x.Span[draw.Size(0, x.Length - 1)] = T.FromDouble(draw.Among(-300.0, -70.0, 70.0, 300.0));
            }

            // No number in the first row must hide what stands below it.
            if (draw.Flag())
            {
                var column = draw.Size(0, length - 1);
                x.Span[(draw.Size(0, rows - 1) * length) + column] = T.FromDouble(draw.Among(-300.0, -2000.0));
                x.Span[column] = T.FromDouble(double.NaN);
            }

            var y = draw.Flag() ? x : draw.Unwritten(rows, length);
            backend.Softmax(x, y);
            draw.Result("y", y);
            var (gradY, gradX) = (draw.Operand(rows, length), draw.Unwritten(rows, length));
            backend.SoftmaxBackward(y, gradY, gradX);
            draw.Result("gradX", gradX);
            backend.SoftmaxBackward(y, gradY, gradY);
            draw.Result("gradX in place", gradY);
        }
    }

    private sealed class PoolingScenario : PrimitiveScenario
    {
        public int Pixels { get; init; }

        internal override void Run<T>(Backend<T> backend, Draw<T> draw)
        {
            var (planes, pixels, channels) = (draw.Size(1, 5), Pixels > 0 ? Pixels : draw.Size(1, 70), draw.Channels());
            var (x, y) = (draw.Operand(planes, pixels, channels), draw.Unwritten(planes, channels));
            backend.AveragePool(x, y);
            draw.Result("y", y);
            backend.AveragePoolBackward(draw.Operand(planes, channels), x);
            draw.Result("gradX", x);
        }
    }

    private sealed class PixelShuffleScenario : PrimitiveScenario
    {
        internal override void Run<T>(Backend<T> backend, Draw<T> draw)
        {
            var (images, height, width, scale, channels) = (draw.Size(1, 2), draw.Size(1, 5), draw.Size(1, 5), draw.Size(1, 4), draw.Size(1, 5));
            var (x, y) = (draw.Operand(images, height, width, channels * scale * scale), draw.Unwritten(images, height * scale, width * scale, channels));
            backend.PixelShuffle(scale, x, y);
            draw.Result("y", y);
            var gradX = draw.Unwritten(images, height, width, channels * scale * scale);
            backend.PixelShuffleBackward(scale, draw.Operand(images, height * scale, width * scale, channels), gradX);
            draw.Result("gradX", gradX);
        }
    }

    private sealed class ElementwiseScenario : PrimitiveScenario
    {
        internal override void Run<T>(Backend<T> backend, Draw<T> draw)
        {
            var count = draw.Size(1, 9000);
            var (left, right, y) = (draw.Operand(count), draw.Operand(count), draw.Unwritten(count));
            backend.Add(left, right, y);
            draw.Result("sum", y);
            backend.Multiply(left, right, y);
            draw.Result("product", y);
            backend.Scale(left, draw.Number(-3, 3), y);
            draw.Result("scaled", y);
            backend.Add(left, right, left);
            backend.Multiply(left, right, right);
            draw.Result("in place", right);
        }
    }

    private sealed class StepsScenario : PrimitiveScenario
    {
        internal override void Run<T>(Backend<T> backend, Draw<T> draw)
        {
            var (steps, count) = (draw.Size(1, 6), draw.Size(1, 5000));
            var (x, y, weight) = (draw.Operand(steps, count), draw.Unwritten(count), draw.Parameter(steps, steps));
            backend.MeanOverSteps(x, y);
            draw.Result("mean", y);
            var gradX = draw.Unwritten(steps, count);
            backend.MeanOverStepsBackward(y, gradX);
            draw.Result("gradient by the mean's steps", gradX);
            var (mixed, gradY) = (draw.Unwritten(steps, count), draw.Operand(steps, count));
            backend.StepMixing(x, weight, mixed);
            backend.StepMixingBackward(x, weight, gradY, gradX);
            draw.Result("mixed", mixed);
            draw.Result("gradient by the mixed steps", gradX);
            draw.Gradient("gradient by the mixing weight", weight);
        }
    }

    private sealed class ScaleChannelsScenario : PrimitiveScenario
    {
        internal override void Run<T>(Backend<T> backend, Draw<T> draw)
        {
            var (planes, pixels, channels) = (draw.Size(1, 4), draw.Size(1, 90), draw.Channels());
            var (x, a, y) = (draw.Operand(planes, pixels, channels), draw.Operand(planes, channels), draw.Unwritten(planes, pixels, channels));
            backend.ScaleChannels(x, a, y);
            draw.Result("y", y);
            backend.ScaleChannelsBackward(x, draw.Operand(planes, pixels, channels), a);
            draw.Result("gradA", a);
            backend.ScaleChannels(x, a, x);
            draw.Result("y in place", x);
        }
    }

    private sealed class BlendScenario : PrimitiveScenario
    {
        internal override void Run<T>(Backend<T> backend, Draw<T> draw)
        {
            var (planes, pixels, channels) = (draw.Size(1, 3), draw.Size(1, 90), draw.Channels());
            var (t, a, r) = (draw.Operand(planes, pixels, channels), draw.Operand(planes, channels), draw.Operand(planes, pixels, channels));
            var (y, gradT, gradA, gradR) = (draw.Unwritten(planes, pixels, channels), draw.Unwritten(planes, pixels, channels), draw.Unwritten(planes, channels), draw.Unwritten(planes, pixels, channels));
            backend.Blend(t, a, r, y);
            backend.BlendBackward(t, a, r, draw.Operand(planes, pixels, channels), gradT, gradA, gradR);
            draw.Result("y", y);
            draw.Result("gradT", gradT);
            draw.Result("gradA", gradA);
            draw.Result("gradR", gradR);
        }
    }

    private sealed class LossScenario : PrimitiveScenario
    {
        internal override void Run<T>(Backend<T> backend, Draw<T> draw)
        {
            var count = draw.Size(1, 9000);
            var (x, target, gradX) = (draw.Operand(count), draw.Operand(count), draw.Unwritten(count));
            x.Span[0] = target.Span[0];
            draw.Result("loss", TensorView<T>.Of(new Shape(1), [backend.L1(x, target)]));
            backend.L1Backward(x, target, T.FromDouble(draw.Number(-2, 2)), gradX);
            draw.Result("gradX", gradX);
        }
    }

    private sealed class AdamScenario : PrimitiveScenario
    {
        internal override void Run<T>(Backend<T> backend, Draw<T> draw)
        {
            var count = draw.Size(1, 5000);
            var (theta, gradient, m, v) = (draw.Operand(count), draw.Operand(count), draw.Operand(count), draw.Positive(count).Value);
            backend.Adam(new AdamSettings(LearningRate: draw.Number(0, 0.1)), draw.Size(1, 2000), theta, gradient, m, v);
            draw.Result("theta", theta);
            draw.Result("m", m);
            draw.Result("v", v);
        }
    }
}
