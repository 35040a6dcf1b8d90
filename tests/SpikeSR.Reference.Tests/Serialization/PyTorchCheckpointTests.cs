using System.IO.Compression;
using SpikeSR.Reference.Serialization;
using static SpikeSR.Reference.Tests.Serialization.CheckpointBytes;

namespace SpikeSR.Reference.Tests.Serialization;

public class PyTorchCheckpointTests
{
    [Fact]
    public void Contiguous_tensors_are_read_in_the_dicts_order()
    {
        using var file = Open("contiguous");
        Assert.Equal(["weight", "bias", "scalar"], file.Tensors.Keys);
        AssertTensor(file, "weight", ElementType.F32, [2, 3], [-3.5, -2.5, -1.5, -0.5, 0.5, 1.5]);
        AssertTensor(file, "bias", ElementType.F64, [3], [-3.5, -2.5, -1.5]);
        AssertTensor(file, "scalar", ElementType.F32, [], [7.25]);
        Assert.Empty(file.Metadata);
    }

    [Fact]
    public void Transposed_permuted_and_sliced_tensors_come_in_row_major_order()
    {
        using var file = Open("transposed");
        AssertTensor(file, "weight", ElementType.F32, [3, 2], [-3.5, -0.5, -2.5, 0.5, -1.5, 1.5]);
        var permuted = from k in Enumerable.Range(0, 4) from i in Enumerable.Range(0, 2) from j in Enumerable.Range(0, 3) select (12 * i) + (4 * j) + k - 3.5;
        AssertTensor(file, "permuted", ElementType.F32, [4, 2, 3], [.. permuted]);
        AssertTensor(file, "slice", ElementType.F32, [2, 2], [6 - 3.5, 8 - 3.5, 11 - 3.5, 13 - 3.5]);
    }

    [Fact]
    public void Tensors_may_share_a_storage()
    {
        using var file = Open("shared_storage");
        AssertTensor(file, "left", ElementType.F32, [5], [-3.5, -2.5, -1.5, -0.5, 0.5]);
        AssertTensor(file, "right", ElementType.F32, [7], [1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5]);
        AssertTensor(file, "tied", ElementType.F32, [5], file.Tensors["left"].ToDoubles());
    }

    [Fact]
    public void Narrow_types_and_integers_are_read()
    {
        using var file = Open("narrow_types");
        AssertTensor(file, "half", ElementType.F16, [5], [-3.5, -2.5, -1.5, -0.5, 0.5]);
        AssertTensor(file, "bfloat16", ElementType.BF16, [5], [-3.5, -2.5, -1.5, -0.5, 0.5]);
        AssertTensor(file, "int32", ElementType.I32, [2], [-5, 6]);
        AssertTensor(file, "int16", ElementType.I16, [2], [-300, 300]);
        AssertTensor(file, "int8", ElementType.I8, [2], [-128, 127]);
        AssertTensor(file, "uint8", ElementType.U8, [2], [0, 255]);
        AssertTensor(file, "bool", ElementType.BOOL, [3], [1, 0, 1]);
        Assert.Equal([1234567890123456789], file.Tensors["int64"].ToInt64s());
    }

    [Fact]
    public void A_nested_state_dict_is_found_and_what_stands_beside_it_is_ignored()
    {
        using var file = Open("nested");
        Assert.Equal(["weight"], file.Tensors.Keys);
        AssertTensor(file, "weight", ElementType.F32, [2, 2], [-3.5, -2.5, -1.5, -0.5]);
    }

    [Fact]
    public void A_modules_own_state_dict_keeps_its_names()
    {
        using var file = Open("module_names");
        Assert.Equal(
            ["module.0.weight", "module.0.bias", "module.1.weight", "module.1.bias", "module.1.running_mean", "module.1.running_var", "module.1.num_batches_tracked"],
            file.Tensors.Keys);
        AssertTensor(file, "module.0.weight", ElementType.F32, [2, 1, 1, 1], [-3.5, -2.5]);
        AssertTensor(file, "module.1.running_var", ElementType.F32, [2], [1, 1]);
        AssertTensor(file, "module.1.num_batches_tracked", ElementType.I64, [], [0]);
    }

    [Fact]
    public void Parameters_are_tensors()
    {
        using var file = Open("parameters");
        AssertTensor(file, "weight", ElementType.F32, [2, 3], [-3.5, -2.5, -1.5, -0.5, 0.5, 1.5]);
        AssertTensor(file, "frozen", ElementType.F32, [2], [-3.5, -2.5]);
    }

    [Fact]
    public void Pickle_protocol_4_and_empty_tensors_are_read()
    {
        using var file = Open("protocol4");
        Assert.Equal(["weight"], file.Tensors.Keys);
        AssertTensor(file, "weight", ElementType.F32, [2, 3], [-3.5, -2.5, -1.5, -0.5, 0.5, 1.5]);
        using var empty = Open("empty_tensor");
        AssertTensor(empty, "empty", ElementType.F32, [0, 3], []);
        AssertTensor(empty, "weight", ElementType.F32, [2], [-3.5, -2.5]);
    }

    [Theory]
    [InlineData("legacy", "file: found a bare pickle, expected the zip file that torch.save writes since PyTorch 1.6")]
    [InlineData("expanded", "found shape [4] from element 0, expected counts, and at most the storage's 1 elements")]
    [InlineData("complex", "global 'torch.ComplexFloatStorage'")]
    [InlineData("whole_module", "global 'torch.nn.modules.linear.Linear'")]
    public void Other_things_that_torch_saves_are_refused_by_name(string name, string words)
    {
        Assert.Contains(words, Refusal(File.ReadAllBytes(DataPath(name))));
        Assert.Contains(words, Assert.Throws<MalformedFileException>(() => StateDictFile.Open(DataPath(name))).Message);
    }

    [Fact]
    public void The_content_decides_the_format_not_the_extension()
    {
        using var checkpoint = StateDictFile.Open(DataPath("contiguous"));
        Assert.IsType<PyTorchCheckpoint>(checkpoint);
        Assert.Equal(DataPath("contiguous"), checkpoint.Name);
        using var safetensors = StateDictFile.Open(SafetensorsBytes.Of("{}", 0), "misnamed.pth");
        Assert.IsType<SafetensorsFile>(safetensors);
        // A safetensors header of 0x04034b50 bytes begins like a zip file; its brace tells.
        byte[] lookalike = [(byte)'P', (byte)'K', 3, 4, 0, 0, 0, 0, (byte)'{'];
        Assert.Contains("header length: found 67324752", Assert.Throws<MalformedFileException>(() => StateDictFile.Open(lookalike, "x")).Message);
        Assert.Throws<MalformedFileException>(() => StateDictFile.Open("PK"u8.ToArray(), "x"));
    }

    [Fact]
    public void A_checkpoint_cut_at_any_byte_is_refused()
    {
        var whole = File.ReadAllBytes(DataPath("contiguous"));
        for (var length = 0; length < whole.Length; length++)
        {
            Refusal(whole[..length]);
        }
    }

    [Fact]
    public void Deflated_entries_are_read()
    {
        var file = Zip(CompressionLevel.SmallestSize, ("r/data.pkl", Pickle(Dictionary(("w", Floats("0", 1000))))), ("r/data/0", new byte[4000]));
        Assert.InRange(file.Length, 0, 1000);
        using var checkpoint = PyTorchCheckpoint.Open(file, "x");
        Assert.Equal(new double[1000], checkpoint.Tensors["w"].ToDoubles());
    }

    [Fact]
    public void An_entry_that_declares_more_than_deflate_can_give_is_refused_before_memory_is_taken()
    {
        var file = Zip(CompressionLevel.SmallestSize, ("r/data.pkl", Pickle(Dictionary(("w", Floats("0", 1000))))), ("r/data/0", new byte[4000]));
        SetDirectorySizes(file, "r/data/0", uncompressed: 1 << 30);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Matches(@"zip entry 'r/data/0': found 1073741824 bytes from \d+, expected at most 1032 to 1", Refusal(file));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Theory]
    [InlineData(CompressionLevel.SmallestSize, 3996, "found bytes with checksum")]
    [InlineData(CompressionLevel.SmallestSize, 4004, "found 4000 bytes, expected 4004")]
    [InlineData(CompressionLevel.NoCompression, 3996, "more bytes than declared")]
    [InlineData(CompressionLevel.NoCompression, 4004, "found 4000 bytes, expected 4004")]
    public void An_entry_that_gives_more_or_less_than_it_declares_is_refused(CompressionLevel level, int declared, string words)
    {
        var file = Zip(level, ("r/data.pkl", Pickle(Dictionary(("w", Floats("0", declared / 4))))), ("r/data/0", new byte[4000]));
        SetDirectorySizes(file, "r/data/0", uncompressed: declared);
        using var checkpoint = PyTorchCheckpoint.Open(file, "x");
        Assert.Contains(words, Assert.Throws<MalformedFileException>(() => checkpoint.Tensors["w"].ToDoubles()).Message);
    }

    [Fact]
    public void A_changed_byte_in_a_storage_is_noticed()
    {
        var file = Checkpoint(Pickle(Dictionary(("w", Floats("0", 2)))), ("data/0", [1, 2, 3, 4, 5, 6, 7, 8]));
        file[file.AsSpan().IndexOf<byte>([1, 2, 3, 4, 5, 6, 7, 8])] = 0;
        using var checkpoint = PyTorchCheckpoint.Open(file, "x");
        Assert.Contains("checksum", Assert.Throws<MalformedFileException>(() => checkpoint.Tensors["w"].ToDoubles()).Message);
    }

    [Fact]
    public void Entries_may_not_share_bytes_or_names()
    {
        var file = Checkpoint(Pickle(Dictionary(("w", Floats("0", 250)))), ("data/0", new byte[1000]), ("data/1", new byte[1000]));
        SetDirectorySizes(file, "root/data/1", uncompressed: 2000, compressed: 2000);
        Assert.Contains("zip entry 'root/data/1': found more stored bytes than the file has", Refusal(file));
        Assert.Contains("zip entry 'root/data/0': found the name twice", Refusal(Checkpoint(Pickle(None), ("data/0", []), ("data/0", []))));
    }

    [Fact]
    public void A_zip_directory_over_its_limit_is_refused_before_memory_is_taken()
    {
        // 65,000 empty entries with names of 300 zeros: a directory of 22 MB.
        const int count = 65_000;
        const int record = 46 + 300;
        var file = new byte[(count * record) + 22];
        for (var i = 0; i < count; i++)
        {
            "PK\u0001\u0002"u8.CopyTo(file.AsSpan(i * record));
            BitConverter.TryWriteBytes(file.AsSpan((i * record) + 28), (ushort)300);
        }

        var end = file.AsSpan(count * record);
        "PK\u0005\u0006"u8.CopyTo(end);
        BitConverter.TryWriteBytes(end[8..], (ushort)count);
        BitConverter.TryWriteBytes(end[10..], (ushort)count);
        BitConverter.TryWriteBytes(end[12..], count * record);
        Assert.Contains("zip directory: found too many entries, expected a directory of at most 16 MiB", Refusal(file));
    }

    [Fact]
    public void There_is_one_pickle_directly_under_one_folder()
    {
        Assert.Contains("0 entries ROOT/data.pkl", Refusal(Zip(CompressionLevel.NoCompression, ("data.pkl", Pickle(None)), ("a/b/data.pkl", Pickle(None)))));
        Assert.Contains("2 entries ROOT/data.pkl", Refusal(Zip(CompressionLevel.NoCompression, ("a/data.pkl", Pickle(None)), ("b/data.pkl", Pickle(None)))));
    }

    [Fact]
    public void A_storage_must_be_there_and_have_its_size()
    {
        var pickle = Pickle(Dictionary(("w", Floats("0", 2))));
        Assert.Contains("tensor 'w': found no zip entry 'root/data/0', expected 8 bytes", Refusal(Checkpoint(pickle)));
        Assert.Contains("tensor 'w': found 7 bytes in zip entry 'root/data/0', expected 8 bytes", Refusal(Checkpoint(pickle, ("data/0", new byte[7]))));
        var huge = Pickle(Dictionary(("w", Floats("0", long.MaxValue))));
        Assert.Contains("expected 36893488147419103228 bytes", Refusal(Checkpoint(huge, ("data/0", new byte[8]))));
        var climbing = Pickle(Dictionary(("w", Floats("../data.pkl/../0", 2))));
        Assert.Contains("found no zip entry", Refusal(Checkpoint(climbing, ("data/0", new byte[8]))));
    }

    [Fact]
    public void Only_little_endian_checkpoints_are_read()
    {
        var pickle = Pickle(Dictionary(("w", Floats("0", 1))));
        using var little = PyTorchCheckpoint.Open(Checkpoint(pickle, ("data/0", [0, 0, 0x80, 0x3f]), ("byteorder", "little"u8.ToArray())), "x");
        Assert.Equal([1.0], little.Tensors["w"].ToDoubles());
        Assert.Contains("zip entry 'root/byteorder': found another byte order, expected little", Refusal(Checkpoint(pickle, ("data/0", new byte[4]), ("byteorder", "big"u8.ToArray()))));
        Assert.Contains("zip entry 'root/byteorder': found 1000 bytes", Refusal(Checkpoint(pickle, ("data/0", new byte[4]), ("byteorder", new byte[1000]))));
    }

    [Theory]
    [InlineData("state_dict")]
    [InlineData("params_ema")]
    [InlineData("params")]
    [InlineData("model")]
    public void The_usual_nests_are_opened(string nest)
    {
        var pickle = Pickle(Dictionary(("beside", Floats("1", 1)), (nest, Dictionary(("w", Floats("0", 1))))));
        using var file = PyTorchCheckpoint.Open(Checkpoint(pickle, ("data/0", new byte[4]), ("data/1", new byte[4])), "x");
        Assert.Equal(["w"], file.Tensors.Keys);
    }

    [Fact]
    public void The_first_nest_with_a_tensor_is_taken_and_no_deeper_one()
    {
        var pickle = Pickle(Dictionary(
            ("model", Dictionary(("m", Floats("0", 1)))), ("params", Dictionary(("p", Floats("0", 1)))),
            ("params_ema", Dictionary(("e", Floats("0", 1)))), ("state_dict", Dictionary(("n", None)))));
        using var file = PyTorchCheckpoint.Open(Checkpoint(pickle, ("data/0", new byte[4])), "x");
        Assert.Equal(["e"], file.Tensors.Keys);
        var deeper = Pickle(Dictionary(("model", Dictionary(("state_dict", Dictionary(("w", Floats("0", 1))))))));
        Assert.Contains("data.pkl: found no tensor, expected a dict of tensors, bare or under state_dict", Refusal(Checkpoint(deeper, ("data/0", new byte[4]))));
    }

    [Fact]
    public void A_checkpoint_is_a_dict_with_texts_for_names_each_once()
    {
        Assert.Contains("found a value that is no dict", Refusal(Checkpoint(Pickle(None))));
        Assert.Contains("found a value that is no dict", Refusal(Checkpoint(Pickle(Floats("0", 1)), ("data/0", new byte[4]))));
        Assert.Contains("tensor 'w': found the name twice", Refusal(Checkpoint(Pickle(Dictionary(("w", Floats("0", 1)), ("w", Floats("0", 1)))), ("data/0", new byte[4]))));
        Assert.Contains("a tensor whose key is no text", Refusal(Checkpoint(Pickle(EmptyDictionary, Integer(1), Floats("0", 1), "s"u8.ToArray()), ("data/0", new byte[4]))));
    }

    [Theory]
    [InlineData(0, new long[] { 2, 3 }, new long[] { 3, 1 }, null)]
    [InlineData(5, new long[] { 1, 1 }, new long[] { long.MaxValue, long.MaxValue }, null)]
    [InlineData(6, new long[] { 0, 9 }, new long[] { 9, 1 }, null)]
    [InlineData(1, new long[] { 2, 3 }, new long[] { 3, 1 }, "a tensor that reaches element 6, expected at most 5")]
    [InlineData(0, new long[] { 2 }, new long[] { 6 }, "a tensor that reaches element 6")]
    [InlineData(0, new long[] { 2, 2 }, new long[] { long.MaxValue, long.MaxValue }, "a tensor that reaches element 18446744073709551614")]
    [InlineData(long.MaxValue, new long[] { 2 }, new long[] { long.MaxValue }, "a tensor that reaches element 18446744073709551614")]
    [InlineData(long.MaxValue, new long[] { 1 }, new long[] { 1 }, "a tensor that reaches element 9223372036854775807")]
    [InlineData(-1, new long[] { 1 }, new long[] { 1 }, "shape [1] from element -1")]
    [InlineData(0, new long[] { -1 }, new long[] { 1 }, "shape [-1]")]
    [InlineData(3, new long[] { 2 }, new long[] { -1 }, "expected counts")]
    [InlineData(0, new long[] { 7 }, new long[] { 0 }, "shape [7] from element 0, expected counts, and at most the storage's 6 elements")]
    [InlineData(0, new long[] { 4294967296, 4294967296 }, new long[] { 0, 0 }, "shape [4294967296, 4294967296]")]
    [InlineData(0, new long[] { 2 }, new long[] { 1, 1 }, "a tensor of 1 extents and 2 strides")]
    public void A_view_stays_within_its_storage(long offset, long[] size, long[] stride, string? words)
    {
        var storage = new float[] { 0, 1, 2, 3, 4, 5 };
        var file = Checkpoint(
            Pickle(Dictionary(("w", Tensor(Storage("FloatStorage", "0", 6), offset, size, stride)))),
            ("data/0", [.. storage.SelectMany(BitConverter.GetBytes)]));
        if (words is null)
        {
            using var checkpoint = PyTorchCheckpoint.Open(file, "x");
            Assert.Equal(storage[(int)offset..], checkpoint.Tensors["w"].ToSingles());
        }
        else
        {
            Assert.Contains(words, Refusal(file));
        }
    }

    private static byte[] Floats(string key, long count) => Tensor(Storage("FloatStorage", key, count), 0, [count], [1]);

    private static string DataPath(string name) => RepositoryPaths.TestData("SpikeSR.Reference.Tests", $"{name}.pth");

    private static PyTorchCheckpoint Open(string name) => PyTorchCheckpoint.Open(DataPath(name));

    private static void AssertTensor(StateDictFile file, string name, ElementType type, long[] extents, double[] values)
    {
        var tensor = file.Require(name);
        Assert.Equal(type, tensor.ElementType);
        Assert.Equal(extents, tensor.Extents);
        Assert.Equal(values, tensor.ToDoubles());
        Assert.Equal(Array.ConvertAll(values, value => (float)value), tensor.ToSingles());
    }

    /// <summary>Changes the sizes that the zip directory declares for an entry.</summary>
    private static void SetDirectorySizes(byte[] file, string name, int uncompressed, int? compressed = null)
    {
        // The directory comes last, so the name's last occurrence is its own; its record starts 46 bytes before.
        var record = file.AsSpan().LastIndexOf(System.Text.Encoding.ASCII.GetBytes(name)) - 46;
        Assert.True(file.AsSpan(record, 4).SequenceEqual("PK\u0001\u0002"u8));
        BitConverter.TryWriteBytes(file.AsSpan(record + 24), uncompressed);
        if (compressed is { } size)
        {
            BitConverter.TryWriteBytes(file.AsSpan(record + 20), size);
        }
    }
}
