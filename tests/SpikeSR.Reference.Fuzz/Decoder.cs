using System.IO.Compression;
using SpikeSR.Reference.Imaging;
using SpikeSR.Reference.Imaging.Tests;
using SpikeSR.Reference.Serialization;
using SpikeSR.Reference.Tests.Serialization;

namespace SpikeSR.Reference.Fuzz;

/// <summary>One format: sound files to begin with, how to damage them so that the damage gets far, and how to decode.</summary>
internal abstract class Decoder
{
    private const int MaxElements = 1 << 20;

    public static readonly IReadOnlyList<string> Formats = ["png", "jpeg", "tiff", "pnm", "safetensors", "pth"];

    /// <summary>The sound files.</summary>
    public required byte[][] Corpus { get; init; }

    public static Decoder Of(string format) => format switch
    {
        "png" or "jpeg" or "tiff" or "pnm" => new ImageDecoder(format) { Corpus = Files(Path.Combine("SpikeSR.Reference.Imaging.Tests", "Data", format), name => !name.EndsWith(".samples", StringComparison.Ordinal) && !name.EndsWith(".tsv", StringComparison.Ordinal) && !name.EndsWith(".icc", StringComparison.Ordinal)) },
        "safetensors" => new StateDictDecoder { Corpus = Safetensors() },
        "pth" => new StateDictDecoder { Corpus = Files(Path.Combine("SpikeSR.Reference.Tests", "Data"), name => name.EndsWith(".pth", StringComparison.Ordinal)) },
        _ => throw new ArgumentException($"no decoder is called '{format}'; there are {string.Join(", ", Formats)}", nameof(format)),
    };

    /// <summary>The input of a case: the same for the same seed and number.</summary>
    public virtual byte[] Damaged(Random random) => Mutation.Of(Any(random), Any(random), random);

    /// <summary>Decodes to the end.</summary>
    /// <returns>Samples or elements that the input declares, and whether it was sound in spite of the damage.</returns>
    public abstract (long Declared, bool IsSound) Decode(byte[] bytes);

    protected byte[] Any(Random random) => Corpus[random.Next(Corpus.Length)];

    private static byte[][] Files(string folder, Func<string, bool> isOne) =>
        [.. Directory.GetFiles(Path.Combine(RepositoryPaths.Root, "tests", folder)).Where(isOne).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];

    private static byte[][] Safetensors()
    {
        var writers = new List<SafetensorsWriter> { new(), new() };
        writers[0].Add("x", new Tensors.Shape(2, 3), new float[6]);
        writers[1].AddMetadata("format", "pt");
        writers[1].AddMetadata("patch_sizes", "16,8");
        writers[1].Add("head.0.proj.weight", new Tensors.Shape(16, 3, 3, 3), new float[432]);
        writers[1].Add("a \"quoted\" name", new Tensors.Shape(4), new double[4]);
        writers[1].Add("empty", new Tensors.Shape(0, 7), Array.Empty<float>());
        return [.. writers.Select(writer =>
        {
            using var stream = new MemoryStream();
            writer.Write(stream);
            return stream.ToArray();
        })];
    }

    private sealed class ImageDecoder(string format) : Decoder
    {
        private static readonly ImageLimits Megapixel = new() { MaxPixels = 1 << 20, MaxBufferedBytes = 64 << 20 };

        public override byte[] Damaged(Random random)
        {
            var bytes = base.Damaged(random);
            if (format == "png" && random.Next(8) > 0)
            {
                Mutation.RepairPngCheckSums(bytes);
            }

            return bytes;
        }

        public override (long Declared, bool IsSound) Decode(byte[] bytes)
        {
            long samples = 0;
            try
            {
                using var reader = ImageFormats.Open(new MemoryStream(bytes), "input", Megapixel);
                samples = reader.Header.Samples;
                var row = new float[reader.Header.RowSamples];
                while (reader.NextRow < reader.Header.Height)
                {
                    reader.ReadRows(row);
                }

                return (samples, true);
            }
            catch (Exception refusal) when (refusal is MalformedFileException or LimitExceededException && !refusal.Message.Contains('\n'))
            {
                return (samples, false);
            }
        }
    }

    private sealed class StateDictDecoder : Decoder
    {
        // Three in four checkpoints are damaged inside of the pickle, in a zip file that is sound again: its check sums would refuse anything else.
        public override byte[] Damaged(Random random)
        {
            var file = Any(random);
            if (file is not [(byte)'P', (byte)'K', ..] || random.Next(4) == 0)
            {
                return Mutation.Of(file, Any(random), random);
            }

            using var archive = new ZipArchive(new MemoryStream(file));
            var entries = archive.Entries.Select(entry => (entry.FullName, Bytes: Content(entry))).ToArray();
            var pickle = Array.FindIndex(entries, entry => entry.FullName.EndsWith("data.pkl", StringComparison.Ordinal));
            entries[pickle].Bytes = Mutation.Of(entries[pickle].Bytes, Any(random), random);
            return CheckpointBytes.Zip(CompressionLevel.NoCompression, entries);
        }

        public override (long Declared, bool IsSound) Decode(byte[] bytes)
        {
            long elements = 0;
            try
            {
                using var file = StateDictFile.Open(bytes, "input");
                foreach (var tensor in file.Tensors.Values)
                {
                    var count = tensor.ToShape().Length;
                    if (elements + count <= MaxElements)
                    {
                        elements += count;
                        tensor.ToDoubles();
                    }
                }

                return (elements, true);
            }
            catch (MalformedFileException refusal) when (!refusal.Message.Contains('\n'))
            {
                return (elements, false);
            }
        }

        private static byte[] Content(ZipArchiveEntry entry)
        {
            using var stream = entry.Open();
            using var copy = new MemoryStream();
            stream.CopyTo(copy);
            return copy.ToArray();
        }
    }
}
