using System.Runtime.InteropServices;

namespace SpikeSR.Reference.Imaging.Tests;

/// <summary>The committed files that other tools wrote, and what other tools read from them (Data/make_files.py).</summary>
internal static class SampleFiles
{
    public static string PathOf(string format, string name) => RepositoryPaths.TestData("SpikeSR.Reference.Imaging.Tests", Path.Combine(format, name));

    public static IEnumerable<string> Names(string format) => Lines(format).Select(line => line[0]);

    public static (ImageHeader Header, float[] Samples, int Tolerance) Expected(string format, string name)
    {
        var line = Lines(format).Single(line => line[0] == name);
        var header = new ImageHeader(int.Parse(line[1]), int.Parse(line[2]), int.Parse(line[3]), Enum.Parse<SampleKind>(line[4]))
        {
            Alpha = Enum.Parse<AlphaKind>(line[5]),
        };
        var bytes = File.ReadAllBytes(PathOf(format, line[7] + ".samples"));
        float[] samples = header.Kind switch
        {
            SampleKind.UInt8 => [.. bytes.Select(b => (float)b)],
            SampleKind.UInt16 => [.. MemoryMarshal.Cast<byte, ushort>(bytes).ToArray().Select(s => (float)s)],
            SampleKind.Int16 => [.. MemoryMarshal.Cast<byte, short>(bytes).ToArray().Select(s => (float)s)],
            _ => MemoryMarshal.Cast<byte, float>(bytes).ToArray(),
        };
        Assert.Equal(header.Samples, samples.Length);
        return (header, samples, int.Parse(line[6]));
    }

    private static IEnumerable<string[]> Lines(string format) => File.ReadLines(PathOf(format, "manifest.tsv")).Select(line => line.Split('\t'));
}
