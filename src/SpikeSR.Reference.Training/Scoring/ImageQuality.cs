using SpikeSR.Reference.Imaging;
using SpikeSR.Reference.Imaging.Metrics;

namespace SpikeSR.Reference.Training.Scoring;

/// <summary>How near an enlargement is to the picture it should be, with a border of the scale's pixels cut (SPEC SCORE-1).</summary>
/// <param name="PsnrY">Of brightness, in dB.</param>
/// <param name="SsimY">Of brightness.</param>
/// <param name="PsnrRgb">Of the colours together, in dB.</param>
/// <param name="SsimRgb">Mean of the colours'.</param>
public sealed record ImageQuality(double PsnrY, double SsimY, double PsnrRgb, double SsimRgb)
{
    /// <summary>Measures.</summary>
    /// <param name="image">An enlargement.</param>
    /// <param name="truth">The picture.</param>
    /// <param name="border">Rows and columns left out on every side.</param>
    public static ImageQuality Of(Image image, Image truth, int border) => new(
        Psnr.OfLuma(image, truth, border), Ssim.OfLuma(image, truth, border), Psnr.OfColours(image, truth, border), Ssim.OfColours(image, truth, border));

    /// <summary>The mean of each figure.</summary>
    /// <param name="all">At least one.</param>
    public static ImageQuality Mean(IReadOnlyCollection<ImageQuality> all) =>
        new(all.Average(one => one.PsnrY), all.Average(one => one.SsimY), all.Average(one => one.PsnrRgb), all.Average(one => one.SsimRgb));
}
