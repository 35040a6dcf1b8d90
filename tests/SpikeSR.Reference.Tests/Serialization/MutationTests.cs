using System.IO.Compression;
using SpikeSR.Reference.Serialization;

namespace SpikeSR.Reference.Tests.Serialization;

/// <summary>Broken variants of sound files: whatever they say, they are read or refused with one line, and take little memory.</summary>
public class MutationTests
{
    private static readonly string[] Checkpoints = ["contiguous", "transposed", "nested", "narrow_types", "protocol4", "module_names"];

    private static readonly List<byte[]> Files = [.. Checkpoints.Select(Checkpoint), Safetensors()];

    private static readonly List<byte[]> Pickles = [.. Checkpoints.Select(name => Entry(Checkpoint(name), $"{name}/data.pkl"))];

    [Fact]
    public void Mutated_files_are_read_or_refused_and_nothing_else() => ReadOrRefuse(Files, (_, mutant) => mutant);

    [Fact]
    public void Mutated_pickles_in_a_sound_zip_file_are_read_or_refused_and_nothing_else() =>
        ReadOrRefuse(Pickles, (seed, mutant) => CheckpointBytes.Checkpoint(mutant, Storages(Checkpoints[seed])));

    private static void ReadOrRefuse(List<byte[]> seeds, Func<int, byte[], byte[]> wrap)
    {
        const int rounds = 3500;
        var random = new Random(20240229);
        var (read, refused) = (0, 0);
        for (var round = 0; round < rounds; round++)
        {
            var seed = round % seeds.Count;
            var mutant = wrap(seed, Mutate(seeds[seed], seeds, random));
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                using var file = StateDictFile.Open(mutant, "mutant");
                foreach (var tensor in file.Tensors.Values)
                {
                    tensor.ToDoubles();
                }

                read++;
            }
            catch (MalformedFileException failure)
            {
                Assert.StartsWith("mutant: ", failure.Message);
                Assert.DoesNotContain(failure.Message, char.IsControl);
                refused++;
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        }

        // Both must happen often, or the mutations test nothing.
        Assert.InRange(read, rounds / 20, rounds);
        Assert.InRange(refused, rounds / 5, rounds);
    }

    private static byte[] Checkpoint(string name) => File.ReadAllBytes(RepositoryPaths.TestData("SpikeSR.Reference.Tests", $"{name}.pth"));

    private static byte[] Safetensors() => SafetensorsBytes.Of(
        "{\"__metadata__\":{\"a\":\"b\"}," + SafetensorsBytes.Entry("x", "F32", "2,3", 0, 24) + "," + SafetensorsBytes.Entry("y", "BOOL", "4", 24, 28) + "}", 28);

    private static byte[] Entry(byte[] file, string name) => Entries(file).Single(entry => entry.Name == name).Bytes;

    private static (string Name, byte[] Bytes)[] Storages(string checkpoint) =>
        [.. Entries(Checkpoint(checkpoint)).Where(entry => entry.Name.Contains("/data/")).Select(entry => (entry.Name[(checkpoint.Length + 1)..], entry.Bytes))];

    private static IEnumerable<(string Name, byte[] Bytes)> Entries(byte[] file)
    {
        using var archive = new ZipArchive(new MemoryStream(file));
        foreach (var entry in archive.Entries)
        {
            using var stream = entry.Open();
            using var copy = new MemoryStream();
            stream.CopyTo(copy);
            yield return (entry.FullName, copy.ToArray());
        }
    }

    private static byte[] Mutate(byte[] seed, List<byte[]> seeds, Random random)
    {
        byte[] extremes = [0, 1, 0x7f, 0x80, 0xff, (byte)'(', (byte)'R', (byte)'.'];
        var bytes = seed.ToList();
        for (var changes = random.Next(1, 4); changes > 0 && bytes.Count > 0; changes--)
        {
            var place = random.Next(bytes.Count);
            var length = random.Next(1, Math.Min(16, bytes.Count - place) + 1);
            switch (random.Next(6))
            {
                case 0:
                    bytes[place] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[place] = extremes[random.Next(extremes.Length)];
                    break;
                case 2:
                    bytes.RemoveRange(place, length);
                    break;
                case 3:
                    bytes.InsertRange(place, bytes.GetRange(random.Next(bytes.Count - length + 1), length));
                    break;
                case 4:
                    for (var i = 0; i < length; i++)
                    {
                        bytes[place + i] = 0xff;
                    }

                    break;
                default:
                    var other = seeds[random.Next(seeds.Count)];
                    bytes.RemoveRange(place, bytes.Count - place);
                    bytes.AddRange(other[Math.Min(place, other.Length)..]);
                    break;
            }
        }

        return [.. bytes];
    }
}
