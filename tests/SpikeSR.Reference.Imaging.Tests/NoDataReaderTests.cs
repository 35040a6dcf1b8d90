using System.Text;

namespace SpikeSR.Reference.Imaging.Tests;

public sealed class NoDataReaderTests
{
    [Fact]
    public void What_is_said_takes_the_place_of_what_the_file_says_and_nothing_else_changes()
    {
        var ground = new Georeference { NoData = "0\0"u8.ToArray(), PixelScale = [10, 10, 0] };
        var image = Images.Noise(new ImageHeader(7, 5, 3, SampleKind.Int16) { Metadata = new ImageMetadata { Georeference = ground } }, 1);
        using var source = new ImageRowReader(image);
        Assert.Same(source, NoDataReader.Of(source, null));
        using var reader = NoDataReader.Of(source, -9999);
        Assert.Equal("-9999\0", Encoding.ASCII.GetString(reader.Header.Metadata.Georeference!.NoData.Span));
        Assert.Equal(ground with { NoData = default }, reader.Header.Metadata.Georeference with { NoData = default });
        Assert.Equal(image.Samples, Image.Read(reader, "image", null).Samples);
    }

    [Theory]
    [InlineData(SampleKind.UInt8, 256f)]
    [InlineData(SampleKind.UInt8, 0.5f)]
    [InlineData(SampleKind.UInt16, -1f)]
    [InlineData(SampleKind.Int16, 32768f)]
    [InlineData(SampleKind.Float32, float.NegativeInfinity)]
    [InlineData(SampleKind.Float32, float.NaN)]
    public void A_number_that_no_sample_can_be_is_refused(SampleKind kind, float value)
    {
        using var source = new ImageRowReader(Images.Noise(new ImageHeader(3, 2, 1, kind), 1));
        Assert.Throws<ArgumentException>(nameof(value), () => NoDataReader.Of(source, value));
    }

    [Theory]
    [InlineData(SampleKind.UInt8, 255f)]
    [InlineData(SampleKind.Int16, -32768f)]
    [InlineData(SampleKind.Float32, float.MinValue)]
    public void The_outermost_samples_can_stand_for_no_data(SampleKind kind, float value)
    {
        using var source = new ImageRowReader(Images.Noise(new ImageHeader(3, 2, 1, kind), 1));
        using var reader = NoDataReader.Of(source, value);
        Assert.Equal(value, reader.Header.Metadata.Georeference!.NoDataValue);
    }
}
