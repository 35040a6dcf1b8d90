using System.Text;
using SpikeSR.Reference.Serialization;

namespace SpikeSR.Reference.Imaging.Tests;

public class PnmTests
{
    [Theory]
    [InlineData(1, SampleKind.UInt8, "P5\n9 7\n255\n")]
    [InlineData(3, SampleKind.UInt8, "P6\n9 7\n255\n")]
    [InlineData(1, SampleKind.UInt16, "P5\n9 7\n65535\n")]
    [InlineData(3, SampleKind.UInt16, "P6\n9 7\n65535\n")]
    public void What_is_written_is_read_back(int channels, SampleKind kind, string start)
    {
        var image = Images.Noise(new ImageHeader(9, 7, channels, kind), 1);
        var bytes = Images.Encode(image, ImageFormat.Pnm);
        Assert.Equal(start, Encoding.ASCII.GetString(bytes, 0, start.Length));
        Assert.Equal(start.Length + image.Header.Samples * image.Header.BytesPerSample, bytes.Length);
        var read = Decoding.Load(bytes);
        Assert.Equal(image.Header, read.Header);
        Assert.Equal(image.Samples, read.Samples);
    }

    [Theory]
    [InlineData("P1 3 2 101 0#x\n10", new float[] { 0, 255, 0, 255, 0, 255 })]
    [InlineData("P2\n#a\n2 #b\r1\n3\n0\t3", new float[] { 0, 255 })]
    [InlineData("P2 1 1 1000 500", new float[] { 32768 })]
    [InlineData("P3 1 1 255 1 2 3", new float[] { 1, 2, 3 })]
    [InlineData("P5 2 1 255 ab and more", new float[] { 97, 98 })]
    [InlineData("P4 2 1 \u0040", new float[] { 255, 0 })]
    public void Sound_files_by_hand_decode(string text, float[] samples) => Assert.Equal(samples, Decoding.Load(Encoding.Latin1.GetBytes(text)).Samples);

    [Theory]
    [InlineData("P0 1 1 255 a", "image")]
    [InlineData("P7\nWIDTH 1\n", "image")]
    [InlineData("P5", "image")]
    [InlineData("P5 ", "width")]
    [InlineData("P5 0 1 255 a", "width")]
    [InlineData("P5 -1 1 255 a", "width")]
    [InlineData("P5 1 0 255 a", "height")]
    [InlineData("P5 2147483648 1 255 a", "width")]
    [InlineData("P5 99999999999999999999999999 1 255 a", "width")]
    [InlineData("P5 2147483647 2147483647 255 a", "bytes")]
    [InlineData("P6 2147483647 2147483647 65535 a", "bytes")]
    [InlineData("P1 2147483647 2147483647 1", "bytes")]
    [InlineData("P3 2147483647 2147483647 9 1", "bytes")]
    [InlineData("P4 2147483647 2147483647 a", "bytes")]
    [InlineData("P5 1 1 0 a", "largest value")]
    [InlineData("P5 1 1 65536 a", "largest value")]
    [InlineData("P5 1 1 25x5 a", "largest value")]
    [InlineData("P5 1 1 255", "bytes")]
    [InlineData("P5 1 1 9 a", "97")]
    [InlineData("P2 1 1 9 10", "10")]
    [InlineData("P2 2 1 9 1 x", "samples")]
    [InlineData("P2 2 1 9 1,2", "samples")]
    [InlineData("P1 2 1 12", "0 or 1")]
    [InlineData("P1 2 1 1 ", "end of the file")]
    [InlineData("P2 1 1 #never ends", "end of the file")]
    public void Wrong_files_are_refused_in_one_line_that_says_why(string text, string because)
    {
        var refused = Assert.IsType<MalformedFileException>(Decoding.Survive(Encoding.Latin1.GetBytes(text), ImageLimits.Default));
        Assert.Contains(because, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Limits_stop_sound_images()
    {
        var bytes = Images.Encode(new Image(new ImageHeader(1000, 100, 3, SampleKind.UInt8)), ImageFormat.Pnm);
        Assert.IsType<LimitExceededException>(Decoding.Survive(bytes, new ImageLimits { MaxPixels = 99_999 }));
        Assert.IsType<LimitExceededException>(Decoding.Survive(bytes, new ImageLimits { MaxBufferedBytes = 14_999 }));
        Assert.Null(Decoding.Survive(bytes, new ImageLimits { MaxPixels = 100_000, MaxBufferedBytes = 15_000 }));
    }

    [Fact]
    public void What_PNM_cannot_hold_is_refused()
    {
        ImageHeader[] refused = [new(2, 2, 2, SampleKind.UInt8) { Alpha = AlphaKind.Straight }, new(2, 2, 1, SampleKind.Float32), new(2, 2, 4, SampleKind.UInt8)];
        Assert.All(refused, header => Assert.Throws<ArgumentException>(() => ImageFormats.CheckWritable(ImageFormat.Pnm, header)));
    }
}
