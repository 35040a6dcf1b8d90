using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using SpikeSR.Reference.Imaging.Png;
using SpikeSR.Reference.Serialization;

namespace SpikeSR.Reference.Imaging.Tests;

public class PngTests
{
    private static readonly byte[] Grey2x2 = Header(2, 2);

    [Theory]
    [InlineData(1, AlphaKind.None, SampleKind.UInt8)]
    [InlineData(2, AlphaKind.Straight, SampleKind.UInt8)]
    [InlineData(3, AlphaKind.None, SampleKind.UInt8)]
    [InlineData(4, AlphaKind.Straight, SampleKind.UInt8)]
    [InlineData(1, AlphaKind.None, SampleKind.UInt16)]
    [InlineData(2, AlphaKind.Straight, SampleKind.UInt16)]
    [InlineData(3, AlphaKind.None, SampleKind.UInt16)]
    [InlineData(4, AlphaKind.Straight, SampleKind.UInt16)]
    public void What_is_written_is_read_back(int channels, AlphaKind alpha, SampleKind kind)
    {
        foreach (var (width, height) in ((int, int)[])[(1, 1), (7, 5), (64, 3), (300, 130)])
        {
            var image = Images.Noise(new ImageHeader(width, height, channels, kind) { Alpha = alpha }, seed: width);
            var read = Decoding.Load(Images.Encode(image, ImageFormat.Png));
            Assert.Equal(image.Header, read.Header);
            Assert.Equal(image.Samples, read.Samples);
        }
    }

    [Fact]
    public void Data_that_ask_for_a_preset_dictionary_are_refused()
    {
        // The library's exception for them is another one than for damaged data.
        var data = Deflated(new byte[6]);
        (data[0], data[1]) = (0x78, 0xBB);
        byte[] file = [.. Grey2x2, .. Chunk("IDAT", data), .. Chunk("IEND", [])];
        Assert.Contains("chunk IDAT: found damaged compressed data", Assert.Throws<MalformedFileException>(() => Decoding.Load(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_filter_undoes_itself_and_smooth_rows_use_more_than_one()
    {
        // A row of 20 kB is more than the magnitudes that a sum of 16 bits holds; the extremes lie next to each other.
        var random = new Random(1);
        foreach (var length in (int[])[0, 1, 8, 31, 40, 97, 20_000])
        {
            var (line, above) = (new byte[length], new byte[length]);
            foreach (var row in (byte[][])[line, above])
            {
                for (var i = 0; i < length; i++)
                {
                    row[i] = random.Next(4) switch { 0 => 0, 1 => 128, 2 => 255, _ => (byte)random.Next(256) };
                }
            }

            foreach (var pixel in (int[])[1, 2, 3, 4, 6, 8])
            {
                for (var filter = 0; filter < PngFilter.Count; filter++)
                {
                    var filtered = new byte[length];
                    Assert.Equal(PngFilter.Apply(filter, line, above, pixel, filtered), filtered.Sum(difference => Math.Abs((int)(sbyte)difference)));
                    Assert.True(PngFilter.Undo(filter, filtered, above, pixel));
                    Assert.Equal(line, filtered);
                }
            }
        }

        var smooth = new Image(new ImageHeader(64, 64, 1, SampleKind.UInt8));
        for (var i = 0; i < smooth.Samples.Length; i++)
        {
            smooth.Samples[i] = (i % 64) + (i / 64 * 2);
        }

        Assert.InRange(Images.Encode(smooth, ImageFormat.Png).Length, 1, 400);
    }

    [Fact]
    public void Samples_round_to_nearest_clamp_and_lose_no_NaN_to_chance()
    {
        var header = new ImageHeader(7, 1, 1, SampleKind.UInt8);
        var image = new Image(header, [-3, 0.49f, 0.5f, 254.5f, 300, float.NaN, float.NegativeInfinity]);
        Assert.Equal([0, 0, 1, 255, 255, 0, 0], Decoding.Load(Images.Encode(image, ImageFormat.Png)).Samples);
        var largest = new Image(header with { Width = 3, Kind = SampleKind.UInt16 }, [65534.5f, 1e30f, 0.4999999f]);
        Assert.Equal([65535, 65535, 0], Decoding.Load(Images.Encode(largest, ImageFormat.Png)).Samples);
    }

    [Fact]
    public void Profile_gamma_chromaticities_and_density_are_carried_over()
    {
        foreach (var name in (string[])["pil-rgb-profile-density.png", "netpbm-gamma.png", "magick-rgb16.png"])
        {
            var image = Image.Load(SampleFiles.PathOf("png", name));
            var copy = Decoding.Load(Images.Encode(image, ImageFormat.Png)).Header.Metadata;
            var metadata = image.Header.Metadata;
            Assert.Equal(metadata.IccProfile.ToArray(), copy.IccProfile.ToArray());
            Assert.Equal(metadata.Gamma, copy.Gamma);
            Assert.Equal(metadata.Chromaticities ?? [], copy.Chromaticities ?? []);
            Assert.Equal(metadata.Density, copy.Density);
        }

        var profiled = Image.Load(SampleFiles.PathOf("png", "pil-rgb-profile-density.png")).Header.Metadata;
        Assert.Equal(File.ReadAllBytes(SampleFiles.PathOf("png", "pil-rgb-profile-density.png.icc")), profiled.IccProfile.ToArray());
        Assert.Equal(new PixelDensity(11811, 5906, IsPhysical: true), profiled.Density);
        Assert.Equal(new PixelDensity(4 * 11811, 4 * 5906, IsPhysical: true), profiled.Scaled(4, 4).Density);
        Assert.Equal(45455u, Image.Load(SampleFiles.PathOf("png", "netpbm-gamma.png")).Header.Metadata.Gamma);
        uint[] primaries = [31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000];
        Assert.Equal(primaries, Image.Load(SampleFiles.PathOf("png", "magick-rgb16.png")).Header.Metadata.Chromaticities);
        var srgb = new Image(new ImageHeader(1, 1, 3, SampleKind.UInt8) { Metadata = new ImageMetadata { SrgbIntent = 2 } });
        Assert.Equal((byte)2, Decoding.Load(Images.Encode(srgb, ImageFormat.Png)).Header.Metadata.SrgbIntent);
    }

    [Fact]
    public void What_PNG_cannot_hold_is_refused_before_a_file_is_made()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            ImageHeader[] refused =
            [
                new(2, 2, 1, SampleKind.Float32), new(2, 2, 1, SampleKind.Int16), new(2, 2, 5, SampleKind.UInt8), new(2, 2, 4, SampleKind.UInt8),
                new(2, 2, 4, SampleKind.UInt8) { Alpha = AlphaKind.Premultiplied }, new(0, 2, 1, SampleKind.UInt8),
            ];
            foreach (var header in refused)
            {
                Assert.Throws<ArgumentException>(() => ImageFormats.Write(Path.Combine(folder.FullName, "a.png"), header, _ => { }));
            }

            var missing = () => ImageFormats.Write(Path.Combine(folder.FullName, "a.png"), new(2, 2, 1, SampleKind.UInt8), w => w.WriteRows(new float[2]));
            Assert.Throws<InvalidOperationException>(missing);
            Assert.Empty(folder.GetFileSystemInfos());
            new Image(new ImageHeader(2, 2, 1, SampleKind.UInt8)).Save(Path.Combine(folder.FullName, "b.PNG"));
            Assert.Equal("b.PNG", Assert.Single(folder.GetFiles()).Name);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Every_check_sum_is_verified()
    {
        var bytes = File.ReadAllBytes(SampleFiles.PathOf("png", "magick-rgb16.png"));
        for (var at = 8; at < bytes.Length; at += 1)
        {
            bytes[at] ^= 0x20;
            Assert.Throws<MalformedFileException>(() => Decoding.Load(bytes));
            bytes[at] ^= 0x20;
        }

        Decoding.Load(bytes);
    }

    public static TheoryData<string, byte[], string> Wrong
    {
        get
        {
            byte[] four = [0, 1, 2, 0, 3, 4];
            var sound = Chunk("IDAT", Deflated(four));
            var end = Chunk("IEND", []);
            var palette = Header(2, 2, colour: 3);
            var entries = Chunk("PLTE", new byte[3 * 4]);
            return new()
            {
                { "2^31 x 2^31 pixels", [.. Header(1u << 31, 1u << 31), .. sound, .. end], "1 to 2^31 - 1" },
                { "2^31-1 x 2^31-1 pixels", [.. Header(int.MaxValue, int.MaxValue), .. sound, .. end], "compressed bytes can hold" },
                { "one pixel too many for deflate", [.. Header(1 << 20, 1), .. sound, .. end], "compressed bytes can hold" },
                { "no columns", [.. Header(0, 2), .. sound, .. end], "1 to 2^31 - 1" },
                { "no rows", [.. Header(2, 0), .. sound, .. end], "1 to 2^31 - 1" },
                { "depth 3", [.. Header(2, 2, depth: 3), .. sound, .. end], "combination" },
                { "RGB of 4 bits", [.. Header(2, 2, depth: 4, colour: 2), .. sound, .. end], "combination" },
                { "colour type 1", [.. Header(2, 2, colour: 1), .. sound, .. end], "combination" },
                { "interlacing 2", [.. Header(2, 2, interlace: 2), .. sound, .. end], "interlacing 2" },
                { "too little data", [.. Grey2x2, .. Chunk("IDAT", Deflated(four.AsSpan(..5))), .. end], "too little data" },
                { "too much data", [.. Grey2x2, .. Chunk("IDAT", Deflated([.. four, 0])), .. end], "more data" },
                { "no data", [.. Grey2x2, .. Chunk("IDAT", []), .. end], "data" },
                { "no IDAT", [.. Grey2x2, .. end], "IDAT before" },
                { "no zlib stream", [.. Grey2x2, .. Chunk("IDAT", [1, 2, 3, 4, 5, 6, 7, 8]), .. end], "damaged" },
                { "zlib stream cut", [.. Grey2x2, .. Chunk("IDAT", Deflated(four).AsSpan(..^3)), .. end], "IDAT" },
                { "filter 5", [.. Grey2x2, .. Chunk("IDAT", Deflated([5, 1, 2, 0, 3, 4])), .. end], "filter 5" },
                { "IDAT split by another chunk", [.. Grey2x2, .. sound, .. Chunk("tEXt", [65, 0]), .. sound, .. end], "after the image data" },
                { "unknown critical chunk", [.. Grey2x2, .. Chunk("QUIT", [1]), .. sound, .. end], "QUIT" },
                { "unknown critical chunk after the data", [.. Grey2x2, .. sound, .. Chunk("QUIT", [1]), .. end], "QUIT" },
                { "two headers", [.. Grey2x2, .. Grey2x2.AsSpan(8), .. sound, .. end], "IHDR" },
                { "no end", [.. Grey2x2, .. sound], "chunks" },
                { "bytes in IEND", [.. Grey2x2, .. sound, .. Chunk("IEND", [1])], "IEND" },
                { "chunk longer than the file", [.. Grey2x2, .. Chunk("tEXt", new byte[9], declared: 1 << 30), .. sound, .. end], "declared" },
                { "chunk of 2^32-1 bytes", [.. Grey2x2, .. Chunk("tEXt", new byte[9], declared: uint.MaxValue), .. sound, .. end], "declared" },
                { "palette missing", [.. palette, .. sound, .. end], "PLTE" },
                { "palette of 4 bytes", [.. palette, .. Chunk("PLTE", new byte[4]), .. sound, .. end], "multiple of 3" },
                { "palette of 257 entries", [.. palette, .. Chunk("PLTE", new byte[3 * 257]), .. sound, .. end], "771" },
                { "palette twice", [.. palette, .. entries, .. entries, .. sound, .. end], "PLTE" },
                { "palette index 4 of 4", [.. palette, .. entries, .. sound, .. end], "palette index 4" },
                { "transparency before the palette", [.. palette, .. Chunk("tRNS", [1]), .. entries, .. sound, .. end], "tRNS" },
                { "more transparency than palette", [.. palette, .. entries, .. Chunk("tRNS", new byte[5]), .. sound, .. end], "tRNS" },
                { "transparency beside alpha", [.. Header(2, 2, colour: 4), .. Chunk("tRNS", new byte[2]), .. sound, .. end], "tRNS" },
                { "gamma of 3 bytes", [.. Grey2x2, .. Chunk("gAMA", new byte[3]), .. sound, .. end], "gAMA" },
                { "profile without a name", [.. Grey2x2, .. Chunk("iCCP", [0, 0, 1, 2, 3, 4]), .. sound, .. end], "iCCP" },
                { "profile that is no zlib stream", [.. Grey2x2, .. Chunk("iCCP", [65, 0, 0, 1, 2, 3, 4]), .. sound, .. end], "iCCP" },
                { "profile that explodes", [.. Grey2x2, .. Chunk("iCCP", [65, 0, 0, .. Deflated(new byte[5 << 20])]), .. sound, .. end], "endless" },
                { "a GIF's start", [.. "GIF89a"u8, 1, 0, 1, 0, 0, 0, 0], "image" },
                { "nothing", [], "image" },
            };
        }
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Wrong_files_are_refused_in_one_line_that_says_why(string what, byte[] bytes, string because)
    {
        var refused = Assert.IsType<MalformedFileException>(Decoding.Survive(bytes, ImageLimits.Default));
        Assert.True(refused.Message.Contains(because, StringComparison.Ordinal), $"{what}: {refused.Message}");
    }

    [Fact]
    public void Sound_chunks_that_nobody_knows_and_bytes_after_the_end_are_ignored()
    {
        byte[] bytes =
        [
            .. Grey2x2, .. Chunk("prIv", [1, 2, 3]), .. Chunk("gAMA", [0, 0, 1, 0]), .. Chunk("gAMA", [0, 0, 2, 0]), .. Chunk("IDAT", []),
            .. Chunk("IDAT", Deflated([0, 1, 2, 1, 3, 4])), .. Chunk("IDAT", [9, 9]), .. Chunk("tEXt", [65, 0, 66]), .. Chunk("IEND", []), 1, 2, 3,
        ];
        var image = Decoding.Load(bytes);
        Assert.Equal([1, 2, 3, 7], image.Samples);
        Assert.Equal(256u, image.Header.Metadata.Gamma);
    }

    [Fact]
    public void Exif_turns_the_image_upright_unless_that_passes_the_limit()
    {
        // 6: the first row goes to the right side, the first column to the top.
        byte[] exif = [.. "MM\0*\0\0\0\u0008\0\u0001"u8, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, .. new byte[100_000]];
        byte[] data = [.. Chunk("IDAT", Deflated([0, 1, 2, 0, 3, 4])), .. Chunk("IEND", [])];
        byte[] turned = [.. Grey2x2, .. Chunk("eXIf", exif), .. data];
        Assert.Equal([3, 1, 4, 2], Decoding.Load(turned).Samples);
        Assert.IsType<LimitExceededException>(Decoding.Survive(turned, new ImageLimits { MaxBufferedBytes = 3 }));
        Assert.Equal([1, 2, 3, 4], Decoding.Load([.. Grey2x2, .. Chunk("eXIf", [1, 2, 3]), .. data]).Samples);
    }

    [Fact]
    public void Limits_stop_sound_images_before_memory_is_taken()
    {
        var large = Images.Encode(new Image(new ImageHeader(2000, 1000, 3, SampleKind.UInt8)), ImageFormat.Png);
        Assert.IsType<LimitExceededException>(Decoding.Survive(large, new ImageLimits { MaxPixels = 1_999_999 }));
        Assert.IsType<LimitExceededException>(Decoding.Survive(large, new ImageLimits { MaxBufferedBytes = 50_000 }));
        Assert.Null(Decoding.Survive(large, new ImageLimits { MaxPixels = 2_000_000, MaxBufferedBytes = 200_000 }));
        byte[] interlaced = [.. Header(1000, 1000, interlace: 1), .. Chunk("IDAT", Deflated(new byte[1_100_000])), .. Chunk("IEND", [])];
        Assert.IsType<LimitExceededException>(Decoding.Survive(interlaced, new ImageLimits { MaxBufferedBytes = 500_000 }));
    }

    [Fact]
    public void Reading_and_writing_take_memory_for_rows_only()
    {
        var header = new ImageHeader(256, 20_000, 3, SampleKind.UInt8);
        using var file = new MemoryStream(1 << 20);
        var band = new float[10 * header.RowSamples];
        var before = GC.GetAllocatedBytesForCurrentThread();
        using (var writer = ImageFormats.Create(file, ImageFormat.Png, header))
        {
            for (var row = 0; row < header.Height; row += 10)
            {
                writer.WriteRows(band);
            }

            writer.Complete();
        }

        using var reader = ImageFormats.Open(file, "stream");
        for (var row = 0; row < header.Height; row += 10)
        {
            reader.ReadRows(band);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    private static byte[] Header(uint width, uint height, byte depth = 8, byte colour = 0, byte interlace = 0)
    {
        var data = new byte[13];
        BinaryPrimitives.WriteUInt32BigEndian(data, width);
        BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan(4), height);
        (data[8], data[9], data[12]) = (depth, colour, interlace);
        return [.. PngReader.Signature, .. Chunk("IHDR", data)];
    }

    private static byte[] Chunk(string type, ReadOnlySpan<byte> data, uint? declared = null)
    {
        var chunk = new byte[12 + data.Length];
        BinaryPrimitives.WriteUInt32BigEndian(chunk, declared ?? (uint)data.Length);
        Encoding.ASCII.GetBytes(type, chunk.AsSpan(4));
        data.CopyTo(chunk.AsSpan(8));
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + data.Length), Crc32.Of(chunk.AsSpan(4, 4 + data.Length)));
        return chunk;
    }

    private static byte[] Deflated(ReadOnlySpan<byte> data)
    {
        using var stream = new MemoryStream();
        using (var deflate = new ZLibStream(stream, CompressionLevel.Optimal))
        {
            deflate.Write(data);
        }

        return stream.ToArray();
    }
}
