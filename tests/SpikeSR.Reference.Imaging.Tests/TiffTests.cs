using System.IO.Compression;
using SpikeSR.Reference.Imaging.Tiff;
using SpikeSR.Reference.Serialization;

namespace SpikeSR.Reference.Imaging.Tests;

public class TiffTests
{
    public static IEnumerable<object[]> Layouts =>
        from kind in Enum.GetValues<SampleKind>()
        from channels in (int[])[1, 2, 3, 4, 7]
        from tile in (int[])[0, 16, 48]
        select new object[] { kind, channels, tile };

    [Theory]
    [MemberData(nameof(Layouts))]
    public void What_is_written_is_read_back(SampleKind kind, int channels, int tile)
    {
        foreach (var (width, height) in ((int, int)[])[(1, 1), (21, 37), (200, 190)])
        {
            var alpha = channels switch { 2 => AlphaKind.Straight, 4 => AlphaKind.Premultiplied, _ => AlphaKind.None };
            var image = Images.Noise(new ImageHeader(width, height, channels, kind) { Alpha = alpha }, seed: width);
            var read = Decoding.Load(Images.Encode(image, ImageFormat.Tiff, new ImageWriteSettings { TiffTileSize = tile }));
            Assert.Equal(image.Header, read.Header);
            Assert.Equal(image.Samples, read.Samples);

            using var big = new MemoryStream();
            using (var writer = new TiffWriter(big, image.Header, CompressionLevel.Fastest, tile, isBig: true))
            {
                writer.WriteRows(image.Samples);
                writer.Complete();
            }

            Assert.Equal((byte)'+', big.GetBuffer()[2]);
            Assert.Equal(image.Samples, Decoding.Load(big.ToArray()).Samples);
        }
    }

    [Fact]
    public void Offsets_of_64_bits_come_into_use_where_the_samples_near_4_GiB()
    {
        Assert.False(TiffWriter.NeedsBig(new ImageHeader(32000, 32000, 3, SampleKind.UInt8)));
        Assert.False(TiffWriter.NeedsBig(new ImageHeader(32000, 32000, 4, SampleKind.UInt8)));
        Assert.True(TiffWriter.NeedsBig(new ImageHeader(32768, 32768, 4, SampleKind.UInt8)));
        Assert.True(TiffWriter.NeedsBig(new ImageHeader(32768, 32768, 1, SampleKind.Float32)));
        Assert.True(TiffWriter.NeedsBig(new ImageHeader(int.MaxValue, int.MaxValue, 3, SampleKind.UInt16)));
    }

    [Fact]
    public void Profile_and_density_are_carried_over()
    {
        var metadata = Image.Load(SampleFiles.PathOf("tiff", "pil-profile.tif")).Header.Metadata;
        Assert.Equal(File.ReadAllBytes(SampleFiles.PathOf("tiff", "pil-profile.tif.icc")), metadata.IccProfile.ToArray());
        Assert.Equal(new PixelDensity(10000, 5000, IsPhysical: true), metadata.Density);
        var copy = Decoding.Load(Images.Encode(new Image(new ImageHeader(2, 2, 3, SampleKind.UInt8) { Metadata = metadata }), ImageFormat.Tiff)).Header.Metadata;
        Assert.Equal(metadata.IccProfile.ToArray(), copy.IccProfile.ToArray());
        Assert.Equal(metadata.Density, copy.Density);
        var inches = Image.Load(SampleFiles.PathOf("tiff", "pil-rgb-raw.tif")).Header.Metadata.Density;
        Assert.Equal(new PixelDensity(300 / 0.0254, 150 / 0.0254, IsPhysical: true), inches);
    }

    [Theory]
    [InlineData("gdal-geo-area.tif")]
    [InlineData("gdal-geo-point.tif")]
    [InlineData("gdal-geo-rotated.tif")]
    [InlineData("gdal-geo-rotated-point.tif")]
    [InlineData("gdal-geo-points.tif")]
    [InlineData("gdal-geo-rational.tif")]
    public void Georeferencing_is_carried_over_unchanged(string name)
    {
        var image = Image.Load(SampleFiles.PathOf("tiff", name));
        var ground = image.Header.Metadata.Georeference!;
        var copy = Decoding.Load(Images.Encode(image, ImageFormat.Tiff)).Header.Metadata.Georeference!;
        Assert.Equal(ground.PixelScale, copy.PixelScale);
        Assert.Equal(ground.TiePoints, copy.TiePoints);
        Assert.Equal(ground.Transformation, copy.Transformation);
        Assert.Equal(ground.Keys, copy.Keys);
        Assert.Equal(ground.KeyNumbers, copy.KeyNumbers);
        Assert.Equal(ground.KeyTexts.ToArray(), copy.KeyTexts.ToArray());
        Assert.Equal(ground.GdalMetadata.ToArray(), copy.GdalMetadata.ToArray());
        Assert.Equal(ground.NoData.ToArray(), copy.NoData.ToArray());
        Assert.Equal(ground.RationalPolynomials, copy.RationalPolynomials);
        Assert.Equal(0, ground.NoDataValue);
        Assert.Equal(name.Contains("point.", StringComparison.Ordinal), ground.IsPixelCentre);
    }

    [Theory]
    [InlineData("gdal-geo-area.tif", false)]
    [InlineData("gdal-geo-point.tif", false)]
    [InlineData("gdal-geo-rotated.tif", true)]
    [InlineData("gdal-geo-rotated-point.tif", true)]
    public void Scaling_keeps_every_corner_of_every_pixel_on_its_ground(string name, bool isRotated)
    {
        var ground = Image.Load(SampleFiles.PathOf("tiff", name)).Header.Metadata.Georeference!;
        Assert.Equal(isRotated, ground.Transformation.Count == 16);
        foreach (var (scaleX, scaleY) in ((double, double)[])[(4, 4), (2, 3), (0.25, 0.5)])
        {
            var scaled = ground.Scaled(scaleX, scaleY);
            foreach (var (column, row) in ((double, double)[])[(0, 0), (20, 18), (7, 3)])
            {
                var expected = Place(ground, column, row);
                var actual = Place(scaled, column * scaleX, row * scaleY);
                Assert.Equal(expected.X, actual.X, 1e-6);
                Assert.Equal(expected.Y, actual.Y, 1e-6);
            }
        }
    }

    [Fact]
    public void Scaling_moves_control_points_and_rational_polynomials()
    {
        var points = Image.Load(SampleFiles.PathOf("tiff", "gdal-geo-points.tif")).Header.Metadata.Georeference!;
        var scaled = points.Scaled(4, 2);
        Assert.Equal(24, points.TiePoints.Count);
        Assert.Equal((4 * points.TiePoints[6], 2 * points.TiePoints[7]), (scaled.TiePoints[6], scaled.TiePoints[7]));
        Assert.Equal(points.TiePoints.Skip(8).Take(4), scaled.TiePoints.Skip(8).Take(4));

        // Line and sample of a pixel's centre: 9 lies in the middle of pixel 9, so 4 * 9.5 - 0.5 once it is divided in four.
        var polynomials = Image.Load(SampleFiles.PathOf("tiff", "gdal-geo-rational.tif")).Header.Metadata.Georeference!.Scaled(4, 2).RationalPolynomials;
        Assert.Equal((18.5, 41.5, 19.0, 42.0), (polynomials[2], polynomials[3], polynomials[7], polynomials[8]));
        Assert.Equal((48.5, 0.1), (polynomials[4], polynomials[9]));
    }

    [Theory]
    [InlineData("pil-cmyk.tif.refused", "PhotometricInterpretation")]
    [InlineData("pil-jpeg.tif.refused", "Compression")]
    [InlineData("pil-int32.tif.refused", "32 bits")]
    public void Kinds_that_are_not_read_are_named(string name, string because) =>
        Assert.Contains(because, Assert.Throws<MalformedFileException>(() => Image.Load(SampleFiles.PathOf("tiff", name))).Message, StringComparison.Ordinal);

    [Fact]
    public void A_thumbnail_before_the_image_is_passed_over()
    {
        // Two directories: the first, of one pixel, says that it is a reduced copy.
        var small = new TiffDirectoryWriter(isBig: false);
        small.AddLong(TiffTag.NewSubfileType, 1);
        small.AddLong(TiffTag.ImageWidth, 1);
        using var stream = new MemoryStream();
        stream.Write("II*\0\0\0\0\0"u8);
        var first = small.Write(stream, 0);
        var bytes = Raw(stream, [], [9, 8, 7, 6]);
        BitConverter.TryWriteBytes(bytes.AsSpan((int)first + 2 + (2 * 12)), BitConverter.ToUInt32(bytes, 4));
        BitConverter.TryWriteBytes(bytes.AsSpan(4), (uint)first);
        Assert.Equal([9, 8, 7, 6], Decoding.Load(bytes).Samples);
    }

    public static TheoryData<string, byte[], string> Wrong
    {
        get
        {
            byte[] four = [1, 2, 3, 4];
            byte[] sound = Raw([], four);
            return new()
            {
                { "2^31-1 x 2^31-1 pixels", Raw([(TiffTag.ImageWidth, int.MaxValue), (TiffTag.ImageLength, int.MaxValue)], four), "strip 0" },
                { "as much in tiles", Raw([(TiffTag.ImageWidth, int.MaxValue), (TiffTag.ImageLength, int.MaxValue), (TiffTag.TileWidth, 16), (TiffTag.TileLength, 16)], four), "tag" },
                { "one pixel too many", Raw([(TiffTag.ImageWidth, 5), (TiffTag.ImageLength, 1)], four), "strip 0" },
                { "too many for PackBits", Raw([(TiffTag.ImageWidth, 257), (TiffTag.ImageLength, 1), (TiffTag.Compression, 32773)], four), "can hold" },
                { "too many for Deflate", Raw([(TiffTag.ImageWidth, 4129), (TiffTag.ImageLength, 1), (TiffTag.Compression, 8)], four), "can hold" },
                { "too many for LZW", Raw([(TiffTag.ImageWidth, 10241), (TiffTag.ImageLength, 1), (TiffTag.Compression, 5)], four), "can hold" },
                { "no columns", Raw([(TiffTag.ImageWidth, 0)], four), "ImageWidth" },
                { "no rows", Raw([(TiffTag.ImageLength, 0)], four), "ImageLength" },
                { "no width", Raw([(TiffTag.ImageWidth, null)], four), "ImageWidth" },
                { "no offsets", Raw([(TiffTag.StripOffsets, null)], four), "StripOffsets" },
                { "fewer strips than rows need", Raw([(TiffTag.RowsPerStrip, 1)], four), "StripOffsets" },
                { "offset past the end", Raw([(TiffTag.StripOffsets, 1 << 30)], four), "StripOffsets" },
                { "count past the end", Raw([(TiffTag.StripByteCounts, 1 << 30)], four), "StripOffsets" },
                { "too little data", Raw([(TiffTag.StripByteCounts, 3)], four), "strip 0" },
                { "no samples", Raw([(TiffTag.SamplesPerPixel, 0)], four), "SamplesPerPixel" },
                { "65536 samples", Raw([(TiffTag.SamplesPerPixel, 65536)], four), "SamplesPerPixel" },
                { "3 bits", Raw([(TiffTag.BitsPerSample, 3)], four), "3 bits" },
                { "64-bit floats", Raw([(TiffTag.BitsPerSample, 64), (TiffTag.SampleFormat, 3)], four), "64 bits" },
                { "complex", Raw([(TiffTag.BitsPerSample, 32), (TiffTag.SampleFormat, 5)], four), "format 5" },
                { "CCITT", Raw([(TiffTag.Compression, 4)], four), "method 4" },
                { "CIELab", Raw([(TiffTag.PhotometricInterpretation, 8)], four), "PhotometricInterpretation" },
                { "RGB of one sample", Raw([(TiffTag.PhotometricInterpretation, 2)], four), "PhotometricInterpretation" },
                { "palette that is not there", Raw([(TiffTag.PhotometricInterpretation, 3)], four), "ColorMap" },
                { "palette of one colour", Raw([(TiffTag.PhotometricInterpretation, 3), (TiffTag.ColorMap, 7)], four), "ColorMap" },
                { "planes of kind 3", Raw([(TiffTag.PlanarConfiguration, 3)], four), "PlanarConfiguration" },
                { "predictor 4", Raw([(TiffTag.Predictor, 4), (TiffTag.Compression, 8)], four), "Predictor" },
                { "float predictor of bytes", Raw([(TiffTag.Predictor, 3), (TiffTag.Compression, 8)], four), "Predictor" },
                { "lowest bit first", Raw([(TiffTag.FillOrder, 2)], four), "FillOrder" },
                { "tile without a width", Raw([(TiffTag.TileWidth, 0), (TiffTag.TileLength, 16)], four), "TileWidth" },
                { "tile without a length", Raw([(TiffTag.TileWidth, 16)], four), "TileLength" },
                { "tile far wider than the image", Raw([(TiffTag.TileWidth, 1 << 30), (TiffTag.TileLength, 2), (TiffTag.TileOffsets, 0), (TiffTag.TileByteCounts, 0)], four), "TileWidth" },
                { "no LZW", Raw([(TiffTag.Compression, 5)], [0xFF, 0xFF, 0xFF, 0xFF]), "LZW" },
                { "LZW that ends", Raw([(TiffTag.Compression, 5)], [0x80, 0x00, 0x7F, 0xFF, 0xFF]), "strip 0" },
                { "LZW that is cut", Raw([(TiffTag.Compression, 5)], [0x80, 0x00]), "too little" },
                { "PackBits that is cut", Raw([(TiffTag.Compression, 32773)], [2, 1, 2]), "too little" },
                { "PackBits of nothing", Raw([(TiffTag.Compression, 32773)], [0x80, 0x80, 0x80]), "too little" },
                { "no zlib stream", Raw([(TiffTag.Compression, 8)], four), "strip 0" },
                { "directory past the end", [.. "II*\0"u8, 0, 0, 0, 1, 0, 0], "directory" },
                { "no directory", [.. "II*\0"u8, 0, 0, 0, 0], "directories" },
                { "empty directory", [.. "II*\0"u8, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0], "0 entries" },
                { "directory longer than the file", [.. "II*\0"u8, 8, 0, 0, 0, 255, 255, 0, 0, 0, 0], "65535 entries" },
                { "circle of thumbnails", Circle(), "directories" },
                { "BigTIFF with offsets of 4 bytes", [.. "II+\0\u0004\0\0\0"u8, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0], "another size" },
                { "BigTIFF directory past the end", [.. "II+\0\b\0\0\0"u8, 255, 255, 255, 255, 255, 255, 255, 255], "directory" },
                { "cut header", [.. "II*\0"u8, 8, 0], "header" },
                { "cut BigTIFF header", [.. "II+\0\b\0\0\0"u8, 8, 0], "header" },
                { "cut directory", sound[..^30], "" },
            };
        }
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Wrong_files_are_refused_in_one_line_that_says_why(string what, byte[] bytes, string because)
    {
        var refused = Assert.IsType<MalformedFileException>(Decoding.Survive(bytes, new ImageLimits { MaxPixels = long.MaxValue, MaxBufferedBytes = long.MaxValue }));
        Assert.True(refused.Message.Contains(because, StringComparison.Ordinal), $"{what}: {refused.Message}");
    }

    [Fact]
    public void The_smallest_sound_files_decode()
    {
        byte[] four = [1, 2, 3, 4];
        Assert.Equal([1, 2, 3, 4], Decoding.Load(Raw([], four)).Samples);
        Assert.Equal([1, 2, 3, 4], Decoding.Load(Raw([(TiffTag.StripByteCounts, null)], four)).Samples);
        Assert.Equal([254, 253, 252, 251], Decoding.Load(Raw([(TiffTag.PhotometricInterpretation, 0)], four)).Samples);
        Assert.Equal([1, 1, 1, 5], Decoding.Load(Raw([(TiffTag.Compression, 32773)], [0xFE, 1, 0x80, 0, 5])).Samples);

        // Clear, 7, the string that is being made (7 7), 7, end: 9 bits each.
        Assert.Equal([7, 7, 7, 7], Decoding.Load(Raw([(TiffTag.Compression, 5)], [0x80, 0x01, 0xE0, 0x40, 0x78, 0x08])).Samples);
    }

    [Fact]
    public void The_value_for_no_data_is_converted_with_the_samples()
    {
        var turned = WithoutData("3", [(TiffTag.BitsPerSample, 8), (TiffTag.PhotometricInterpretation, 0)], [1, 2, 3, 4]);
        Assert.Equal((252f, 252f), (turned.Samples[2], turned.Header.Metadata.Georeference!.NoDataValue));
        var narrow = WithoutData("15", [(TiffTag.BitsPerSample, 4), (TiffTag.PhotometricInterpretation, 1)], [0x12, 0x3F]);
        Assert.Equal((255f, 255f), (narrow.Samples[3], narrow.Header.Metadata.Georeference!.NoDataValue));
        var plain = WithoutData("3", [(TiffTag.BitsPerSample, 8), (TiffTag.PhotometricInterpretation, 1)], [1, 2, 3, 4]);
        Assert.Equal((3f, 3f), (plain.Samples[2], plain.Header.Metadata.Georeference!.NoDataValue));
    }

    [Fact]
    public void Limits_stop_sound_images_before_memory_is_taken()
    {
        var image = new Image(new ImageHeader(1000, 900, 3, SampleKind.UInt8));
        var tiles = Images.Encode(image, ImageFormat.Tiff, new ImageWriteSettings { TiffTileSize = 512 });
        Assert.IsType<LimitExceededException>(Decoding.Survive(tiles, new ImageLimits { MaxPixels = 899_999 }));
        Assert.IsType<LimitExceededException>(Decoding.Survive(tiles, new ImageLimits { MaxBufferedBytes = 512 * 3000 }));
        Assert.Null(Decoding.Survive(tiles, new ImageLimits { MaxBufferedBytes = 513 * 3000 }));
        var strips = Images.Encode(image, ImageFormat.Tiff);
        Assert.Null(Decoding.Survive(strips, new ImageLimits { MaxBufferedBytes = 36_000 }));
        Assert.IsType<LimitExceededException>(Decoding.Survive(strips, new ImageLimits { MaxBufferedBytes = 35_999 }));

        // Every channel of its own strips has an unpacker, whether or not a strip is there.
        var planes = PlanesWithoutStrips(1000);
        Assert.Null(Decoding.Survive(planes, new ImageLimits { MaxBufferedBytes = 66_000_000 }));
        Assert.IsType<LimitExceededException>(Decoding.Survive(planes, new ImageLimits { MaxBufferedBytes = 64_000_000 }));
    }

    [Fact]
    public void A_single_strip_of_any_height_takes_memory_for_rows_only()
    {
        using var data = new MemoryStream();
        using (var deflate = new ZLibStream(data, CompressionLevel.Fastest, leaveOpen: true))
        {
            for (var row = 0; row < 20_000; row++)
            {
                deflate.Write(new byte[300]);
            }
        }

        var bytes = Raw([(TiffTag.ImageWidth, 300), (TiffTag.ImageLength, 20_000), (TiffTag.RowsPerStrip, int.MaxValue), (TiffTag.Compression, 8)], data.ToArray());
        using var reader = ImageFormats.Open(new MemoryStream(bytes), "stream");
        var line = new float[300];
        var before = GC.GetAllocatedBytesForCurrentThread();
        while (reader.NextRow < reader.Header.Height)
        {
            reader.ReadRows(line);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void What_TIFF_cannot_hold_is_refused()
    {
        var header = new ImageHeader(2, 2, 3, SampleKind.UInt8);
        Assert.Throws<ArgumentException>(() => ImageFormats.CheckWritable(ImageFormat.Tiff, header with { Channels = 65536 }));
        Assert.Throws<ArgumentException>(() => Images.Encode(new Image(header), ImageFormat.Tiff, new ImageWriteSettings { TiffTileSize = 20 }));
        Assert.Throws<ArgumentException>(() => Images.Encode(new Image(header), ImageFormat.Tiff, new ImageWriteSettings { TiffTileSize = -16 }));
        using var pipe = new DeflateStream(Stream.Null, CompressionLevel.Fastest);
        Assert.Throws<ArgumentException>(() => ImageFormats.Create(pipe, ImageFormat.Tiff, header));
    }

    // The place on the ground of a point of the raster whose origin is the outer corner of the first pixel (GeoTIFF 1.1, annex C; GDAL's rule for points).
    private static (double X, double Y) Place(Georeference ground, double column, double row)
    {
        var (i, j) = ground.IsPixelCentre ? (column - 0.5, row - 0.5) : (column, row);
        if (ground.Transformation.Count == 16)
        {
            var m = ground.Transformation;
            return ((m[0] * i) + (m[1] * j) + m[3], (m[4] * i) + (m[5] * j) + m[7]);
        }

        var (tie, size) = (ground.TiePoints, ground.PixelScale);
        return (tie[3] + ((i - tie[0]) * size[0]), tie[4] - ((j - tie[1]) * size[1]));
    }

    private static byte[] Circle()
    {
        using var stream = new MemoryStream();
        stream.Write("II*\0\b\0\0\0"u8);
        var directory = new TiffDirectoryWriter(isBig: false);
        directory.AddLong(TiffTag.NewSubfileType, 1);
        directory.Write(stream, 0);
        stream.Position -= 4;
        stream.WriteByte(8);
        return stream.ToArray();
    }

    // A value for no data says nothing of where the image lies.
    [Fact]
    public void An_image_without_a_place_is_turned() => Assert.Equal([3, 1, 4, 2], WithoutData("9", [(TiffTag.BitsPerSample, 8), (TiffTag.PhotometricInterpretation, 1), (TiffTag.Orientation, 6)], [1, 2, 3, 4]).Samples);

    // A grey image of 2x2 with a value for no data, as text.
    private static Image WithoutData(string noData, (TiffTag Tag, int Value)[] tags, byte[] data)
    {
        using var stream = new MemoryStream();
        stream.Write("II*\0\0\0\0\0"u8);
        var directory = new TiffDirectoryWriter(isBig: false);
        var first = (int)stream.Position;
        stream.Write(data);
        directory.Align(stream, 0);
        foreach (var (tag, value) in tags.Concat([(TiffTag.ImageWidth, 2), (TiffTag.ImageLength, 2), (TiffTag.StripOffsets, first), (TiffTag.StripByteCounts, data.Length)]))
        {
            directory.AddLong(tag, value);
        }

        directory.AddBytes(TiffTag.GdalNoData, TiffType.Ascii, System.Text.Encoding.ASCII.GetBytes(noData + '\0'));
        return Decoding.Load(Finished(stream, directory));
    }

    // One pixel of so many channels, each in strips of its own, none of which is there.
    private static byte[] PlanesWithoutStrips(int planes)
    {
        using var stream = new MemoryStream();
        stream.Write("II*\0\0\0\0\0"u8);
        var directory = new TiffDirectoryWriter(isBig: false);
        foreach (var (tag, value) in new[]
        {
            (TiffTag.ImageWidth, 1), (TiffTag.ImageLength, 1), (TiffTag.Compression, 5), (TiffTag.PhotometricInterpretation, 1),
            (TiffTag.SamplesPerPixel, planes), (TiffTag.PlanarConfiguration, 2), (TiffTag.BitsPerSample, 8), (TiffTag.RowsPerStrip, 1),
        })
        {
            directory.AddLong(tag, value);
        }

        directory.AddPlaces(TiffTag.StripOffsets, [.. new long[planes]]);
        directory.AddPlaces(TiffTag.StripByteCounts, [.. new long[planes]]);
        return Finished(stream, directory);
    }

    private static byte[] Raw((TiffTag Tag, int? Value)[] changes, byte[] data)
    {
        using var stream = new MemoryStream();
        stream.Write("II*\0\0\0\0\0"u8);
        return Raw(stream, changes, data);
    }

    // The directory written behind the rest, and its place before it.
    private static byte[] Finished(MemoryStream stream, TiffDirectoryWriter directory)
    {
        var at = directory.Write(stream, 0);
        var bytes = stream.ToArray();
        BitConverter.TryWriteBytes(bytes.AsSpan(4), (uint)at);
        return bytes;
    }

    // A grey image of 2x2 in one strip, with some tags changed or (null) left out. The directory's place is set.
    private static byte[] Raw(MemoryStream stream, (TiffTag Tag, int? Value)[] changes, byte[] data)
    {
        var tags = new Dictionary<TiffTag, int?>
        {
            [TiffTag.ImageWidth] = 2, [TiffTag.ImageLength] = 2, [TiffTag.BitsPerSample] = 8, [TiffTag.PhotometricInterpretation] = 1,
            [TiffTag.StripOffsets] = (int)stream.Position, [TiffTag.StripByteCounts] = data.Length,
        };
        foreach (var (tag, value) in changes)
        {
            tags[tag] = value;
        }

        stream.Write(data);
        var directory = new TiffDirectoryWriter(isBig: false);
        directory.Align(stream, 0);
        foreach (var (tag, value) in tags)
        {
            if (value is { } number)
            {
                directory.AddLong(tag, number);
            }
        }

        return Finished(stream, directory);
    }
}
