using SpikeSR.Reference.Imaging.Upscaling;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Training.Scoring;

/// <summary>What a network is worth on a set of pictures, beside bicubic, and what it costs.</summary>
/// <param name="Images">Each picture's.</param>
/// <param name="Model">The network's mean.</param>
/// <param name="Bicubic">Bicubic's mean.</param>
/// <param name="WorseThanBicubic">Pictures whose PSNR on Y is under bicubic's.</param>
/// <param name="Spikes">Where spikes fire, and how often.</param>
/// <param name="Energy">Operations and energy at those rates.</param>
public sealed record ModelScore(
    IReadOnlyList<ImageScore> Images, ImageQuality Model, ImageQuality Bicubic, int WorseThanBicubic, IReadOnlyList<SpikeSite> Spikes, EnergyEstimate Energy)
{
    /// <summary>Scores a network: each picture is reduced, enlarged to 8 bits as a user would, and compared.</summary>
    /// <param name="network">The network.</param>
    /// <param name="backend">What computes.</param>
    /// <param name="pictures">The pictures; one is held at a time.</param>
    /// <param name="done">Is told each picture's score as it is found, and shown what was scored.</param>
    /// <exception cref="ArgumentException">There is no picture.</exception>
    public static ModelScore Of(SpikeSr<F32> network, Backend<F32> backend, IEnumerable<TrainingImage> pictures, Action<ImageScore, Enlargements> done)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(pictures);
        ArgumentNullException.ThrowIfNull(done);
        var (upscaler, meter, images) = (new SpikeSrUpscaler(network, backend), new SpikeMeter(network, backend), new List<ImageScore>());
        foreach (var picture in pictures)
        {
            var (low, truth) = (picture.Low(), picture.High());
            var made = new Enlargements(Imaging.Resampling.Bicubic.Resize(low, truth.Width, truth.Height, backend.Threads), upscaler.Upscale(low), truth);
            images.Add(new ImageScore(
                picture.Name, truth.Width, truth.Height, ImageQuality.Of(made.Model, truth, picture.Scale), ImageQuality.Of(made.Bicubic, truth, picture.Scale)));
            meter.Add(picture);
            done(images[^1], made);
        }

        if (images.Count == 0)
        {
            throw new ArgumentException("there is no picture to score", nameof(pictures));
        }

        return new ModelScore(
            images,
            ImageQuality.Mean([.. images.Select(image => image.Model)]),
            ImageQuality.Mean([.. images.Select(image => image.Bicubic)]),
            images.Count(image => image.Model.PsnrY < image.Bicubic.PsnrY),
            meter.Sites,
            EnergyEstimate.Of(network.Configuration, meter.Sites));
    }
}
