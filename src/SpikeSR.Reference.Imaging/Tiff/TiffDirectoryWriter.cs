using System.Buffers.Binary;

namespace SpikeSR.Reference.Imaging.Tiff;

/// <summary>Gathers the entries of a directory and writes them, little-endian, in the order of their tags.</summary>
internal sealed class TiffDirectoryWriter(bool isBig)
{
    private readonly SortedDictionary<TiffTag, (TiffType Type, long Count, byte[] Bytes)> _entries = [];

    public void AddShorts(TiffTag tag, params ReadOnlySpan<ushort> values)
    {
        var bytes = new byte[2 * values.Length];
        for (var i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2 * i), values[i]);
        }

        Add(tag, TiffType.Short, values.Length, bytes);
    }

    public void AddLong(TiffTag tag, int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        Add(tag, TiffType.Long, 1, bytes);
    }

    /// <summary>Places in the file, or numbers of bytes: 8 bytes each in BigTIFF, else 4.</summary>
    public void AddPlaces(TiffTag tag, List<long> values)
    {
        var size = isBig ? 8 : 4;
        var bytes = new byte[(long)size * values.Count];
        for (var i = 0; i < values.Count; i++)
        {
            if (isBig)
            {
                BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(size * i), values[i]);
            }
            else
            {
                BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(size * i), checked((uint)values[i]));
            }
        }

        Add(tag, isBig ? TiffType.Long8 : TiffType.Long, values.Count, bytes);
    }

    public void AddRational(TiffTag tag, double value)
    {
        // Four decimals where they fit.
        var denominator = value < 400_000 ? 10_000u : 1u;
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)Math.Clamp(Math.Round(value * denominator), 1, uint.MaxValue));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), denominator);
        Add(tag, TiffType.Rational, 1, bytes);
    }

    /// <summary>Adds numbers; none leave no entry.</summary>
    public void AddDoubles(TiffTag tag, IReadOnlyList<double> values)
    {
        var bytes = new byte[8 * values.Count];
        for (var i = 0; i < values.Count; i++)
        {
            BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(8 * i), values[i]);
        }

        Add(tag, TiffType.Double, values.Count, bytes);
    }

    /// <summary>Adds bytes or a text that ends in zero; none leave no entry.</summary>
    public void AddBytes(TiffTag tag, TiffType type, ReadOnlyMemory<byte> bytes) => Add(tag, type, bytes.Length, bytes.ToArray());

    /// <summary>Writes values, then the directory.</summary>
    /// <param name="stream">Where to, at an even place.</param>
    /// <param name="start">Place of the file's first byte in the stream.</param>
    /// <returns>The place of the directory in the file.</returns>
    public long Write(Stream stream, long start)
    {
        var (countSize, offsetSize) = isBig ? (8, 8) : (2, 4);
        using var directory = new MemoryStream();
        Span<byte> number = stackalloc byte[8];
        void Put(ulong value, int size, Span<byte> number)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(number, value);
            directory.Write(number[..size]);
        }

        Put((ulong)_entries.Count, countSize, number);
        foreach (var (tag, (type, count, bytes)) in _entries)
        {
            Put((ushort)tag, 2, number);
            Put((ushort)type, 2, number);
            Put((ulong)count, offsetSize, number);
            if (bytes.Length <= offsetSize)
            {
                directory.Write(bytes);
                directory.Write(new byte[offsetSize - bytes.Length]);
            }
            else
            {
                Put((ulong)(stream.Position - start), offsetSize, number);
                stream.Write(bytes);
                Align(stream, start);
            }
        }

        Put(0, offsetSize, number);
        var at = stream.Position - start;
        stream.Write(directory.GetBuffer().AsSpan(0, (int)directory.Length));
        return at;
    }

    /// <summary>Goes on to a place where values may stand: an even one, divisible by 8 in the newer format.</summary>
    public void Align(Stream stream, long start)
    {
        while ((stream.Position - start) % (isBig ? 8 : 2) != 0)
        {
            stream.WriteByte(0);
        }
    }

    private void Add(TiffTag tag, TiffType type, long count, byte[] bytes)
    {
        if (count > 0)
        {
            _entries[tag] = (type, count, bytes);
        }
    }
}
