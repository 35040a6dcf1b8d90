using SpikeSR.Reference.Network;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Judging;

/// <content>
/// Sampling is continuous, its derivative is not: a position so near an integer that rounding may move it to the next cell samples the same to within its own error times
/// a second difference, and has that other cell's slope (SPEC BND-4).
/// </content>
internal sealed partial class BoundingBackend<T>
{
    private static void GrantCells(ConvolutionSettings settings, int offsetGroups, TensorView<T> x, TensorView<T> offset, TensorView<T> mask, Parameter<T> weight, TensorView<T> y)
    {
        foreach (var sample in Ambiguous(settings, offsetGroups, x, offset, mask, weight, y))
        {
            for (var o = 0; o < y.Shape[3]; o++)
            {
                if (sample.TryWeight(weight, settings.Groups, o, out var at))
                {
                    Widen(y, (sample.Pixel * y.Shape[3]) + o, sample.Error * sample.Largest * sample.Mask * Magnitude(weight.Value, at));
                }
            }
        }
    }

    private static void GrantCellsBackward(
        ConvolutionSettings settings,
        int offsetGroups,
        TensorView<T> x,
        TensorView<T> offset,
        TensorView<T> mask,
        Parameter<T> weight,
        TensorView<T> gradY,
        TensorView<T> gradX,
        TensorView<T> gradOffset,
        TensorView<T> gradMask)
    {
        foreach (var sample in Ambiguous(settings, offsetGroups, x, offset, mask, weight, gradY))
        {
            var gradient = 0.0;
            for (var o = 0; o < gradY.Shape[3]; o++)
            {
                if (sample.TryWeight(weight, settings.Groups, o, out var at))
                {
                    var g = Magnitude(gradY, (sample.Pixel * gradY.Shape[3]) + o);
                    gradient += g * Magnitude(weight.Value, at);
                    Widen(weight.Gradient, at, g * sample.Error * sample.Largest * sample.Mask);
                }
            }

            if (!gradMask.IsAbsent)
            {
                Widen(gradMask, sample.Position, gradient * sample.Error * sample.Largest);
            }

            Widen(gradOffset, 2 * sample.Position, gradient * sample.Mask * sample.Largest);
            Widen(gradOffset, (2 * sample.Position) + 1, gradient * sample.Mask * sample.Largest);
            foreach (var pixel in sample.Neighbours)
            {
                Widen(gradX, pixel + sample.Channel, 2 * sample.Error * gradient * sample.Mask);
            }
        }
    }

    private static IEnumerable<Sample> Ambiguous(ConvolutionSettings settings, int offsetGroups, TensorView<T> x, TensorView<T> offset, TensorView<T> mask, Parameter<T> weight, TensorView<T> y)
    {
        var (rows, columns, taps, channels) = (y.Shape[1], y.Shape[2], weight.Shape[2] * weight.Shape[3], x.Shape[3]);
        for (var position = 0; position < offset.Length / 2; position++)
        {
            var (pixel, group, tap) = (position / (offsetGroups * taps), position / taps % offsetGroups, position % taps);
            var (n, p, q) = (pixel / (rows * columns), pixel / columns % rows, pixel % columns);
            var top = T.FromDouble((p * settings.Stride) - settings.Padding + (tap / weight.Shape[3] * settings.Dilation)) + offset.Span[2 * position];
            var left = T.FromDouble((q * settings.Stride) - settings.Padding + (tap % weight.Shape[3] * settings.Dilation)) + offset.Span[(2 * position) + 1];
            if (!IsAmbiguous(top) && !IsAmbiguous(left))
            {
                continue;
            }

            var neighbours = Neighbours(x.Shape, n, T.ToDouble(top), T.ToDouble(left));
            var factor = mask.IsAbsent ? 1 : Magnitude(mask, position);
            for (var channel = group * (channels / offsetGroups); channel < (group + 1) * (channels / offsetGroups); channel++)
            {
                // A position that overflows in storage may be anywhere, and no number: nothing is known of what rests on it.
                var isLost = double.IsPositiveInfinity(top.Error) || double.IsPositiveInfinity(left.Error);
                var largest = isLost ? double.PositiveInfinity : neighbours.Select(at => Magnitude(x, at + channel)).DefaultIfEmpty(0).Max();
                yield return new Sample(pixel, position, channel, tap, top.Error + left.Error, 4 * largest, factor, neighbours);
            }
        }
    }

    private static bool IsAmbiguous(T position) => position.Error is var error && error > 0 && Math.Abs(T.ToDouble(position) - Math.Round(T.ToDouble(position))) <= error;

    // The pixels of the cell and of the cells around it.
    private static List<int> Neighbours(Shape x, int n, double top, double left)
    {
        var found = new List<int>();
        var (rows, columns) = (Around(top, x[1]), Around(left, x[2]));
        for (var row = rows.First; row < rows.End; row++)
        {
            for (var column = columns.First; column < columns.End; column++)
            {
                found.Add(((((n * x[1]) + row) * x[2]) + column) * x[3]);
            }
        }

        return found;
    }

    // The pixels from one before a position's cell to one after it that there are. Limits are taken as numbers: far outside a position and its neighbour are one.
    private static (int First, int End) Around(double position, int size)
    {
        var cell = Math.Floor(position);
        return cell >= -2 && cell <= size ? ((int)Math.Max(0, cell - 1), (int)Math.Min(size, cell + 3)) : (0, 0);
    }

    private static double Magnitude(TensorView<T> tensor, int at) => Math.Abs(T.ToDouble(tensor.Span[at])) + tensor.Span[at].Error;

    private static void Widen(TensorView<T> tensor, int at, double by) => tensor.Span[at] = tensor.Span[at].Widen(by);

    // A sample of one channel whose cell rounding may change; Largest bounds the second differences, and the jump of the slopes.
    private sealed record Sample(int Pixel, int Position, int Channel, int Tap, double Error, double Largest, double Mask, List<int> Neighbours)
    {
        /// <summary>Where the weight of this sample for an output stands, if the output takes it.</summary>
        public bool TryWeight(Parameter<T> weight, int groups, int output, out int at)
        {
            var (inputs, taps, first) = (weight.Shape[1], weight.Shape[2] * weight.Shape[3], output / (weight.Shape[0] / groups) * weight.Shape[1]);
            at = (((output * inputs) + Channel - first) * taps) + Tap;
            return Channel >= first && Channel < first + inputs;
        }
    }
}
