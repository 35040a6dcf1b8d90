using System.Buffers.Binary;
using System.IO.Compression;

namespace SpikeSR.Reference.Imaging.Png;

/// <summary>
/// Writes PNG at 8 or 16 bits: grey or RGB, with straight alpha or without. Each row takes the filter with the least sum of absolute
/// differences; rows go to the file as they come.
/// </summary>
internal sealed class PngWriter : RowWriter
{
    private const int PaletteFreeColourTypes = 4;
    private readonly PngChunkWriter _chunks;
    private readonly PngImageDataWriter _data;
    private readonly ZLibStream _deflate;
    private readonly int _pixel;
    private byte[] _line;
    private byte[] _above;
    private byte[] _best;
    private byte[] _trial;

    /// <summary>Starts a file: signature and every chunk before the pixels.</summary>
    public PngWriter(Stream stream, ImageHeader header, CompressionLevel level)
        : base(header)
    {
        Check(header);
        _pixel = header.Channels * header.BytesPerSample;
        _line = new byte[checked((header.Width * _pixel) + 1)];
        _above = new byte[_line.Length];
        _best = new byte[_line.Length];
        _trial = new byte[_line.Length];
        stream.Write(PngReader.Signature);
        _chunks = new PngChunkWriter(stream);
        WriteHeader();
        WriteMetadata(header.Metadata);
        _data = new PngImageDataWriter(_chunks);
        _deflate = new ZLibStream(_data, level, leaveOpen: true);
    }

    /// <summary>Throws unless PNG can hold such an image.</summary>
    public static void Check(ImageHeader header)
    {
        if (header.Kind is not (SampleKind.UInt8 or SampleKind.UInt16))
        {
            throw new ArgumentException($"PNG holds samples of 8 or 16 bits, not {header.Kind}", nameof(header));
        }

        if (header.ColourChannels is not (1 or 3) || header.Alpha == AlphaKind.Premultiplied)
        {
            throw new ArgumentException($"PNG holds grey or RGB, with straight alpha or without, not {header.Channels} channels with alpha {header.Alpha}", nameof(header));
        }
    }

    protected override void WriteRow(ReadOnlySpan<float> row)
    {
        (_line, _above) = (_above, _line);
        Samples.ToBytes(row, _line.AsSpan(1), Header.Kind, isLittleEndian: false);
        var least = long.MaxValue;
        for (var filter = 0; filter < PngFilter.Count; filter++)
        {
            _trial[0] = (byte)filter;
            var sum = PngFilter.Apply(filter, _line.AsSpan(1), _above.AsSpan(1), _pixel, _trial.AsSpan(1));
            if (sum < least)
            {
                least = sum;
                (_best, _trial) = (_trial, _best);
            }
        }

        _deflate.Write(_best);
    }

    protected override void Finish()
    {
        _deflate.Dispose();
        _data.FlushChunk();
        _chunks.Write("IEND"u8, []);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _deflate.Dispose();
            _data.Dispose();
        }

        base.Dispose(disposing);
    }

    private void WriteHeader()
    {
        Span<byte> chunk = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(chunk, Header.Width);
        BinaryPrimitives.WriteInt32BigEndian(chunk[4..], Header.Height);
        chunk[8] = (byte)(8 * Header.BytesPerSample);
        chunk[9] = (byte)((Header.ColourChannels == 3 ? 2 : 0) + (Header.Alpha == AlphaKind.None ? 0 : PaletteFreeColourTypes));
        _chunks.Write("IHDR"u8, chunk);
    }

    private void WriteMetadata(ImageMetadata metadata)
    {
        if (metadata.Gamma is { } gamma)
        {
            _chunks.WriteNumbers("gAMA"u8, gamma);
        }

        if (metadata.Chromaticities is { Count: 8 } chromaticities)
        {
            _chunks.WriteNumbers("cHRM"u8, [.. chromaticities]);
        }

        // A profile says more than "this is sRGB", and PNG wants one of the two.
        if (!metadata.IccProfile.IsEmpty)
        {
            WriteProfile(metadata.IccProfile.Span);
        }
        else if (metadata.SrgbIntent is { } intent)
        {
            _chunks.Write("sRGB"u8, [intent]);
        }

        if (metadata.Density is { } density)
        {
            Span<byte> chunk = stackalloc byte[9];
            BinaryPrimitives.WriteUInt32BigEndian(chunk, PixelsPerMetre(density.X));
            BinaryPrimitives.WriteUInt32BigEndian(chunk[4..], PixelsPerMetre(density.Y));
            chunk[8] = (byte)(density.IsPhysical ? 1 : 0);
            _chunks.Write("pHYs"u8, chunk);
        }

        static uint PixelsPerMetre(double density) => (uint)Math.Clamp(Math.Round(density), 1, int.MaxValue);
    }

    private void WriteProfile(ReadOnlySpan<byte> profile)
    {
        using var chunk = new MemoryStream();
        chunk.Write("ICC profile\0\0"u8);
        using (var deflate = new ZLibStream(chunk, CompressionLevel.Optimal, leaveOpen: true))
        {
            deflate.Write(profile);
        }

        _chunks.Write("iCCP"u8, chunk.GetBuffer().AsSpan(0, (int)chunk.Length));
    }
}
