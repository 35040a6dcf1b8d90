using System.Buffers.Binary;
using System.IO.Compression;

namespace SpikeSR.Reference.Imaging.Tiff;

/// <summary>
/// Writes TIFF with Deflate and a predictor: any number of channels, every sample kind, in strips of about 128 KiB or in square tiles;
/// georeferencing, nodata and GDAL's metadata where there are any. BigTIFF where the samples would pass 4 GiB. Of tiles one row is held.
/// </summary>
internal sealed class TiffWriter : RowWriter
{
    private const int StripBytes = 128 << 10;
    private readonly Stream _stream;
    private readonly long _start;
    private readonly CompressionLevel _level;
    private readonly bool _isBig;
    private readonly int _tileSize;
    private readonly int _rowBytes;
    private readonly int _pixelBytes;
    private readonly int _chunkRows;
    private readonly byte[] _line;
    private readonly byte[] _scratch;
    private readonly byte[] _band;
    private readonly MemoryStream _packed = new();
    private readonly List<long> _offsets = [];
    private readonly List<long> _byteCounts = [];
    private ZLibStream? _deflate;

    /// <summary>Starts a file.</summary>
    /// <param name="stream">A stream that can seek: what a TIFF begins with is known last.</param>
    /// <param name="header">The image.</param>
    /// <param name="level">Effort of compression.</param>
    /// <param name="tileSize">Rows and columns of a tile, a multiple of 16; 0 for strips.</param>
    /// <param name="isBig">BigTIFF or not; null to go by the size.</param>
    public TiffWriter(Stream stream, ImageHeader header, CompressionLevel level, int tileSize, bool? isBig = null)
        : base(header)
    {
        Check(header);
        if (!stream.CanSeek)
        {
            throw new ArgumentException("TIFF needs a stream that can seek", nameof(stream));
        }

        if (tileSize < 0 || tileSize % 16 != 0 || tileSize > 1 << 14)
        {
            throw new ArgumentException($"tiles of {tileSize} pixels; TIFF wants a multiple of 16, up to 16384, or 0 for strips", nameof(tileSize));
        }

        _stream = stream;
        _start = stream.Position;
        _level = level;
        _tileSize = tileSize;
        _isBig = isBig ?? NeedsBig(header);
        _pixelBytes = header.Channels * header.BytesPerSample;
        _rowBytes = checked(header.RowSamples * header.BytesPerSample);
        _chunkRows = tileSize > 0 ? tileSize : Math.Clamp(StripBytes / _rowBytes, 1, header.Height);
        _line = new byte[tileSize > 0 ? tileSize * _pixelBytes : _rowBytes];
        _scratch = new byte[header.Kind == SampleKind.Float32 ? _line.Length : 0];
        _band = tileSize > 0 ? new byte[checked(_rowBytes * Math.Min(tileSize, header.Height))] : [];

        // The place of the directory is written at the end.
        stream.Write(_isBig ? "II+\0\b\0\0\0\0\0\0\0\0\0\0\0"u8 : "II*\0\0\0\0\0"u8);
    }

    /// <summary>Throws unless TIFF can hold such an image.</summary>
    public static void Check(ImageHeader header)
    {
        if (header.Channels > ushort.MaxValue)
        {
            throw new ArgumentException($"TIFF holds at most 65535 channels, not {header.Channels}", nameof(header));
        }
    }

    /// <summary>True where offsets of 32 bits might not be enough: what cannot be compressed grows a little.</summary>
    internal static bool NeedsBig(ImageHeader header)
    {
        var bytes = (decimal)header.Samples * header.BytesPerSample;
        return (bytes * 1.01m) + (64 << 20) > uint.MaxValue;
    }

    protected override void WriteRow(ReadOnlySpan<float> row)
    {
        var rowInChunk = NextRow % _chunkRows;
        var isLast = rowInChunk == _chunkRows - 1 || NextRow == Header.Height - 1;
        if (_tileSize > 0)
        {
            Samples.ToBytes(row, _band.AsSpan(rowInChunk * _rowBytes, _rowBytes), Header.Kind, isLittleEndian: true);
            if (isLast)
            {
                WriteTiles(rowInChunk + 1);
            }

            return;
        }

        Samples.ToBytes(row, _line, Header.Kind, isLittleEndian: true);
        WriteLine();
        if (isLast)
        {
            EndChunk();
        }
    }

    protected override void Finish()
    {
        var directory = new TiffDirectoryWriter(_isBig);
        directory.Align(_stream, _start);
        AddLayout(directory);
        AddMetadata(directory, Header.Metadata);
        var at = directory.Write(_stream, _start);
        var end = _stream.Position;
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(number, at);
        _stream.Position = _start + (_isBig ? 8 : 4);
        _stream.Write(number[..(_isBig ? 8 : 4)]);
        _stream.Position = end;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _deflate?.Dispose();
            _packed.Dispose();
        }

        base.Dispose(disposing);
    }

    // Tiles are whole: past the image's edges their samples are 0.
    private void WriteTiles(int rows)
    {
        for (var column = 0; column < Header.Width; column += _tileSize)
        {
            var bytes = Math.Min(_tileSize, Header.Width - column) * _pixelBytes;
            for (var row = 0; row < _tileSize; row++)
            {
                _line.AsSpan().Clear();
                if (row < rows)
                {
                    _band.AsSpan((row * _rowBytes) + (column * _pixelBytes), bytes).CopyTo(_line);
                }

                WriteLine();
            }

            EndChunk();
        }
    }

    private void WriteLine()
    {
        if (Header.Kind == SampleKind.Float32)
        {
            TiffPredictor.ApplyFloat(_line, Header.Channels, _scratch);
        }
        else
        {
            TiffPredictor.ApplyHorizontal(_line, Header.Channels, Header.BytesPerSample, isLittleEndian: true);
        }

        _deflate ??= new ZLibStream(_packed, _level, leaveOpen: true);
        _deflate.Write(_line);
    }

    private void EndChunk()
    {
        _deflate!.Dispose();
        _deflate = null;
        _offsets.Add(_stream.Position - _start);
        _byteCounts.Add(_packed.Length);
        _stream.Write(_packed.GetBuffer(), 0, (int)_packed.Length);
        _packed.SetLength(0);
    }

    private void AddLayout(TiffDirectoryWriter directory)
    {
        var channels = Header.Channels;
        var isRgb = Header.ColourChannels == 3;
        var extras = new ushort[channels - (isRgb ? 3 : 1)];
        if (Header.Alpha != AlphaKind.None)
        {
            extras[^1] = (ushort)(Header.Alpha == AlphaKind.Premultiplied ? 1 : 2);
        }

        ushort format = Header.Kind switch { SampleKind.Int16 => 2, SampleKind.Float32 => 3, _ => 1 };
        directory.AddLong(TiffTag.ImageWidth, Header.Width);
        directory.AddLong(TiffTag.ImageLength, Header.Height);
        directory.AddShorts(TiffTag.BitsPerSample, [.. Enumerable.Repeat((ushort)(8 * Header.BytesPerSample), channels)]);
        directory.AddShorts(TiffTag.Compression, (ushort)TiffCompression.Deflate);
        directory.AddShorts(TiffTag.PhotometricInterpretation, (ushort)(isRgb ? 2 : 1));
        directory.AddShorts(TiffTag.SamplesPerPixel, (ushort)channels);
        directory.AddShorts(TiffTag.PlanarConfiguration, 1);
        directory.AddShorts(TiffTag.Predictor, (ushort)(Header.Kind == SampleKind.Float32 ? 3 : 2));
        directory.AddShorts(TiffTag.ExtraSamples, extras);
        directory.AddShorts(TiffTag.SampleFormat, [.. Enumerable.Repeat(format, channels)]);
        if (_tileSize > 0)
        {
            directory.AddLong(TiffTag.TileWidth, _tileSize);
            directory.AddLong(TiffTag.TileLength, _tileSize);
            directory.AddPlaces(TiffTag.TileOffsets, _offsets);
            directory.AddPlaces(TiffTag.TileByteCounts, _byteCounts);
        }
        else
        {
            directory.AddLong(TiffTag.RowsPerStrip, _chunkRows);
            directory.AddPlaces(TiffTag.StripOffsets, _offsets);
            directory.AddPlaces(TiffTag.StripByteCounts, _byteCounts);
        }
    }

    private static void AddMetadata(TiffDirectoryWriter directory, ImageMetadata metadata)
    {
        directory.AddBytes(TiffTag.IccProfile, TiffType.Undefined, metadata.IccProfile);
        if (metadata.Density is { } density)
        {
            // Pixels a centimetre, or their ratio.
            var unit = density.IsPhysical ? 0.01 : 1;
            directory.AddRational(TiffTag.XResolution, density.X * unit);
            directory.AddRational(TiffTag.YResolution, density.Y * unit);
            directory.AddShorts(TiffTag.ResolutionUnit, (ushort)(density.IsPhysical ? 3 : 1));
        }

        if (metadata.Georeference is { } ground)
        {
            directory.AddDoubles(TiffTag.ModelPixelScale, ground.PixelScale);
            directory.AddDoubles(TiffTag.ModelTiepoint, ground.TiePoints);
            directory.AddDoubles(TiffTag.ModelTransformation, ground.Transformation);
            directory.AddShorts(TiffTag.GeoKeyDirectory, [.. ground.Keys]);
            directory.AddDoubles(TiffTag.GeoDoubleParams, ground.KeyNumbers);
            directory.AddBytes(TiffTag.GeoAsciiParams, TiffType.Ascii, ground.KeyTexts);
            directory.AddBytes(TiffTag.GdalMetadata, TiffType.Ascii, ground.GdalMetadata);
            directory.AddBytes(TiffTag.GdalNoData, TiffType.Ascii, ground.NoData);
            directory.AddDoubles(TiffTag.RationalPolynomials, ground.RationalPolynomials);
        }
    }
}
