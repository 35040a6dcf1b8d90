using System.Buffers.Binary;

namespace SpikeSR.Reference.Imaging.Tiff;

/// <summary>
/// An image file directory: what a TIFF says about one of its images. The first image that is neither a reduced copy nor a mask is taken;
/// further pages are not read. Values stay in the file until they are asked for.
/// </summary>
internal sealed class TiffDirectory
{
    /// <summary>The largest value that is kept as metadata, in bytes; colour profiles may be larger.</summary>
    public const int MaxMetadataBytes = 1 << 20;

    private const int MaxProfileBytes = 4 << 20;

    private const int MaxDirectories = 64;
    private readonly Dictionary<TiffTag, Entry> _entries = [];

    private TiffDirectory(SourceFile file, bool isLittleEndian, bool isBig)
    {
        File = file;
        IsLittleEndian = isLittleEndian;
        IsBig = isBig;
    }

    /// <summary>The file.</summary>
    public SourceFile File { get; }

    /// <summary>Byte order of everything in the file, samples included.</summary>
    public bool IsLittleEndian { get; }

    private bool IsBig { get; }

    /// <summary>True if a file starts like a TIFF or BigTIFF.</summary>
    public static bool IsStart(ReadOnlySpan<byte> start) =>
        start.StartsWith("II*\0"u8) || start.StartsWith("MM\0*"u8) || start.StartsWith("II+\0"u8) || start.StartsWith("MM\0+"u8);

    public static TiffDirectory Open(SourceFile file)
    {
        Span<byte> start = stackalloc byte[16];
        file.ReadExactly(start[..8], "header");
        if (!IsStart(start))
        {
            throw file.Malformed("header", Convert.ToHexString(start[..4]), "II or MM and 42 or 43");
        }

        var directory = new TiffDirectory(file, start[0] == 'I', start[2] == '+' || start[3] == '+');
        if (directory.IsBig)
        {
            file.ReadExactly(start[8..], "header");
            if (directory.Unsigned(start[4..6]) != 8 || directory.Unsigned(start[6..8]) != 0)
            {
                throw file.Malformed("header", "offsets of another size", "BigTIFF's 8 bytes");
            }
        }

        var next = directory.Unsigned(directory.IsBig ? start[8..16] : start[4..8]);
        for (var count = 0; count < MaxDirectories && next != 0; count++)
        {
            next = directory.Read(next);

            // 1: a reduced copy (a thumbnail, an overview); 4: a mask.
            if ((directory.Number(TiffTag.NewSubfileType, 0) & 5) == 0)
            {
                return directory;
            }
        }

        throw file.Malformed("directories", "none of a full image", $"one among the first {MaxDirectories}");
    }

    /// <summary>True if the directory has a tag.</summary>
    public bool Has(TiffTag tag) => _entries.ContainsKey(tag);

    /// <summary>Number of values of a tag; 0 if it is absent.</summary>
    public long Count(TiffTag tag) => _entries.TryGetValue(tag, out var entry) ? (long)Math.Min(entry.Count, long.MaxValue) : 0;

    /// <summary>The first value of a tag; another value if it is absent.</summary>
    public long Number(TiffTag tag, long absent) => Has(tag) ? Numbers(tag, 1)[0] : absent;

    /// <summary>The first whole numbers of a tag.</summary>
    /// <param name="tag">Tag, of a type of whole numbers.</param>
    /// <param name="count">How many; fewer than the file has are fine.</param>
    public long[] Numbers(TiffTag tag, int count)
    {
        var entry = Find(tag, count);
        var numbers = new long[count];
        Span<byte> block = stackalloc byte[4096];
        var perBlock = block.Length / entry.Size;
        for (var start = 0; start < count; start += perBlock)
        {
            var part = block[..(Math.Min(perBlock, count - start) * entry.Size)];
            ReadValue(entry, (long)start * entry.Size, part);
            for (var i = 0; i < part.Length / entry.Size; i++)
            {
                var bytes = part.Slice(i * entry.Size, entry.Size);
                numbers[start + i] = entry.Type switch
                {
                    TiffType.Byte or TiffType.Undefined or TiffType.Short or TiffType.Long or TiffType.Long8
                        when Unsigned(bytes) is <= long.MaxValue and var number => (long)number,
                    _ => throw File.Malformed($"tag {tag}", $"a value of type {entry.Type}", "whole numbers that are not negative"),
                };
            }
        }

        return numbers;
    }

    /// <summary>All floating-point numbers or ratios of a tag; empty if it is absent.</summary>
    public double[] Doubles(TiffTag tag)
    {
        if (!Has(tag))
        {
            return [];
        }

        var (type, bytes) = Value(tag);
        var size = Size(type);
        var numbers = new double[bytes.Length / size];
        for (var i = 0; i < numbers.Length; i++)
        {
            var value = bytes.AsSpan(i * size, size);
            numbers[i] = type switch
            {
                TiffType.Double => BitConverter.UInt64BitsToDouble(Unsigned(value)),
                TiffType.Float => BitConverter.UInt32BitsToSingle((uint)Unsigned(value)),
                TiffType.Rational => (double)Unsigned(value[..4]) / Unsigned(value[4..]),
                _ => throw File.Malformed($"tag {tag}", $"a value of type {type}", "floating-point numbers or ratios"),
            };
        }

        return numbers;
    }

    /// <summary>All bytes of a tag; empty if it is absent.</summary>
    public byte[] Bytes(TiffTag tag) => Has(tag) ? Value(tag).Bytes : [];

    private static int Size(TiffType type) => type switch
    {
        TiffType.Byte or TiffType.Ascii or TiffType.SignedByte or TiffType.Undefined => 1,
        TiffType.Short or TiffType.SignedShort => 2,
        TiffType.Long or TiffType.SignedLong or TiffType.Float or TiffType.Directory => 4,
        TiffType.Rational or TiffType.SignedRational or TiffType.Double or TiffType.Long8 or TiffType.SignedLong8 or TiffType.Directory8 => 8,
        _ => 0,
    };

    private (TiffType Type, byte[] Bytes) Value(TiffTag tag)
    {
        var entry = Find(tag, 0);
        var most = tag == TiffTag.IccProfile ? MaxProfileBytes : MaxMetadataBytes;
        if (entry.Count > (ulong)(most / entry.Size))
        {
            throw File.Malformed($"tag {tag}", $"{entry.Count} values", $"at most {most} bytes");
        }

        var bytes = new byte[(int)entry.Count * entry.Size];
        ReadValue(entry, 0, bytes);
        return (entry.Type, bytes);
    }

    private Entry Find(TiffTag tag, int count)
    {
        if (!_entries.TryGetValue(tag, out var entry))
        {
            throw File.Malformed("directory", $"no tag {tag}", "one");
        }

        // The whole value has to lie in the file, which bounds what its count may claim.
        if (entry.Count < (ulong)Math.Max(count, 1) || (!entry.IsInline && entry.Count > (ulong)Math.Max(0, File.Length - entry.Offset) / (ulong)entry.Size))
        {
            throw File.Malformed($"tag {tag}", $"{entry.Count} values at byte {entry.Offset}", $"at least {Math.Max(count, 1)}, within {File.Length} bytes");
        }

        return entry;
    }

    private void ReadValue(Entry entry, long from, Span<byte> bytes)
    {
        File.Position = entry.Offset + from;
        File.ReadExactly(bytes, "directory");
    }

    // Reads a directory and gives the place of the next one; 0 for none.
    private ulong Read(ulong at)
    {
        var (countSize, entrySize, offsetSize) = IsBig ? (8, 20, 8) : (2, 12, 4);
        Seek(at);
        Span<byte> bytes = stackalloc byte[20];
        File.ReadExactly(bytes[..countSize], "directory");
        var count = Unsigned(bytes[..countSize]);
        if (count == 0 || count > (ulong)(File.Remaining / entrySize) || count > ushort.MaxValue)
        {
            throw File.Malformed("directory", $"{count} entries at byte {at}", "1 to 65535, within the file");
        }

        _entries.Clear();
        for (var i = 0; i < (int)count; i++)
        {
            var position = File.Position;
            File.ReadExactly(bytes[..entrySize], "directory");
            var type = (TiffType)Unsigned(bytes[2..4]);
            var size = Size(type);
            if (size == 0)
            {
                continue;
            }

            var values = Unsigned(bytes[4..(4 + offsetSize)]);
            var isInline = values <= (ulong)(offsetSize / size);
            var offset = isInline ? (ulong)(position + 4 + offsetSize) : Unsigned(bytes[(4 + offsetSize)..entrySize]);

            // An offset past the file is an error only when the value is asked for. The first of equal tags counts.
            _entries.TryAdd((TiffTag)Unsigned(bytes[..2]), new Entry(type, size, values, (long)Math.Min(offset, long.MaxValue), isInline));
        }

        File.ReadExactly(bytes[..offsetSize], "directory");
        return Unsigned(bytes[..offsetSize]);
    }

    private void Seek(ulong at)
    {
        if (at >= (ulong)File.Length)
        {
            throw File.Malformed("directory", $"byte {at}", $"a place within {File.Length} bytes");
        }

        File.Position = (long)at;
    }

    private ulong Unsigned(ReadOnlySpan<byte> bytes) => (bytes.Length, IsLittleEndian) switch
    {
        (1, _) => bytes[0],
        (2, true) => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        (2, false) => BinaryPrimitives.ReadUInt16BigEndian(bytes),
        (4, true) => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        (4, false) => BinaryPrimitives.ReadUInt32BigEndian(bytes),
        (_, true) => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        _ => BinaryPrimitives.ReadUInt64BigEndian(bytes),
    };

    private readonly record struct Entry(TiffType Type, int Size, ulong Count, long Offset, bool IsInline);
}
