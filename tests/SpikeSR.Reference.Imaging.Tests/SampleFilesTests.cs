namespace SpikeSR.Reference.Imaging.Tests;

public class SampleFilesTests
{
    public static IEnumerable<object[]> Files => Formats.SelectMany(format => SampleFiles.Names(format).Select(name => new object[] { format, name }));

    private static string[] Formats => ["png", "jpeg", "pnm", "tiff"];

    [Theory]
    [MemberData(nameof(Files))]
    public void Files_of_other_tools_decode_to_what_other_tools_read(string format, string name)
    {
        var (header, samples, tolerance) = SampleFiles.Expected(format, name);
        var image = Image.Load(SampleFiles.PathOf(format, name));
        Assert.Equal(header, image.Header with { Metadata = ImageMetadata.None });
        for (var i = 0; i < samples.Length; i++)
        {
            Assert.True(
                Math.Abs(image.Samples[i] - samples[i]) <= tolerance || (float.IsNaN(samples[i]) && float.IsNaN(image.Samples[i])),
                $"sample {i}: {image.Samples[i]}, expected {samples[i]} within {tolerance}");
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Bands_of_any_height_give_the_same_samples(string format, string name)
    {
        var whole = Image.Load(SampleFiles.PathOf(format, name));
        foreach (var band in (int[])[1, 3, 7])
        {
            using var reader = ImageFormats.Open(SampleFiles.PathOf(format, name));
            var samples = new float[whole.Samples.Length];
            while (reader.NextRow < whole.Height)
            {
                var rows = Math.Min(band, whole.Height - reader.NextRow);
                reader.ReadRows(samples.AsSpan(reader.NextRow * whole.Header.RowSamples, rows * whole.Header.RowSamples));
            }

            Assert.Equal(whole.Samples, samples);
            Assert.Throws<ArgumentException>(() => reader.ReadRows(new float[whole.Header.RowSamples]));
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_cut_file_is_refused_unless_only_what_nobody_reads_was_cut(string format, string name)
    {
        var bytes = File.ReadAllBytes(SampleFiles.PathOf(format, name));
        var whole = Decoding.Load(bytes);

        // A plain number may lose its last digits and stay one.
        var end = name.Contains("plain", StringComparison.Ordinal) ? bytes.Length - 8 : bytes.Length;
        for (var length = 0; length < end; length += 1 + (bytes.Length / 97))
        {
            var cut = bytes[..length];
            if (format == "tiff" && length > bytes.Length / 2 && Decoding.Survive(cut, ImageLimits.Default) is null)
            {
                Assert.Equal(whole.Samples, Decoding.Load(cut).Samples);
                continue;
            }

            Assert.Throws<Serialization.MalformedFileException>(() => Decoding.Load(cut));
        }
    }
}
