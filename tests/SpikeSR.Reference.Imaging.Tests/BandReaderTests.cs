using System.Text;

namespace SpikeSR.Reference.Imaging.Tests;

public sealed class BandReaderTests
{
    private const string Metadata =
        "<GDALMetadata><Item name=\"AREA\">x</Item><Item name=\"NAME\" sample=\"0\">blue</Item><Item name=\"NAME\" sample=\"3\">infrared</Item><Item name=\"STATISTICS_MEAN\" sample=\"3\">7</Item><Item name=\"COLORINTERP\" sample=\"1\" role=\"colorinterp\">Green</Item></GDALMetadata>\n\0";

    [Fact]
    public void Bands_come_in_the_order_asked_for_with_their_own_metadata()
    {
        var ground = new Georeference { GdalMetadata = Encoding.UTF8.GetBytes(Metadata) };
        var image = Images.Noise(new ImageHeader(7, 5, 5, SampleKind.UInt16) { Alpha = AlphaKind.Straight, Metadata = new ImageMetadata { Georeference = ground } }, 1);
        using var reader = BandReader.Of(new ImageRowReader(image), [3, 1, 2]);
        Assert.Equal((4, AlphaKind.Straight), (reader.Header.Channels, reader.Header.Alpha));
        var selected = Image.Read(reader, "image", null);
        for (var i = 0; i < 35; i++)
        {
            Assert.Equal([image.Samples[(5 * i) + 3], image.Samples[(5 * i) + 1], image.Samples[(5 * i) + 2], image.Samples[(5 * i) + 4]], selected.Samples[(4 * i)..((4 * i) + 4)]);
        }

        var text = Encoding.UTF8.GetString(reader.Header.Resized(14, 10).Metadata.Georeference!.GdalMetadata.Span);
        Assert.Contains("<Item name=\"NAME\" sample=\"0\">infrared</Item>", text, StringComparison.Ordinal);
        Assert.Contains("AREA", text, StringComparison.Ordinal);
        Assert.DoesNotContain("blue", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Green", text, StringComparison.Ordinal);
        Assert.DoesNotContain("STATISTICS", text, StringComparison.Ordinal);
        Assert.EndsWith("\0", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Opacity_is_dropped_on_request_and_otherwise_nothing_changes()
    {
        var image = Images.Noise(new ImageHeader(7, 5, 4, SampleKind.UInt8) { Alpha = AlphaKind.Straight }, 1);
        using var source = new ImageRowReader(image);
        Assert.Same(source, BandReader.Of(source));
        using var colours = BandReader.Of(source, keepOpacity: false);
        Assert.Equal((3, AlphaKind.None), (colours.Header.Channels, colours.Header.Alpha));
    }

    [Fact]
    public void A_colour_profile_goes_with_as_many_colours_as_it_is_of()
    {
        var metadata = new ImageMetadata { IccProfile = new byte[] { 1, 2, 3 } };
        using var source = new ImageRowReader(Images.Noise(new ImageHeader(7, 5, 3, SampleKind.UInt8) { Metadata = metadata }, 1));
        using var grey = BandReader.Of(source, [1]);
        using var turned = BandReader.Of(source, [2, 1, 0]);
        Assert.Equal((0, 3), (grey.Header.Metadata.IccProfile.Length, turned.Header.Metadata.IccProfile.Length));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(-1)]
    [InlineData(0, 0)]
    public void Bands_that_are_not_there_or_named_twice_are_refused(params int[] bands)
    {
        using var source = new ImageRowReader(Images.Noise(new ImageHeader(7, 5, 4, SampleKind.UInt8) { Alpha = AlphaKind.Straight }, 1));
        Assert.Throws<ArgumentException>(() => BandReader.Of(source, bands));
    }
}
