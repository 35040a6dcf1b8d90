using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using SpikeSR.Reference.Serialization;

namespace SpikeSR.Reference.Tests.Serialization;

/// <summary>PyTorch checkpoints made by hand, right or wrong: pickles opcode by opcode, and the zip file around them.</summary>
internal static class CheckpointBytes
{
    public static readonly byte[] Protocol2 = [0x80, 2];
    public static readonly byte[] Stop = [(byte)'.'];
    public static readonly byte[] None = [(byte)'N'];
    public static readonly byte[] EmptyTuple = [(byte)')'];
    public static readonly byte[] EmptyDictionary = [(byte)'}'];
    public static readonly byte[] Reduce = [(byte)'R'];

    /// <summary>A whole pickle of one value.</summary>
    public static byte[] Pickle(params byte[][] value) => [.. Protocol2, .. value.SelectMany(part => part), .. Stop];

    public static byte[] Text(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        return [(byte)'X', .. BitConverter.GetBytes(utf8.Length), .. utf8];
    }

    public static byte[] Integer(long value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return [0x8a, 8, .. bytes];
    }

    public static byte[] Global(string module, string name) => Encoding.UTF8.GetBytes($"c{module}\n{name}\n");

    public static byte[] Tuple(params byte[][] items) => [(byte)'(', .. items.SelectMany(item => item), (byte)'t'];

    public static byte[] Dictionary(params (string Key, byte[] Value)[] pairs) =>
        [(byte)'}', (byte)'(', .. pairs.SelectMany(pair => Text(pair.Key).Concat(pair.Value)), (byte)'u'];

    public static byte[] Storage(string type, string key, long count) =>
        [.. Tuple(Text("storage"), Global("torch", type), Text(key), Text("cpu"), Integer(count)), (byte)'Q'];

    public static byte[] Counts(params long[] values) => Tuple(Array.ConvertAll(values, Integer));

    /// <summary>A tensor over a storage, as torch.save pickles it.</summary>
    public static byte[] Tensor(byte[] storage, long offset, long[] size, long[] stride) =>
    [
        .. Global("torch._utils", "_rebuild_tensor_v2"),
        .. Tuple(storage, Integer(offset), Counts(size), Counts(stride), [0x89], [.. Global("collections", "OrderedDict"), .. EmptyTuple, .. Reduce]),
        .. Reduce,
    ];

    /// <summary>A zip file of entries.</summary>
    public static byte[] Zip(CompressionLevel level, params (string Name, byte[] Bytes)[] entries)
    {
        using var stream = new MemoryStream();
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create))
        {
            foreach (var (name, bytes) in entries)
            {
                using var entry = archive.CreateEntry(name, level).Open();
                entry.Write(bytes);
            }
        }

        return stream.ToArray();
    }

    /// <summary>A checkpoint of a pickle and storages.</summary>
    public static byte[] Checkpoint(byte[] pickle, params (string Name, byte[] Bytes)[] entries) =>
        Zip(CompressionLevel.NoCompression, [("root/data.pkl", pickle), .. entries.Select(entry => ("root/" + entry.Name, entry.Bytes))]);

    /// <summary>The message that refuses a file.</summary>
    public static string Refusal(byte[] file)
    {
        var message = Assert.Throws<MalformedFileException>(() => PyTorchCheckpoint.Open(file, "case.pth").Dispose()).Message;
        Assert.StartsWith("case.pth: ", message);
        Assert.DoesNotContain(message, char.IsControl);
        Assert.InRange(message.Length, 1, 1000);
        return message;
    }
}
