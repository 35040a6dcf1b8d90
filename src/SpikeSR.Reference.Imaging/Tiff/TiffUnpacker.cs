namespace SpikeSR.Reference.Imaging.Tiff;

/// <summary>Unpacks strips or tiles one after the other, each from its beginning on and as much of it as is asked for.</summary>
internal abstract class TiffUnpacker : IDisposable
{
    /// <summary>Bytes that an unpacker may hold at once: tables, windows and read-ahead; the largest are Deflate's, most of them zlib's own.</summary>
    public static int MostStateBytes(TiffCompression compression) => compression == TiffCompression.None ? 0 : 64 * 1024;

    /// <summary>The unpacker of a method.</summary>
    public static TiffUnpacker Of(TiffCompression compression) => compression switch
    {
        TiffCompression.None => new Plain(),
        TiffCompression.PackBits => new TiffPackBits(),
        TiffCompression.Lzw => new TiffLzw(),
        _ => new Deflate(),
    };

    /// <summary>Goes to the beginning of a strip or tile.</summary>
    public abstract void Start(TiffChunkBytes bytes);

    /// <summary>Unpacks exactly as many bytes as the span holds.</summary>
    public abstract void ReadExactly(Span<byte> bytes);

    public virtual void Dispose()
    {
    }

    private sealed class Plain : TiffUnpacker
    {
        private TiffChunkBytes? _bytes;

        public override void Start(TiffChunkBytes bytes) => _bytes = bytes;

        public override void ReadExactly(Span<byte> bytes)
        {
            if (_bytes!.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
            {
                throw _bytes.Malformed("too little data", "as much as the image needs");
            }
        }
    }

    private sealed class Deflate : TiffUnpacker
    {
        private InflateReader? _inflate;

        public override void Start(TiffChunkBytes bytes)
        {
            _inflate?.Dispose();
            _inflate = new InflateReader(bytes.File, bytes, bytes.Part);
        }

        public override void ReadExactly(Span<byte> bytes) => _inflate!.ReadExactly(bytes);

        public override void Dispose()
        {
            _inflate?.Dispose();
            base.Dispose();
        }
    }
}
