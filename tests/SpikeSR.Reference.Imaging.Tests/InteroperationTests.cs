using System.Buffers.Binary;
using System.IO.Compression;
using System.Text.Json;
using SpikeSR.Reference.Imaging.Tiff;

namespace SpikeSR.Reference.Imaging.Tests;

/// <summary>What this project writes, read by the programs that people use, and what they write, read by this project as they read it themselves.</summary>
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

    [ToolFact("pnmtopng", "pngtopam")]
    public void What_libpng_writes_is_read_as_libpng_reads_it()
    {
        var source = Source("source.ppm", 3, SampleKind.UInt8);
        var deep = Source("deep.ppm", 3, SampleKind.UInt16);
        var grey = Source("grey.pgm", 1, SampleKind.UInt8);
        foreach (var (input, options) in ((string, string[])[])[(source, []), (source, ["-interlace"]), (deep, ["-interlace"]), (deep, ["-paeth"]), (grey, ["-downscale"]), (grey, ["-up", "-gamma", "0.45"])])
        {
            var path = Path.Combine(_folder.FullName, "file.png");
            File.WriteAllBytes(path, Tool.Run("pnmtopng", [.. options, input]));
            var image = Image.Load(path);
            Assert.Equal(PamSamples(Tool.Run("pngtopam", path), image.Header), image.Samples);
        }
    }

    [ToolFact("cjpeg", "djpeg")]
    public void What_libjpeg_turbo_writes_is_read_as_libjpeg_turbo_reads_it()
    {
        var source = Source("source.ppm", 3, SampleKind.UInt8);
        foreach (var options in (string[][])[[], ["-sample", "1x1"], ["-sample", "2x1", "-restart", "1"], ["-progressive"], ["-grayscale", "-quality", "30"], ["-rgb", "-optimize"]])
        {
            var path = Path.Combine(_folder.FullName, "file.jpg");
            File.WriteAllBytes(path, Tool.Run("cjpeg", [.. options, source]));
            var image = Image.Load(path);
            var expected = PamSamples(Tool.Run("djpeg", "-pnm", path), image.Header);
            Assert.All(expected.Zip(image.Samples), pair => Assert.InRange(pair.Second - pair.First, -2, 2));
        }
    }

    [ToolFact("gdal_translate", "tiffcp")]
    public void What_GDAL_and_libtiff_write_is_read_as_GDAL_reads_it()
    {
        foreach (var kind in (SampleKind[])[SampleKind.UInt8, SampleKind.UInt16, SampleKind.Float32])
        {
            var source = Path.Combine(_folder.FullName, "source.tif");
            var image = Images.Noise(new ImageHeader(61, 47, 3, kind), 5);
            image.Save(source);
            var path = Path.Combine(_folder.FullName, "file.tif");
            foreach (var options in (string[][])[["COMPRESS=LZW", "PREDICTOR=2"], ["COMPRESS=DEFLATE", "TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=32"], ["COMPRESS=PACKBITS", "INTERLEAVE=BAND"], ["BIGTIFF=YES", "ENDIANNESS=BIG"]])
            {
                Tool.Run("gdal_translate", ["-q", .. options.SelectMany(option => (string[])["-co", option]), source, path]);
                Assert.Equal(image.Samples, Image.Load(path).Samples);
            }

            foreach (var options in (string[][])[["-c", "lzw:2"], ["-c", "zip", "-t", "-w", "16", "-l", "16"], ["-c", "packbits", "-r", "5"], ["-B", "-c", "none"], ["-8"]])
            {
                Tool.Run("tiffcp", [.. options, source, path]);
                AssertGdalReads(Image.Load(path), path);
            }
        }
    }

    [ToolFact("convert")]
    public void What_ImageMagick_writes_is_read_as_ImageMagick_reads_it()
    {
        var source = Source("source.ppm", 3, SampleKind.UInt8);
        foreach (var (name, options) in ((string, string[])[])[("a.png", ["-colors", "200", "-define", "png:color-type=3"]), ("b.png", ["-interlace", "PNG"]), ("c.tif", ["-compress", "Zip"]), ("d.tif", ["-endian", "MSB", "-compress", "None"]), ("e.ppm", ["-compress", "none"])])
        {
            var path = Path.Combine(_folder.FullName, name);
            Tool.Run("convert", [source, .. options, path]);
            var image = Image.Load(path);
            Assert.Equal(PamSamples(Tool.Run("convert", path, "-depth", "8", "ppm:-"), new ImageHeader(image.Width, image.Height, 3, SampleKind.UInt8)), image.Samples);
        }
    }

    [ToolFact("/usr/bin/python3")]
    public void What_PIL_writes_is_read_as_PIL_reads_it()
    {
        const string script = """
            import sys
            from PIL import Image
            source, folder = sys.argv[1:]
            rgb = Image.open(source)
            rgb.save(folder + '/0.png', optimize=True)
            rgb.quantize(200).save(folder + '/1.png')
            rgb.save(folder + '/2.tif', compression='tiff_lzw')
            rgb.save(folder + '/3.tif', compression='tiff_adobe_deflate')
            rgb.convert('L').save(folder + '/4.png')
            for name in ('0.png', '1.png', '2.tif', '3.tif', '4.png'):
                image = Image.open(folder + '/' + name)
                open(folder + '/' + name + '.raw', 'wb').write((image if image.mode == 'L' else image.convert('RGB')).tobytes())
            """;
        Tool.Run("/usr/bin/python3", "-c", script, Source("source.ppm", 3, SampleKind.UInt8), _folder.FullName);
        foreach (var raw in _folder.GetFiles("*.raw"))
        {
            Assert.Equal(File.ReadAllBytes(raw.FullName).Select(sample => (float)sample), Image.Load(raw.FullName[..^4]).Samples);
        }
    }

    private string Source(string name, int channels, SampleKind kind)
    {
        var path = Path.Combine(_folder.FullName, name);
        Images.Noise(new ImageHeader(61, 47, channels, kind), 4).Save(path);
        return path;
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
