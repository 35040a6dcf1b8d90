using System.Buffers.Binary;
using System.Text;
using SpikeSR.Reference.Serialization;

namespace SpikeSR.Reference.Tests.Serialization;

/// <summary>Safetensors files made by hand, right or wrong, without the writer under test.</summary>
internal static class SafetensorsBytes
{
    /// <summary>A file from a header's text and data of so many bytes 1, 2, 3, ...</summary>
    public static byte[] Of(string header, int dataLength) => Of(Encoding.UTF8.GetBytes(header), dataLength);

    public static byte[] Of(byte[] header, int dataLength)
    {
        var file = new byte[8 + header.Length + dataLength];
        BinaryPrimitives.WriteInt64LittleEndian(file, header.Length);
        header.CopyTo(file, 8);
        for (var i = 0; i < dataLength; i++)
        {
            file[8 + header.Length + i] = (byte)(i + 1);
        }

        return file;
    }

    /// <summary>One tensor's header entry.</summary>
    public static string Entry(string name, string type, string shape, long begin, long end) =>
        $$"""
        "{{name}}":{"dtype":"{{type}}","shape":[{{shape}}],"data_offsets":[{{begin}},{{end}}]}
        """;

    /// <summary>The message that refuses a file.</summary>
    public static string Refusal(byte[] file)
    {
        var message = Assert.Throws<MalformedFileException>(() => SafetensorsFile.Open(file, "case.safetensors").Dispose()).Message;
        Assert.StartsWith("case.safetensors: ", message);
        Assert.DoesNotContain('\n', message);
        return message;
    }
}
