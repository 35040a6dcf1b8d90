using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Imaging.Metrics;

/// <summary>
/// Structural similarity (Wang et al. 2004): mean over all places where an 11 x 11 Gaussian window (sigma 1.5) fits of
/// (2 m n + C1)(2 s + C2) / ((m^2 + n^2 + C1)(v + w + C2)), with window means m, n, variances v, w, covariance s, C1 = (0.01 * 255)^2,
/// C2 = (0.03 * 255)^2, on levels 0..255.
/// </summary>
public static class Ssim
{
    private const int Window = 11;
    private const double C1 = 0.01 * 255 * (0.01 * 255);
    private const double C2 = 0.03 * 255 * (0.03 * 255);
    private static readonly double[] Gaussian = MakeGaussian();

    /// <summary>Of brightness (<see cref="Metrics.Luma"/>).</summary>
    /// <param name="image">Grey or RGB image.</param>
    /// <param name="reference">What it should be: same size, channels and kind.</param>
    /// <param name="border">Rows and columns left out on every side; usually the scale.</param>
    /// <exception cref="ArgumentException">The images cannot be compared, or less than a window is left of them.</exception>
    public static double OfLuma(Image image, Image reference, int border) => Plane.Pairs(image, reference, border, i => [Luma.Of(i)]).Average(Of);

    /// <summary>Of each colour channel; their mean.</summary>
    /// <param name="image">Image of any number of channels; opacity is ignored.</param>
    /// <param name="reference">What it should be: same size, channels and kind.</param>
    /// <param name="border">Rows and columns left out on every side.</param>
    /// <exception cref="ArgumentException">The images cannot be compared, or less than a window is left of them.</exception>
    public static double OfColours(Image image, Image reference, int border) => Plane.Pairs(image, reference, border, Plane.Colours).Average(Of);

    private static double Of((Plane Image, Plane Reference) pair)
    {
        var (image, reference) = pair;
        var columns = image.Width - Window + 1;
        var rows = image.Height - Window + 1;
        if (columns < 1 || rows < 1)
        {
            throw new ArgumentException($"a window of {Window}x{Window} does not fit into {image.Width}x{image.Height} pixels", nameof(pair));
        }

        // Windowed sums of x, y, x^2, y^2 and x y: down the columns first, then along the row.
        var width = image.Width;
        var down = new double[5 * width];
        var similarity = new double[rows * columns];
        Span<double> moments = stackalloc double[5];
        for (var row = 0; row < rows; row++)
        {
            Array.Clear(down);
            for (var k = 0; k < Window; k++)
            {
                for (var column = 0; column < width; column++)
                {
                    var x = image.Levels[((row + k) * width) + column];
                    var y = reference.Levels[((row + k) * width) + column];
                    down[column] += Gaussian[k] * x;
                    down[width + column] += Gaussian[k] * y;
                    down[(2 * width) + column] += Gaussian[k] * (x * x);
                    down[(3 * width) + column] += Gaussian[k] * (y * y);
                    down[(4 * width) + column] += Gaussian[k] * (x * y);
                }
            }

            for (var column = 0; column < columns; column++)
            {
                for (var moment = 0; moment < moments.Length; moment++)
                {
                    double sum = 0;
                    for (var k = 0; k < Window; k++)
                    {
                        sum += Gaussian[k] * down[(moment * width) + column + k];
                    }

                    moments[moment] = sum;
                }

                similarity[(row * columns) + column] = Similarity(moments);
            }
        }

        return Plane.Mean(similarity);
    }

    private static double Similarity(ReadOnlySpan<double> moments)
    {
        var (m, n) = (moments[0], moments[1]);
        var v = moments[2] - (m * m);
        var w = moments[3] - (n * n);
        var s = moments[4] - (m * n);
        return ((2 * m * n) + C1) * ((2 * s) + C2) / (((m * m) + (n * n) + C1) * (v + w + C2));
    }

    private static double[] MakeGaussian()
    {
        var weights = new double[Window];
        double sum = 0;
        for (var i = 0; i < Window; i++)
        {
            double distance = i - (Window / 2);
            weights[i] = ExactMath.Exp(-(distance * distance) / (2 * 1.5 * 1.5));
            sum += weights[i];
        }

        return [.. weights.Select(weight => weight / sum)];
    }
}
