using System.Buffers.Binary;

namespace SpikeSR.Reference.Imaging.Tests;

/// <summary>What this project writes, read by the programs that people use.</summary>
public sealed class InteroperationTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    public void Dispose() => _folder.Delete(recursive: true);

    [ToolFact("pngtopam", "pngcheck")]
    public void Libpng_reads_the_PNG_files_that_are_written()
    {
        foreach (var kind in (SampleKind[])[SampleKind.UInt8, SampleKind.UInt16])
        {
            for (var channels = 1; channels <= 4; channels++)
            {
                var alpha = channels % 2 == 0 ? AlphaKind.Straight : AlphaKind.None;
                var metadata = new ImageMetadata { Gamma = 45455, SrgbIntent = 0, Density = new PixelDensity(2835, 2835, IsPhysical: true) };
                var image = Images.Noise(new ImageHeader(61, 47, channels, kind) { Alpha = alpha, Metadata = metadata }, channels);
                var path = Path.Combine(_folder.FullName, $"{kind}{channels}.png");
                image.Save(path);
                Tool.Run("pngcheck", path);
                string[] arguments = alpha == AlphaKind.None ? [path] : ["-alphapam", path];
                Assert.Equal(image.Samples, PamSamples(Tool.Run("pngtopam", arguments), image.Header));
            }
        }
    }

    // The samples are the last bytes of a PAM, PGM or PPM, big-endian.
    private static float[] PamSamples(byte[] pam, ImageHeader header)
    {
        var bytes = pam.AsSpan(^(int)(header.Samples * header.BytesPerSample)..);
        var samples = new float[header.Samples];
        for (var i = 0; i < samples.Length; i++)
        {
            samples[i] = header.Kind == SampleKind.UInt8 ? bytes[i] : BinaryPrimitives.ReadUInt16BigEndian(bytes[(2 * i)..]);
        }

        return samples;
    }
}
