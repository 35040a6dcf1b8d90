namespace SpikeSR.Reference.Imaging.Tests;

public class MutationTests
{
    private const int Cases = 4000;
    private static readonly ImageLimits Megapixel = new() { MaxPixels = 1 << 20, MaxBufferedBytes = 64 << 20 };

    [Theory]
    [InlineData("png", 1)]
    [InlineData("jpeg", 2)]
    [InlineData("pnm", 3)]
    [InlineData("tiff", 4)]
    public void Damaged_files_end_in_the_documented_exceptions_and_bounded_memory(string format, int seed)
    {
        var random = new Random(seed);
        var files = SampleFiles.Names(format).Select(name => File.ReadAllBytes(SampleFiles.PathOf(format, name))).ToArray();
        var sound = 0;
        for (var i = 0; i < Cases; i++)
        {
            var bytes = Mutation.Of(files[random.Next(files.Length)], files[random.Next(files.Length)], random);
            if (format == "png" && random.Next(8) > 0)
            {
                Mutation.RepairPngCheckSums(bytes);
            }

            try
            {
                sound += Decoding.Survive(bytes, Megapixel) is null ? 1 : 0;
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"case {i} of seed {seed}: {Convert.ToBase64String(bytes)}", failure);
            }
        }

        // Damage that never reaches the pixels tests little, and damage that never matters tests nothing.
        Assert.InRange(sound, Cases / 200, Cases / 2);
    }
}
