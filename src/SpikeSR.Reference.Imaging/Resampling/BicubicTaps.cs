namespace SpikeSR.Reference.Imaging.Resampling;

/// <summary>Which samples of a line each output sample is made of, and their weights, which sum to 1.</summary>
internal sealed class BicubicTaps
{
    private const double Reach = 2;
    private readonly int[] _first;
    private readonly int[] _count;
    private readonly double[] _weights;
    private readonly int _stride;

    private BicubicTaps(int outputs, int stride)
    {
        _first = new int[outputs];
        _count = new int[outputs];
        _weights = new double[outputs * (long)stride];
        _stride = stride;
    }

    /// <summary>First sample that output <paramref name="index"/> takes.</summary>
    public int First(int index) => _first[index];

    /// <summary>Weights of the samples from there on.</summary>
    public ReadOnlySpan<double> Weights(int index) => _weights.AsSpan(index * _stride, _count[index]);

    /// <summary>Taps from one length of a line to another; pixel centres are at half-integers and both lines cover the same extent.</summary>
    /// <param name="inputs">Samples of the input line.</param>
    /// <param name="outputs">Samples of the output line.</param>
    /// <param name="fixedPointOne">If given, weights are multiplied by this and rounded to nearest, halves away from zero.</param>
    public static BicubicTaps Between(int inputs, int outputs, double? fixedPointOne)
    {
        // Where the line shrinks, the kernel widens with it: that is the antialiasing.
        var scale = (double)inputs / outputs;
        var widening = Math.Max(scale, 1);
        var support = Reach * widening;
        var taps = new BicubicTaps(outputs, ((int)Math.Ceiling(support) * 2) + 1);
        var narrowing = 1 / widening;
        for (var index = 0; index < outputs; index++)
        {
            var centre = (index + 0.5) * scale;
            var first = Math.Max((int)(centre - support + 0.5), 0);
            var count = Math.Min((int)(centre + support + 0.5), inputs) - first;
            var weights = taps._weights.AsSpan(index * taps._stride, count);
            double sum = 0;
            for (var k = 0; k < count; k++)
            {
                weights[k] = Kernel((k + first - centre + 0.5) * narrowing);
                sum += weights[k];
            }

            for (var k = 0; k < count; k++)
            {
                weights[k] /= sum;
                if (fixedPointOne is { } one)
                {
                    weights[k] = Math.Round(weights[k] * one, MidpointRounding.AwayFromZero);
                }
            }

            taps._first[index] = first;
            taps._count[index] = count;
        }

        return taps;
    }

    // Keys' cubic convolution with a = -0.5.
    private static double Kernel(double x)
    {
        const double a = -0.5;
        x = Math.Abs(x);
        return x < 1 ? ((((a + 2) * x) - (a + 3)) * x * x) + 1 : x < 2 ? ((((x - 5) * x) + 8) * x - 4) * a : 0;
    }
}
