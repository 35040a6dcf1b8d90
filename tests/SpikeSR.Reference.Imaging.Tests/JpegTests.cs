using SpikeSR.Reference.Imaging.Jpeg;
using SpikeSR.Reference.Serialization;

namespace SpikeSR.Reference.Imaging.Tests;

public class JpegTests
{
    // A quantization table of ones, a Huffman code of two symbols (0 and 1) for everything.
    private static readonly byte[] Start = [0xFF, 0xD8];
    private static readonly byte[] Steps = Segment(0xDB, [0, .. Enumerable.Repeat((byte)1, 64)]);
    private static readonly byte[] DcCode = Segment(0xC4, [0x00, 0, 2, .. new byte[14], 0, 1]);
    private static readonly byte[] AcCode = Segment(0xC4, [0x10, 0, 2, .. new byte[14], 0, 1]);
    private static readonly byte[] Frame = FrameOf(0xC0, 8, 8);
    private static readonly byte[] Scan = Segment(0xDA, [1, 1, 0, 0, 63, 0]);
    private static readonly byte[] End = [0xFF, 0xD9];

    [Theory]
    [InlineData("turbo-2x2.jpg", 37, 29, 85, true)]
    [InlineData("turbo-1x1.jpg", 37, 29, 85, false)]
    [InlineData("turbo-quality25.jpg", 37, 29, 25, true)]
    [InlineData("turbo-quality100.jpg", 37, 29, 100, true)]
    [InlineData("turbo-size-1x1.jpg", 1, 1, 75, true)]
    [InlineData("turbo-size-2x2.jpg", 2, 2, 75, true)]
    [InlineData("turbo-size-3x2.jpg", 3, 2, 75, true)]
    [InlineData("turbo-size-4x5.jpg", 4, 5, 75, true)]
    [InlineData("turbo-size-5x17.jpg", 5, 17, 75, true)]
    [InlineData("turbo-size-16x16.jpg", 16, 16, 75, true)]
    [InlineData("turbo-size-32x8.jpg", 32, 8, 75, true)]
    public void What_is_written_holds_the_coefficients_of_libjpeg(string name, int width, int height, int quality, bool subsample)
    {
        var source = Images.Cropped(Image.Load(SampleFiles.PathOf("jpeg", "source.png")), width, height);
        var settings = new ImageWriteSettings { JpegQuality = quality, SubsampleColour = subsample };
        var read = Decoding.Load(Images.Encode(source, ImageFormat.Jpeg, settings));
        Assert.Equal(SampleFiles.Expected("jpeg", name).Samples, read.Samples);
    }

    [Fact]
    public void Grey_is_written_as_libjpeg_writes_it()
    {
        var source = Image.Load(SampleFiles.PathOf("jpeg", "source.png"));
        var grey = new Image(source.Header with { Channels = 1 }, [.. source.Samples.Where((_, i) => i % 3 == 0)]);
        var read = Decoding.Load(Images.Encode(grey, ImageFormat.Jpeg, new ImageWriteSettings { JpegQuality = 75 }));
        Assert.Equal(SampleFiles.Expected("jpeg", "turbo-grey.jpg").Samples, read.Samples);
    }

    [Fact]
    public void Noise_at_full_quality_comes_back_within_a_few_levels()
    {
        var image = Images.Noise(new ImageHeader(131, 77, 3, SampleKind.UInt8), 5);
        var read = Decoding.Load(Images.Encode(image, ImageFormat.Jpeg, new ImageWriteSettings { JpegQuality = 100, SubsampleColour = false }));
        for (var i = 0; i < image.Samples.Length; i++)
        {
            Assert.InRange(read.Samples[i] - image.Samples[i], -5, 5);
        }
    }

    [Fact]
    public void Profile_density_and_orientation_are_understood()
    {
        var image = Image.Load(SampleFiles.PathOf("jpeg", "pil-profile-density.jpg"));
        Assert.Equal(File.ReadAllBytes(SampleFiles.PathOf("jpeg", "pil-profile-density.jpg.icc")), image.Header.Metadata.IccProfile.ToArray());
        Assert.Equal(new PixelDensity(300 / 0.0254, 150 / 0.0254, IsPhysical: true), image.Header.Metadata.Density);
        var longProfile = new byte[150_000];
        new Random(3).NextBytes(longProfile);
        image = new Image(image.Header with { Metadata = image.Header.Metadata with { IccProfile = longProfile } }, image.Samples);
        var copy = Decoding.Load(Images.Encode(image, ImageFormat.Jpeg)).Header.Metadata;
        Assert.Equal(longProfile, copy.IccProfile.ToArray());
        Assert.Equal(image.Header.Metadata.Density, copy.Density);
        Assert.Equal(new PixelDensity(3, 2, IsPhysical: false), Image.Load(SampleFiles.PathOf("jpeg", "netpbm.jpg")).Header.Metadata.Density);

        // Turning an image by a quarter turns the shape of its pixels, too.
        var bytes = Images.Encode(image, ImageFormat.Jpeg);
        byte[] exif = [.. "Exif\0\0MM\0*\0\0\0\u0008\0\u0001"u8, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0];
        var turned = Decoding.Load([.. bytes[..2], .. Segment(0xE1, exif), .. bytes[2..]]).Header;
        Assert.Equal((29, 37), (turned.Width, turned.Height));
        Assert.Equal(new PixelDensity(150 / 0.0254, 300 / 0.0254, IsPhysical: true), turned.Metadata.Density);
    }

    [Theory]
    [InlineData("turbo-arithmetic.jpg.refused", "Huffman")]
    [InlineData("pil-cmyk.jpg.refused", "CMYK")]
    public void Kinds_that_are_not_read_are_named(string name, string because) =>
        Assert.Contains(because, Assert.Throws<MalformedFileException>(() => Image.Load(SampleFiles.PathOf("jpeg", name))).Message, StringComparison.Ordinal);

    [Fact]
    public void The_smallest_sound_file_decodes()
    {
        // One block: difference 1 bit long and positive (code 01, bit 1), end of block (code 00), filled up with ones.
        var image = Decoding.Load([.. Start, .. Steps, .. DcCode, .. AcCode, .. Frame, .. Scan, 0b01_1_00_111, .. End]);
        Assert.Equal((8, 8, 1), (image.Width, image.Height, image.Channels));
        Assert.All(image.Samples, sample => Assert.Equal(128, sample));
    }

    public static TheoryData<string, byte[], string> Wrong
    {
        get
        {
            byte[] data = [0b01_1_00_111];
            byte[] tables = [.. Start, .. Steps, .. DcCode, .. AcCode];
            byte[] sound = [.. tables, .. Frame, .. Scan, .. data, .. End];
            var progressive = FrameOf(0xC2, 8, 8);
            return new()
            {
                { "65535 x 65535 pixels", [.. tables, .. FrameOf(0xC0, 65535, 65535), .. Scan, .. data, .. End], "bytes can hold" },
                { "65535 x 65535 pixels, progressive", [.. tables, .. FrameOf(0xC2, 65535, 65535), .. Scan, .. data, .. End], "bytes can hold" },
                { "no columns", [.. tables, .. FrameOf(0xC0, 0, 8), .. Scan, .. data, .. End], "at least one" },
                { "no rows", [.. tables, .. FrameOf(0xC0, 8, 0), .. Scan, .. data, .. End], "DNL" },
                { "12 bits", [.. tables, .. FrameOf(0xC1, 8, 8, depth: 12), .. Scan, .. data, .. End], "12 bits" },
                { "lossless", [.. tables, .. FrameOf(0xC3, 8, 8), .. Scan, .. data, .. End], "FFC3" },
                { "two components", [.. tables, .. Segment(0xC0, [8, 0, 8, 0, 8, 2, 1, 0x11, 0, 2, 0x11, 0]), .. End], "2 components" },
                { "no sampling factor", [.. tables, .. Segment(0xC0, [8, 0, 8, 0, 8, 1, 1, 0x01, 0]), .. End], "0x1" },
                { "factors 3 and 2", [.. tables, .. Segment(0xC0, [8, 0, 8, 0, 8, 3, 1, 0x31, 0, 2, 0x21, 0, 3, 0x11, 0]), .. End], "divisors" },
                { "the same component twice", [.. tables, .. Segment(0xC0, [8, 0, 8, 0, 8, 3, 1, 0x11, 0, 1, 0x11, 0, 3, 0x11, 0]), .. End], "its own name" },
                { "short frame", [.. tables, .. Segment(0xC0, [8, 0, 8, 0, 8]), .. End], "length" },
                { "two frames", [.. tables, .. Frame, .. Frame, .. Scan, .. data, .. End], "one frame" },
                { "scan without a frame", [.. tables, .. Scan, .. data, .. End], "SOS" },
                { "no scan", [.. tables, .. Frame, .. End], "EOI" },
                { "no end", [.. sound.AsSpan(..^2)], "end of the file" },
                { "data cut", [.. tables, .. Frame, .. Scan, .. End], "more blocks" },
                { "unknown component", [.. tables, .. Frame, .. Segment(0xDA, [1, 9, 0, 0, 63, 0]), .. data, .. End], "component 9" },
                { "table that is not there", [.. tables, .. Frame, .. Segment(0xDA, [1, 1, 0x10, 0, 63, 0]), .. data, .. End], "Huffman table 1" },
                { "table 15", [.. tables, .. Frame, .. Segment(0xDA, [1, 1, 0xF0, 0, 63, 0]), .. data, .. End], "Huffman table 15" },
                { "no quantization", [.. Start, .. DcCode, .. AcCode, .. Frame, .. Scan, .. data, .. End], "quantization table 0" },
                { "band in a sequential scan", [.. tables, .. Frame, .. Segment(0xDA, [1, 1, 0, 0, 5, 0]), .. data, .. End], "0 to 5" },
                { "band upside down", [.. tables, .. progressive, .. Segment(0xDA, [1, 1, 0, 9, 5, 0]), .. data, .. End], "9 to 5" },
                { "band past the end", [.. tables, .. progressive, .. Segment(0xDA, [1, 1, 0, 1, 64, 0]), .. data, .. End], "1 to 64" },
                { "only a band", [.. tables, .. progressive, .. Segment(0xDA, [1, 1, 0, 1, 63, 0]), 0xFF, 0, 0xFF, 0, .. End], "no Huffman code" },
                { "second scan of the only component", [.. sound.AsSpan(..^2), .. Scan, .. data, .. End], "FFDA" },
                { "code too full", [.. Start, .. Segment(0xC4, [0x00, 3, .. new byte[15], 0, 1, 2]), .. End], "make a code" },
                { "code of 255 times 16", [.. Start, .. Segment(0xC4, [0x00, .. Enumerable.Repeat((byte)255, 16)]), .. End], "codes in" },
                { "code without symbols", [.. Start, .. Segment(0xC4, [0x00, 0, 2, .. new byte[14], 0]), .. End], "codes in" },
                { "cut table", [.. Start, .. Segment(0xDB, new byte[60]), .. End], "64 steps" },
                { "restart of 3 bytes", [.. Start, .. Segment(0xDD, [0, 0, 0]), .. End], "DRI" },
                { "restart marker out of turn", [.. tables, .. Segment(0xDD, [0, 1]), .. FrameOf(0xC0, 16, 8), .. Scan, .. data, 0xFF, 0xD3, .. data, .. End], "FFD0" },
                { "segment of length 1", [.. Start, 0xFF, 0xE0, 0, 1], "at least 2" },
                { "segment longer than the file", [.. Start, 0xFF, 0xE0, 0x7F, 0xFF, 1], "end of the file" },
                { "lost piece of the profile", [.. Start, .. Segment(0xE2, [.. "ICC_PROFILE\0"u8, 2, 2, 1, 2]), .. sound.AsSpan(2)], "ICC" },
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
    public void Endless_scans_are_refused()
    {
        byte[] scan = [.. Segment(0xDA, [1, 1, 0, 0, 0, 0]), 0b01_1_11111];
        byte[] bytes = [.. Start, .. Steps, .. DcCode, .. AcCode, .. FrameOf(0xC2, 8, 8)];
        Assert.Null(Decoding.Survive([.. bytes, .. scan, .. scan, .. End], ImageLimits.Default));
        bytes = [.. bytes, .. Enumerable.Repeat(scan, 257).SelectMany(s => s), .. End];
        Assert.Contains("scans", Assert.IsType<MalformedFileException>(Decoding.Survive(bytes, ImageLimits.Default)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_stream_is_held_to_the_limit_and_the_rest_takes_memory_for_rows_only()
    {
        var settings = new ImageWriteSettings { JpegQuality = 50 };
        var large = Images.Encode(new Image(new ImageHeader(1500, 1000, 3, SampleKind.UInt8)), ImageFormat.Jpeg, settings);
        var small = new ImageLimits { MaxBufferedBytes = 1 << 20 };
        Assert.Null(Decoding.Survive(large, small));
        using var reader = ImageFormats.Open(new MemoryStream(large), "stream", small);
        var row = new float[reader.Header.RowSamples];
        var before = GC.GetAllocatedBytesForCurrentThread();
        while (reader.NextRow < reader.Header.Height)
        {
            reader.ReadRows(row);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);

        byte[] exif = [.. "Exif\0\0MM\0*\0\0\0\u0008\0\u0001"u8, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 3, 0, 0];
        byte[] turned = [.. large.AsSpan(..2), .. Segment(0xE1, exif), .. large.AsSpan(2)];
        Assert.IsType<LimitExceededException>(Decoding.Survive(turned, small));
        Assert.Null(Decoding.Survive(turned, ImageLimits.Default));
        var progressive = File.ReadAllBytes(SampleFiles.PathOf("jpeg", "turbo-progressive-2x2.jpg"));
        Assert.IsType<LimitExceededException>(Decoding.Survive(progressive, new ImageLimits { MaxBufferedBytes = 4000 }));
        Assert.IsType<LimitExceededException>(Decoding.Survive(large, new ImageLimits { MaxPixels = 1_499_999 }));
    }

    [Fact]
    public void What_JPEG_cannot_hold_is_refused()
    {
        ImageHeader[] refused =
        [
            new(2, 2, 3, SampleKind.UInt16), new(2, 2, 4, SampleKind.UInt8) { Alpha = AlphaKind.Straight }, new(65536, 2, 1, SampleKind.UInt8),
            new(2, 2, 2, SampleKind.UInt8) { Alpha = AlphaKind.Straight }, new(2, 2, 5, SampleKind.UInt8),
        ];
        Assert.All(refused, header => Assert.Throws<ArgumentException>(() => ImageFormats.CheckWritable(ImageFormat.Jpeg, header)));
        var grey = new ImageHeader(2, 2, 1, SampleKind.UInt8);
        Assert.Throws<ArgumentOutOfRangeException>(() => Images.Encode(new Image(grey), ImageFormat.Jpeg, new ImageWriteSettings { JpegQuality = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Images.Encode(new Image(grey), ImageFormat.Jpeg, new ImageWriteSettings { JpegQuality = 101 }));
    }

    [Fact]
    public void Forward_and_inverse_transform_undo_each_other()
    {
        var random = new Random(1);
        ushort[] ones = [.. Enumerable.Repeat((ushort)1, 64)];
        for (var i = 0; i < 200; i++)
        {
            var samples = new byte[64];
            random.NextBytes(samples);
            int[] block = [.. samples.Select(sample => sample - 128)];
            ForwardDct.Transform(block);
            short[] coefficients = [.. block.Select(c => (short)Math.Round(c / 8.0))];
            var back = new byte[64];
            InverseDct.Transform(coefficients, ones, back, 8);
            Assert.All(Enumerable.Range(0, 64), at => Assert.InRange(back[at] - samples[at], -2, 2));
        }
    }

    private static byte[] Segment(byte marker, byte[] content) => [0xFF, marker, (byte)((content.Length + 2) >> 8), (byte)(content.Length + 2), .. content];

    private static byte[] FrameOf(byte marker, int width, int height, byte depth = 8) =>
        Segment(marker, [depth, (byte)(height >> 8), (byte)height, (byte)(width >> 8), (byte)width, 1, 1, 0x11, 0]);
}
