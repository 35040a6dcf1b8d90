using System.Buffers.Binary;
using System.IO.Compression;
using System.Text.Json;
using SpikeSR.Reference.Imaging.Tiff;

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

    [ToolFact("djpeg")]
    public void Libjpeg_reads_the_JPEG_files_that_are_written()
    {
        foreach (var channels in (int[])[1, 3])
        {
            var image = Images.Noise(new ImageHeader(61, 47, channels, SampleKind.UInt8), channels);
            var path = Path.Combine(_folder.FullName, $"{channels}.jpg");
            image.Save(path, settings: new ImageWriteSettings { JpegQuality = 90 });
            Assert.Equal(Image.Load(path).Samples, PamSamples(Tool.Run("djpeg", "-pnm", "-dct", "int", path), image.Header));
        }
    }

    [ToolFact("gdal_translate")]
    public void GDAL_reads_the_TIFF_files_that_are_written()
    {
        foreach (var kind in Enum.GetValues<SampleKind>())
        {
            foreach (var (channels, tile) in ((int, int)[])[(1, 0), (3, 32), (4, 0), (6, 16)])
            {
                var image = Images.Noise(new ImageHeader(61, 47, channels, kind), channels);
                var path = Path.Combine(_folder.FullName, $"{kind}{channels}.tif");
                image.Save(path, settings: new ImageWriteSettings { TiffTileSize = tile });
                AssertGdalReads(image, path);
                using (var stream = File.Create(path))
                using (var writer = new TiffWriter(stream, image.Header, CompressionLevel.Optimal, tile, isBig: true))
                {
                    writer.WriteRows(image.Samples);
                    writer.Complete();
                }

                AssertGdalReads(image, path);
            }
        }
    }

    [ToolFact("gdalinfo")]
    public void GDAL_places_an_enlarged_image_on_the_same_ground()
    {
        foreach (var name in (string[])["gdal-geo-area.tif", "gdal-geo-point.tif", "gdal-geo-rotated.tif", "gdal-geo-rotated-point.tif"])
        {
            var source = SampleFiles.PathOf("tiff", name);
            var image = Image.Load(source);
            var path = Path.Combine(_folder.FullName, name);
            new Image(image.Header.Resized(4 * image.Width, 4 * image.Height)).Save(path);
            var (before, after) = (GdalInfo(source), GdalInfo(path));
            foreach (var corner in (string[])["upperLeft", "lowerLeft", "lowerRight", "upperRight", "center"])
            {
                for (var axis = 0; axis < 2; axis++)
                {
                    Assert.Equal(
                        before.GetProperty("cornerCoordinates").GetProperty(corner)[axis].GetDouble(),
                        after.GetProperty("cornerCoordinates").GetProperty(corner)[axis].GetDouble(),
                        1e-6);
                }
            }

            Assert.Equal(before.GetProperty("coordinateSystem").GetRawText(), after.GetProperty("coordinateSystem").GetRawText());
            Assert.Equal(before.GetProperty("metadata").GetProperty("").GetRawText(), after.GetProperty("metadata").GetProperty("").GetRawText());
            Assert.Equal(0, after.GetProperty("bands")[0].GetProperty("noDataValue").GetDouble());
        }

        static JsonElement GdalInfo(string path) => JsonDocument.Parse(Tool.Run("gdalinfo", "-json", path)).RootElement;
    }

    private void AssertGdalReads(Image image, string path)
    {
        var raw = Path.Combine(_folder.FullName, "raw");
        Tool.Run("gdal_translate", "-q", "-of", "ENVI", "-co", "INTERLEAVE=BIP", path, raw);
        var samples = new float[image.Header.Samples];
        Samples.FromBytes(File.ReadAllBytes(raw), samples, image.Header.Kind, isLittleEndian: true);
        Assert.Equal(image.Samples, samples);
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
