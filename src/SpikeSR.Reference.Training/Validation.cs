using SpikeSR.Reference.Imaging;
using SpikeSR.Reference.Imaging.Metrics;
using SpikeSR.Reference.Imaging.Resampling;
using SpikeSR.Reference.Imaging.Upscaling;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Training;

/// <summary>Scores a network on pictures that it is not trained on, as the 8-bit images that a user would get.</summary>
public static class Validation
{
    /// <summary>Mean PSNR on Y in dB, with a border of the scale's pixels cut.</summary>
    /// <param name="network">The network.</param>
    /// <param name="backend">What computes.</param>
    /// <param name="images">The pictures.</param>
    public static double MeanPsnr(SpikeSr<F32> network, Backend<F32> backend, IReadOnlyList<TrainingImage> images)
    {
        var upscaler = new SpikeSrUpscaler(network, backend);
        return Mean(images, image => upscaler.Upscale(image.Low()));
    }

    /// <summary>The same for bicubic enlargement.</summary>
    /// <param name="images">The pictures.</param>
    /// <param name="threads">Threads.</param>
    public static double MeanBicubicPsnr(IReadOnlyList<TrainingImage> images, Parallelism threads) =>
        Mean(images, image => Bicubic.Resize(image.Low(), image.LowWidth * image.Scale, image.LowHeight * image.Scale, threads));

    private static double Mean(IReadOnlyList<TrainingImage> images, Func<TrainingImage, Image> enlarge) =>
        images.Average(image => Psnr.OfLuma(enlarge(image), image.High(), image.Scale));
}
