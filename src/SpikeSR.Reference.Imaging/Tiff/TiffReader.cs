namespace SpikeSR.Reference.Imaging.Tiff;

/// <summary>
/// Reads TIFF and BigTIFF, GeoTIFF included: strips and tiles, channels together or apart, 8 and 16 bit integers and 32 bit floats (one sample
/// of 1, 2 or 4 bits too), no compression, LZW, Deflate and PackBits, predictors, palettes, both byte orders. Strips are unpacked row by
/// row, however high they are; of tiles one row is held.
/// </summary>
internal sealed class TiffReader : RowReader
{
    private readonly TiffLayout _layout;
    private readonly bool _isLittleEndian;
    private readonly TiffColours _colours;
    private readonly float _absent;
    private readonly TiffUnpacker[] _unpackers;
    private readonly bool[] _isAbsent;
    private readonly byte[] _line;
    private readonly byte[] _scratch;
    private readonly float[] _stored;
    private byte[]? _band;

    private TiffReader(TiffDirectory directory, TiffLayout layout, TiffColours colours, ImageHeader header, float absent)
        : base(header)
    {
        _layout = layout;
        _colours = colours;

        // Taking floats apart into bytes leaves no byte order.
        _isLittleEndian = directory.IsLittleEndian || layout.Predictor == 3;
        _absent = absent;
        _unpackers = [.. Enumerable.Range(0, layout.IsTiled ? 1 : layout.Planes).Select(_ => TiffUnpacker.Of(layout.Compression))];
        _isAbsent = new bool[_unpackers.Length];
        _line = new byte[layout.ChunkLineBytes];
        _scratch = new byte[layout.Predictor == 3 ? _line.Length : 0];
        _stored = new float[layout.Width * layout.Samples];
    }

    public static RowReader Open(SourceFile file)
    {
        var directory = TiffDirectory.Open(file);
        var layout = TiffLayout.Parse(directory);
        var colours = TiffColours.Parse(directory, layout);
        var stored = TiffMetadata.Parse(directory);
        var header = new ImageHeader(layout.Width, layout.Height, colours.Channels, layout.Kind)
        {
            Alpha = colours.Alpha,
            Metadata = stored with { Georeference = stored.Georeference is { } ground ? colours.Convert(ground) : null },
        };
        var reader = new TiffReader(directory, layout, colours, header, stored.Georeference?.NoDataValue ?? 0);

        // Programs for maps take rows as they are stored.
        var orientation = (int)Math.Clamp(directory.Number(TiffTag.Orientation, 1), 0, 9);
        return OrientedRowReader.Of(reader, orientation is >= 1 and <= 8 && header.Metadata.Georeference?.HasPlace != true ? orientation : 1, file);
    }

    protected override void ReadRow(Span<float> row)
    {
        if (_layout.IsTiled)
        {
            ReadTiledRow();
        }
        else
        {
            for (var plane = 0; plane < _layout.Planes; plane++)
            {
                ReadStripRow(plane);
            }
        }

        _colours.Convert(_stored, row);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var unpacker in _unpackers)
            {
                unpacker.Dispose();
            }

            _layout.File.Dispose();
        }
    }

    private void ReadStripRow(int plane)
    {
        if (NextRow % _layout.ChunkHeight == 0)
        {
            Start(plane, _layout.Chunk(plane, NextRow / _layout.ChunkHeight, 0));
        }

        if (_isAbsent[plane])
        {
            Scatter(plane, 0, _layout.Width, line: default);
            return;
        }

        ReadLine(_unpackers[plane]);
        Scatter(plane, 0, _layout.Width, _line);
    }

    // Unpacks a whole row of tiles into a band of stored bytes, then takes the row from there.
    private void ReadTiledRow()
    {
        var pixel = _layout.Samples * Header.BytesPerSample;
        var rowBytes = _layout.Width * pixel;
        _band ??= new byte[rowBytes * Math.Min(_layout.ChunkHeight, _layout.Height)];
        var (down, rowInBand) = Math.DivRem(NextRow, _layout.ChunkHeight);
        if (rowInBand == 0)
        {
            for (var plane = 0; plane < _layout.Planes; plane++)
            {
                for (var across = 0; across < _layout.ChunksAcross; across++)
                {
                    ReadTile(plane, down, across, _band, rowBytes);
                }
            }
        }

        Samples.FromBytes(_band.AsSpan(rowInBand * rowBytes, rowBytes), _stored, Header.Kind, _isLittleEndian);
    }

    private void ReadTile(int plane, int down, int across, Span<byte> band, int rowBytes)
    {
        Start(0, _layout.Chunk(plane, down, across));
        var firstColumn = across * _layout.ChunkWidth;
        var columns = Math.Min(_layout.ChunkWidth, _layout.Width - firstColumn);
        for (var line = 0; line < _layout.ChunkRows(down); line++)
        {
            if (_isAbsent[0])
            {
                Scatter(plane, firstColumn, columns, line: default);
            }
            else
            {
                ReadLine(_unpackers[0]);
                Scatter(plane, firstColumn, columns, _line);
            }

            var (first, count) = (firstColumn * _layout.Samples, columns * _layout.Samples);
            var target = band.Slice((line * rowBytes) + (first * Header.BytesPerSample), count * Header.BytesPerSample);
            if (_layout.IsPlanar)
            {
                StorePlane(plane, firstColumn, columns, target);
            }
            else
            {
                Samples.ToBytes(_stored.AsSpan(first, count), target, Header.Kind, _isLittleEndian);
            }
        }
    }

    private void StorePlane(int plane, int firstColumn, int columns, Span<byte> target)
    {
        var bytes = Header.BytesPerSample;
        for (var column = 0; column < columns; column++)
        {
            var sample = _stored.AsSpan(((firstColumn + column) * _layout.Samples) + plane, 1);
            Samples.ToBytes(sample, target.Slice(((column * _layout.Samples) + plane) * bytes, bytes), Header.Kind, _isLittleEndian);
        }
    }

    private void Start(int slot, int chunk)
    {
        _isAbsent[slot] = _layout.IsAbsent(chunk);
        if (!_isAbsent[slot])
        {
            var part = $"{(_layout.IsTiled ? "tile" : "strip")} {chunk}";
            _unpackers[slot].Start(new TiffChunkBytes(_layout.File, part, _layout.Offsets[chunk], _layout.ByteCounts[chunk]));
        }
    }

    // The next line of a strip or tile, its predictor undone.
    private void ReadLine(TiffUnpacker unpacker)
    {
        unpacker.ReadExactly(_line);
        if (_layout.Predictor == 2)
        {
            TiffPredictor.UndoHorizontal(_line, _layout.ChunkSamples, _layout.Bits / 8, _isLittleEndian);
        }
        else if (_layout.Predictor == 3)
        {
            TiffPredictor.UndoFloat(_line, _layout.ChunkSamples, _scratch);
        }
    }

    // Puts the first columns of a line to their place in a row of stored samples; no line stands for absent data.
    private void Scatter(int plane, int firstColumn, int columns, ReadOnlySpan<byte> line)
    {
        var (distance, first) = (_layout.IsPlanar ? _layout.Samples : 1, (firstColumn * _layout.Samples) + (_layout.IsPlanar ? plane : 0));
        var count = columns * _layout.ChunkSamples;
        if (line.IsEmpty)
        {
            for (var i = 0; i < count; i++)
            {
                _stored[first + (i * distance)] = _absent;
            }
        }
        else if (_layout.Bits < 8)
        {
            var (bits, mask) = (_layout.Bits, (1 << _layout.Bits) - 1);
            for (var i = 0; i < count; i++)
            {
                var bit = (long)i * bits;
                _stored[first + i] = (line[(int)(bit >> 3)] >> (8 - bits - (int)(bit & 7))) & mask;
            }
        }
        else if (distance == 1)
        {
            Samples.FromBytes(line[..(count * Header.BytesPerSample)], _stored.AsSpan(first, count), Header.Kind, _isLittleEndian);
        }
        else
        {
            var bytes = Header.BytesPerSample;
            for (var i = 0; i < count; i++)
            {
                Samples.FromBytes(line.Slice(i * bytes, bytes), _stored.AsSpan(first + (i * distance), 1), Header.Kind, _isLittleEndian);
            }
        }
    }
}
