using System.Buffers.Binary;
using System.Text;
using SpikeSR.Reference.Serialization;

namespace SpikeSR.Reference.Imaging.Png;

/// <summary>Walks over the chunks of a PNG file and verifies the check sum of each, also of those that are skipped.</summary>
internal sealed class PngChunks(SourceFile file)
{
    private readonly byte[] _skipped = new byte[4096];
    private uint _crc;
    private bool _open;

    /// <summary>The current chunk's four letters.</summary>
    public string Type { get; private set; } = string.Empty;

    /// <summary>Bytes of the current chunk's data that have not been read.</summary>
    public int Remaining { get; private set; }

    /// <summary>True where a decoder that does not know the chunk may ignore it.</summary>
    public bool IsAncillary => char.IsAsciiLetterLower(Type[0]);

    /// <summary>Goes to the next chunk; what was left of the current one is skipped.</summary>
    public void Next()
    {
        Close();
        Span<byte> head = stackalloc byte[8];
        file.ReadExactly(head, "chunks");
        var length = BinaryPrimitives.ReadUInt32BigEndian(head);
        foreach (var letter in head[4..])
        {
            if (!char.IsAsciiLetter((char)letter))
            {
                throw file.Malformed("chunks", $"a chunk named by bytes {Convert.ToHexString(head[4..])}", "four letters");
            }
        }

        Type = Encoding.ASCII.GetString(head[4..]);
        if (length + 4L > file.Remaining)
        {
            throw file.Malformed($"chunk {Type}", $"{length} bytes declared", $"at most the {Math.Max(0, file.Remaining - 4)} that are left");
        }

        Remaining = (int)Math.Min(length, int.MaxValue);
        if (length > int.MaxValue)
        {
            throw file.Malformed($"chunk {Type}", $"{length} bytes declared", "at most 2^31 - 1");
        }

        _crc = Crc32.Of(head[4..]);
        _open = true;
    }

    /// <summary>Reads data of the current chunk; 0 at its end.</summary>
    public int Read(Span<byte> bytes)
    {
        var count = Math.Min(bytes.Length, Remaining);
        if (count == 0)
        {
            return 0;
        }

        file.ReadExactly(bytes[..count], $"chunk {Type}");
        _crc = Crc32.Of(bytes[..count], _crc);
        Remaining -= count;
        return count;
    }

    /// <summary>Reads the whole of the current chunk, whose length has to lie in a range.</summary>
    public byte[] ReadAll(int minimum, int maximum)
    {
        if (Remaining < minimum || Remaining > maximum)
        {
            throw file.Malformed($"chunk {Type}", $"{Remaining} bytes", minimum == maximum ? $"{minimum}" : $"{minimum} to {maximum}");
        }

        var bytes = new byte[Remaining];
        Read(bytes);
        Close();
        return bytes;
    }

    private void Close()
    {
        if (!_open)
        {
            return;
        }

        while (Read(_skipped) > 0)
        {
        }

        Span<byte> stored = stackalloc byte[4];
        file.ReadExactly(stored, $"chunk {Type}");
        if (BinaryPrimitives.ReadUInt32BigEndian(stored) != _crc)
        {
            throw file.Malformed($"chunk {Type}", $"bytes with check sum {_crc:x8}", $"{BinaryPrimitives.ReadUInt32BigEndian(stored):x8}, as stored");
        }

        _open = false;
    }
}
