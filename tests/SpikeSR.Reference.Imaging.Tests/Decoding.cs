using SpikeSR.Reference.Serialization;

namespace SpikeSR.Reference.Imaging.Tests;

/// <summary>Decodes bytes that may be hostile, and holds decoders to what they promise.</summary>
internal static class Decoding
{
    /// <summary>Bytes that decoding may allocate beside those that the samples need.</summary>
    public const long FreeBytes = 64L << 20;

    public static Image Load(ReadOnlySpan<byte> bytes, ImageLimits? limits = null)
    {
        using var reader = ImageFormats.Open(new MemoryStream(bytes.ToArray()), "bytes", limits);
        return Image.Read(reader, "bytes", limits);
    }

    /// <summary>Decodes; only the documented exceptions may come out, and memory stays in proportion to what is declared.</summary>
    /// <returns>The exception, null if the bytes are sound.</returns>
    public static Exception? Survive(byte[] bytes, ImageLimits limits)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        long samples = 0;
        Exception? failure = null;
        try
        {
            using var reader = ImageFormats.Open(new MemoryStream(bytes), "bytes", limits);
            samples = reader.Header.Samples;
            var row = new float[reader.Header.RowSamples];
            while (reader.NextRow < reader.Header.Height)
            {
                reader.ReadRows(row);
            }
        }
        catch (MalformedFileException refused)
        {
            Assert.DoesNotContain('\n', refused.Message);
            failure = refused;
        }
        catch (LimitExceededException refused)
        {
            Assert.DoesNotContain('\n', refused.Message);
            failure = refused;
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated <= FreeBytes + (16 * samples), $"{allocated} bytes allocated for {samples} samples");
        return failure;
    }
}
