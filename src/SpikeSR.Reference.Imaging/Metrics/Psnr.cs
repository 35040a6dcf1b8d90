namespace SpikeSR.Reference.Imaging.Metrics;

/// <summary>Peak signal-to-noise ratio in decibels, 10 log10(255^2 / MSE) on levels 0..255; positive infinity where nothing differs.</summary>
public static class Psnr
{
    /// <summary>Of brightness (<see cref="Metrics.Luma"/>).</summary>
    /// <param name="image">Grey or RGB image.</param>
    /// <param name="reference">What it should be: same size, channels and kind.</param>
    /// <param name="border">Rows and columns left out on every side; usually the scale.</param>
    /// <exception cref="ArgumentException">The images cannot be compared, or the border leaves nothing.</exception>
    public static double OfLuma(Image image, Image reference, int border) => Of(Plane.Pairs(image, reference, border, i => [Luma.Of(i)]));

    /// <summary>Of all colour channels together: one mean square error over them all.</summary>
    /// <param name="image">Image of any number of channels; opacity is ignored.</param>
    /// <param name="reference">What it should be: same size, channels and kind.</param>
    /// <param name="border">Rows and columns left out on every side.</param>
    /// <exception cref="ArgumentException">The images cannot be compared, or the border leaves nothing.</exception>
    public static double OfColours(Image image, Image reference, int border) => Of(Plane.Pairs(image, reference, border, Plane.Colours));

    private static double Of(IEnumerable<(Plane Image, Plane Reference)> pairs)
    {
        double errors = 0;
        var planes = 0;
        foreach (var (image, reference) in pairs)
        {
            var squares = new double[image.Levels.Length];
            for (var i = 0; i < squares.Length; i++)
            {
                var difference = image.Levels[i] - reference.Levels[i];
                squares[i] = difference * difference;
            }

            errors += Plane.Mean(squares);
            planes++;
        }

        return 10 * Math.Log10(255.0 * 255.0 / (errors / planes));
    }
}
