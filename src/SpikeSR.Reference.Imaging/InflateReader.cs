using System.IO.Compression;

namespace SpikeSR.Reference.Imaging;

/// <summary>Inflates a zlib stream piece by piece; whatever is wrong with it becomes a message about the file.</summary>
internal sealed class InflateReader : IDisposable
{
    /// <summary>Deflate yields at most this many bytes for one: 258 for two bits.</summary>
    public const int MaxExpansion = 1032;

    private readonly SourceFile _file;
    private readonly string _what;
    private readonly CompressedBytes _compressed;
    private readonly ZLibStream _inflate;

    /// <param name="file">Names the messages.</param>
    /// <param name="compressed">Where the zlib stream stands; disposed with this.</param>
    /// <param name="what">What is being inflated, for messages.</param>
    public InflateReader(SourceFile file, CompressedBytes compressed, string what)
    {
        _file = file;
        _what = what;
        _compressed = compressed;
        _inflate = new ZLibStream(compressed, CompressionMode.Decompress);
    }

    /// <summary>Reads up to a number of bytes, at least one; 0 at the end of a zlib stream whose check sum is right.</summary>
    public int Read(Span<byte> bytes)
    {
        try
        {
            var count = _inflate.Read(bytes);

            // The library takes a stream that is cut for one that ends.
            return count > 0 || !_compressed.IsExhausted ? count : throw _file.Malformed(_what, "the end of the compressed data", "more of them");
        }
        catch (Exception damage) when (damage is InvalidDataException || damage.GetType().FullName == "System.IO.Compression.ZLibException")
        {
            // The second, which is not public and an IOException, where a preset dictionary is asked for, which neither PNG nor TIFF has.
            throw _file.Malformed(_what, "damaged compressed data", "a sound zlib stream");
        }
    }

    /// <summary>Reads exactly as many bytes as the span holds.</summary>
    public void ReadExactly(Span<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var count = Read(bytes);
            if (count == 0)
            {
                throw _file.Malformed(_what, "too little data", "as much as the image needs");
            }

            bytes = bytes[count..];
        }
    }

    /// <summary>Throws unless the stream ends here; as it should after the last row.</summary>
    public void ExpectEnd()
    {
        Span<byte> one = stackalloc byte[1];
        if (Read(one) != 0)
        {
            throw _file.Malformed(_what, "more data", "an end after the last row");
        }
    }

    public void Dispose() => _inflate.Dispose();
}
