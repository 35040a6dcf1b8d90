using SpikeSR.Reference.Imaging.Metrics;
using SpikeSR.Reference.Imaging.Resampling;

namespace SpikeSR.Reference.Imaging.Tests;

public class MetricsTests
{
    public static IEnumerable<object[]> Goldens => File.ReadLines(SampleFiles.PathOf("metrics", "manifest.tsv")).Select(line => line.Split('\t'));

    [Theory]
    [MemberData(nameof(Goldens))]
    public void Figures_equal_an_independent_computation(string name, string border, string psnrLuma, string psnrColours, string ssimLuma, string ssimColours)
    {
        var image = Image.Load(SampleFiles.PathOf("metrics", name));
        var reference = Image.Load(SampleFiles.PathOf("metrics", "reference.png"));
        var cut = int.Parse(border);
        Assert.Equal(double.Parse(psnrLuma), Psnr.OfLuma(image, reference, cut), 1e-10);
        Assert.Equal(double.Parse(psnrColours), Psnr.OfColours(image, reference, cut), 1e-10);
        Assert.Equal(double.Parse(ssimLuma), Ssim.OfLuma(image, reference, cut), 1e-10);
        Assert.Equal(double.Parse(ssimColours), Ssim.OfColours(image, reference, cut), 1e-10);
    }

    [Fact]
    public void An_image_equals_itself()
    {
        var image = Image.Load(SampleFiles.PathOf("metrics", "reference.png"));
        Assert.Equal(double.PositiveInfinity, Psnr.OfLuma(image, image, 2));
        Assert.Equal(double.PositiveInfinity, Psnr.OfColours(image, image, 2));
        Assert.Equal(1, Ssim.OfLuma(image, image, 2), 1e-12);
        Assert.Equal(1, Ssim.OfColours(image, image, 2), 1e-12);
    }

    [Fact]
    public void Figures_do_not_depend_on_how_samples_are_stored()
    {
        var image = Image.Load(SampleFiles.PathOf("metrics", "noisy.png"));
        var reference = Image.Load(SampleFiles.PathOf("metrics", "reference.png"));
        var wide = Psnr.OfLuma(Rescaled(image, SampleKind.UInt16, 257), Rescaled(reference, SampleKind.UInt16, 257), 4);
        Assert.Equal(Psnr.OfLuma(image, reference, 4), wide, 1e-10);
        var real = Ssim.OfColours(Rescaled(image, SampleKind.Float32, 1 / 255f), Rescaled(reference, SampleKind.Float32, 1 / 255f), 4);
        Assert.Equal(Ssim.OfColours(image, reference, 4), real, 1e-6);
    }

    [Fact]
    public void Opacity_does_not_count()
    {
        var header = new ImageHeader(16, 16, 2, SampleKind.UInt8) { Alpha = AlphaKind.Straight };
        var image = Images.Noise(header, 1);
        var faded = new Image(header, [.. image.Samples.Select((sample, i) => i % 2 == 0 ? sample : 0)]);
        Assert.Equal(double.PositiveInfinity, Psnr.OfColours(image, faded, 0));
        Assert.Equal(double.PositiveInfinity, Psnr.OfLuma(image, faded, 0));
    }

    [Fact]
    public void Images_that_cannot_be_compared_are_refused()
    {
        var image = new Image(new ImageHeader(20, 20, 3, SampleKind.UInt8));
        Assert.Throws<ArgumentException>(() => Psnr.OfLuma(image, new Image(image.Header with { Width = 21 }), 0));
        Assert.Throws<ArgumentException>(() => Psnr.OfLuma(image, new Image(image.Header with { Kind = SampleKind.UInt16 }), 0));
        Assert.Throws<ArgumentException>(() => Psnr.OfLuma(image, image, 10));
        Assert.Throws<ArgumentException>(() => Ssim.OfLuma(image, image, 5));
        var bands = new Image(new ImageHeader(20, 20, 4, SampleKind.UInt8));
        Assert.Throws<ArgumentException>(() => Psnr.OfLuma(bands, bands, 0));
    }

    [Fact]
    public void Bicubic_scores_what_the_validation_images_come_with()
    {
        if (RepositoryPaths.Shared is not { } shared || !Directory.Exists(Path.Combine(shared, "data", "validation")))
        {
            return;
        }

        var scores = Directory.GetFiles(Path.Combine(shared, "data", "validation"), "*.png").Select(path =>
        {
            var whole = Image.Load(path);
            var image = Images.Cropped(whole, whole.Width / 4 * 4, whole.Height / 4 * 4);
            var low = Bicubic.Resize(image, image.Width / 4, image.Height / 4);
            return Psnr.OfLuma(Bicubic.Resize(low, image.Width, image.Height), image, 4);
        }).ToArray();
        Assert.Equal(36, scores.Length);
        Assert.Equal(29.32, scores.Average(), 0.005);
    }

    private static Image Rescaled(Image image, SampleKind kind, float factor) =>
        new(image.Header with { Kind = kind }, [.. image.Samples.Select(sample => sample * factor)]);
}
