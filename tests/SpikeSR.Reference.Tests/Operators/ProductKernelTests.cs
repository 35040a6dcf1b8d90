using SpikeSR.Reference.Attention;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Tests.Operators;

/// <summary>The primitives of <see cref="Backend{T}"/> that multiply: convolutions, linear maps, attention, matching; and patches.</summary>
public sealed class ProductKernelTests
{
    [Fact]
    public void Convolution_is_its_definition() => PrimitiveScenario.Check(new ConvolutionScenario());

    [Fact]
    public void Linear_maps_are_their_definitions() => PrimitiveScenario.Check(new LinearScenario());

    [Fact]
    public void Deformable_convolution_is_its_definition() => PrimitiveScenario.Check(new DeformableConvolutionScenario(), 24);

    [Fact]
    public void Attention_is_its_definition() => PrimitiveScenario.Check(new AttentionScenario());

    [Fact]
    public void Attention_of_several_row_blocks_is_its_definition() => PrimitiveScenario.Check(new AttentionScenario { Queries = 101, Keys = 70 }, 3);

    [Fact]
    public void Matching_is_its_definition() => PrimitiveScenario.Check(new MatchScenario(), 18);

    [Fact]
    public void Matching_of_many_patches_is_its_definition() => PrimitiveScenario.Check(new MatchScenario { Patches = 53 }, 3);

    [Fact]
    public void Cutting_into_patches_and_putting_together_are_their_definitions() => PrimitiveScenario.Check(new PatchScenario(), 18);

    private sealed class ConvolutionScenario : PrimitiveScenario
    {
        internal override void Run<T>(Backend<T> backend, Draw<T> draw)
        {
            var groups = draw.Among(1, 1, 2, 3);
            var settings = new ConvolutionSettings(draw.Size(1, 2), draw.Size(0, 2), draw.Size(1, 2), groups);
            var (inputs, outputs, kernel) = (groups * draw.Size(1, 20), groups * draw.Size(1, 24), draw.Among(1, 3));
            var (images, height, width) = (draw.Size(1, 2), draw.Size(5, 9), draw.Size(5, 11));
            var (rows, columns) = (settings.OutputExtent(height, kernel), settings.OutputExtent(width, kernel));
            var (weight, bias) = (draw.Parameter(outputs, inputs / groups, kernel, kernel), draw.Flag() ? draw.Parameter(outputs) : null);
            var (x, y) = (draw.Operand(images, height, width, inputs), draw.Unwritten(images, rows, columns, outputs));
            backend.Convolution(settings, x, weight, bias, y);
            draw.Result("y", y);
            var (gradY, gradX) = (draw.Operand(images, rows, columns, outputs), draw.Flag() ? draw.Unwritten(images, height, width, inputs) : default);
            backend.ConvolutionBackward(settings, x, weight, bias, gradY, gradX);
            draw.Result("gradX", gradX);
            draw.Gradient("gradWeight", weight);
            draw.Gradient("gradBias", bias);
        }
    }

    private sealed class LinearScenario : PrimitiveScenario
    {
        internal override void Run<T>(Backend<T> backend, Draw<T> draw)
        {
            var (rows, inputs, outputs) = (draw.Size(1, 40), draw.Channels(), draw.Channels());
            var (weight, bias) = (draw.Parameter(outputs, inputs, 1), draw.Flag() ? draw.Parameter(outputs) : null);
            var (x, y) = (draw.Operand(rows, inputs), draw.Unwritten(rows, outputs));
            backend.Linear(x, weight, bias, y);
            draw.Result("y", y);
            var (gradY, gradX) = (draw.Operand(rows, outputs), draw.Flag() ? draw.Unwritten(rows, inputs) : default);
            backend.LinearBackward(x, weight, bias, gradY, gradX);
            draw.Result("gradX", gradX);
            draw.Gradient("gradWeight", weight);
            draw.Gradient("gradBias", bias);
            draw.Operand(outputs, inputs, 1).CopyTo(weight.Value);
            weight.MarkChanged();
            backend.Linear(x, weight, bias, y);
            draw.Result("y of a changed weight", y);
        }
    }

    private sealed class DeformableConvolutionScenario : PrimitiveScenario
    {
        internal override void Run<T>(Backend<T> backend, Draw<T> draw)
        {
            var (groups, offsetGroups) = (draw.Among(1, 1, 2, 3), draw.Among(1, 1, 2, 3));
            var settings = new ConvolutionSettings(draw.Size(1, 2), draw.Size(0, 2), draw.Size(1, 2), groups);
            var (inputs, outputs, kernel) = (groups * offsetGroups * draw.Size(1, 9), groups * draw.Size(1, 18), draw.Among(1, 3));
            inputs = groups == 1 && offsetGroups == 1 ? draw.Channels() : inputs;
            var (images, height, width) = (draw.Size(1, 3), draw.Size(5, 8), draw.Size(5, 9));
            var (rows, columns, taps) = (settings.OutputExtent(height, kernel), settings.OutputExtent(width, kernel), kernel * kernel);
            var (weight, bias) = (draw.Parameter(outputs, inputs / groups, kernel, kernel), draw.Flag() ? draw.Parameter(outputs) : null);
            var offset = draw.Flag() ? draw.Operand(images, rows, columns, 2 * offsetGroups * taps) : draw.Moderate(images, rows, columns, 2 * offsetGroups * taps);
            if (draw.Flag())
            {
                // Integral positions, the image's borders among them.
                foreach (ref var element in offset.Span)
                {
                    element = T.FromDouble(Math.Round(Math.Clamp(T.ToDouble(element), -9, 9)));
                }
            }

            var mask = draw.Flag() ? draw.Operand(images, rows, columns, offsetGroups * taps) : default;
            var (x, y) = (draw.Operand(images, height, width, inputs), draw.Unwritten(images, rows, columns, outputs));
            backend.DeformableConvolution(settings, offsetGroups, x, offset, mask, weight, bias, y);
            draw.Result("y", y);
            var (gradX, gradOffset) = (draw.Unwritten(images, height, width, inputs), draw.Unwritten(images, rows, columns, 2 * offsetGroups * taps));
            var gradMask = mask.IsAbsent ? default : draw.Unwritten(images, rows, columns, offsetGroups * taps);
            backend.DeformableConvolutionBackward(
                settings, offsetGroups, x, offset, mask, weight, bias, draw.Operand(images, rows, columns, outputs), gradX, gradOffset, gradMask);
            draw.Result("gradX", gradX);
            draw.Result("gradOffset", gradOffset);
            draw.Result("gradMask", gradMask);
            draw.Gradient("gradWeight", weight);
            draw.Gradient("gradBias", bias);
        }
    }

    private sealed class AttentionScenario : PrimitiveScenario
    {
        public int Queries { get; init; }

        public int Keys { get; init; }

        internal override void Run<T>(Backend<T> backend, Draw<T> draw)
        {
            var (batch, queries, keys) = (draw.Size(1, 4), Queries > 0 ? Queries : draw.Size(1, 30), Keys > 0 ? Keys : draw.Size(1, 40));
            var (depth, channels) = (draw.Size(1, 33), draw.Channels());
            var (q, k, v) = (draw.Operand(batch, queries, depth), draw.Operand(batch, keys, depth), draw.Operand(batch, keys, channels));
            // Logits of every size, those near the ends of what the softmax kernel divides by products among them.
            var scale = T.FromDouble(draw.Among(1, 1, 1e-13, 1e-19, 1e12, 1e18));
            foreach (ref var element in q.Span)
            {
                element *= scale;
            }

            var y = draw.Unwritten(batch, queries, channels);
            backend.Attention(q, k, v, y);
            draw.Result("y", y);
            var (gradQ, gradK, gradV) = (draw.Unwritten(batch, queries, depth), draw.Unwritten(batch, keys, depth), draw.Unwritten(batch, keys, channels));
            backend.AttentionBackward(q, k, v, draw.Operand(batch, queries, channels), gradQ, gradK, gradV);
            draw.Result("gradQ", gradQ);
            draw.Result("gradK", gradK);
            draw.Result("gradV", gradV);
        }
    }

    private sealed class MatchScenario : PrimitiveScenario
    {
        public int Patches { get; init; }

        internal override void Run<T>(Backend<T> backend, Draw<T> draw)
        {
            var (images, patches, pixels, channels) = (draw.Among(1, 2, 4), Patches > 0 ? Patches : draw.Size(1, 8), draw.Size(1, 16), draw.Channels());
            var train = draw.Flag();
            var settings = new MatchSettings(train, draw.Among(1, 0.7), 1e-5, draw.Flag() ? images : 0);
            var (weight, bias) = (draw.Parameter(channels), draw.Parameter(channels));
            var gumbel = train ? draw.Moderate(images, patches, patches) : default;
            var (x, y) = (draw.Operand(images, patches, pixels, channels), draw.Unwritten(images, patches, pixels, channels));
            var chosen = TensorView<int>.Allocate(new Shape(images, patches));
            backend.Match(settings, x, weight, bias, gumbel, y, chosen);
            draw.Result("y", y);
            draw.Result("chosen", Choices<T>(chosen));
            var gradX = draw.Unwritten(images, patches, pixels, channels);
            backend.MatchBackward(settings, x, weight, bias, gumbel, chosen, draw.Operand(images, patches, pixels, channels), gradX);
            draw.Result("gradX", gradX);
            draw.Gradient("gradWeight", weight);
            draw.Gradient("gradBias", bias);
        }

        private static TensorView<T> Choices<T>(TensorView<int> chosen)
            where T : unmanaged, IScalar<T> =>
            TensorView<T>.Of(chosen.Shape, [.. chosen.Span.ToArray().Select(patch => T.FromDouble(patch))]);
    }

    private sealed class PatchScenario : PrimitiveScenario
    {
        internal override void Run<T>(Backend<T> backend, Draw<T> draw)
        {
            var size = draw.Size(3, 7);
            var grid = new PatchGrid(size, draw.Size(1, size), size + draw.Size(0, 12), size + draw.Size(0, 12), draw.Flag());
            var (images, channels) = (draw.Size(1, 2), draw.Channels());
            var (x, y) = (draw.Operand(images, grid.Height, grid.Width, channels), draw.Unwritten(images, grid.Count, size * size, channels));
            backend.PatchDivide(grid, x, y);
            draw.Result("patches", y);
            var image = draw.Unwritten(images, grid.Height, grid.Width, channels);
            backend.PatchReverse(grid, draw.Operand(images, grid.Count, size * size, channels), image);
            draw.Result("reversed", image);
            backend.PatchDivideBackward(grid, draw.Operand(images, grid.Count, size * size, channels), image);
            draw.Result("gradient of divide", image);
            backend.PatchReverseBackward(grid, x, y);
            draw.Result("gradient of reverse", y);
        }
    }
}
