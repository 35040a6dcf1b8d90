namespace SpikeSR.Reference.Imaging.Tiff;

/// <summary>How the samples of an image lie in a TIFF: strips or tiles, pixel by pixel or plane by plane, and how they are packed.</summary>
internal sealed class TiffLayout
{
    // The longest string of LZW has 3838 bytes and takes 12 bits; PackBits makes 128 bytes of 2.
    private const int LzwMaxExpansion = 2560;
    private const int PackBitsMaxExpansion = 64;
    private const int MaxTilePadding = 16 << 20;

    private TiffLayout(TiffDirectory directory)
    {
        File = directory.File;
        Width = Extent(directory, TiffTag.ImageWidth);
        Height = Extent(directory, TiffTag.ImageLength);
        Samples = (int)Math.Min(directory.Number(TiffTag.SamplesPerPixel, 1), ushort.MaxValue + 1);
        if (Samples is 0 or > ushort.MaxValue)
        {
            throw Malformed(TiffTag.SamplesPerPixel, $"{Samples}", "1 to 65535");
        }

        (Bits, Kind) = ParseSamples(directory);
        Photometric = (int)directory.Number(TiffTag.PhotometricInterpretation, Samples >= 3 ? 2 : 1);
        IsPlanar = directory.Number(TiffTag.PlanarConfiguration, 1) switch
        {
            1 => false,
            2 => Samples > 1,
            var other => throw Malformed(TiffTag.PlanarConfiguration, $"{other}", "1 or 2"),
        };
        Compression = (TiffCompression)directory.Number(TiffTag.Compression, 1);
        Predictor = Compression is TiffCompression.None or TiffCompression.PackBits ? 1 : (int)directory.Number(TiffTag.Predictor, 1);
        IsTiled = directory.Has(TiffTag.TileWidth);
        ChunkWidth = IsTiled ? Extent(directory, TiffTag.TileWidth) : Width;
        ChunkHeight = IsTiled ? Extent(directory, TiffTag.TileLength) : (int)Math.Clamp(directory.Number(TiffTag.RowsPerStrip, Height), 1, Height);
    }

    public SourceFile File { get; }

    public int Width { get; }

    public int Height { get; }

    /// <summary>Stored samples a pixel.</summary>
    public int Samples { get; }

    /// <summary>Bits of a stored sample.</summary>
    public int Bits { get; }

    /// <summary>What they stand for; fewer than 8 bits are spread to bytes.</summary>
    public SampleKind Kind { get; }

    /// <summary>0 white is zero, 1 black is zero, 2 RGB, 3 palette.</summary>
    public int Photometric { get; }

    /// <summary>Each channel in strips or tiles of its own.</summary>
    public bool IsPlanar { get; }

    public TiffCompression Compression { get; }

    /// <summary>1 none, 2 differences of samples, 3 differences of the bytes of floats.</summary>
    public int Predictor { get; }

    public bool IsTiled { get; }

    /// <summary>Extents of a strip or tile.</summary>
    public int ChunkWidth { get; }

    /// <inheritdoc cref="ChunkWidth"/>
    public int ChunkHeight { get; }

    public int ChunksAcross => (int)(((long)Width + ChunkWidth - 1) / ChunkWidth);

    public int ChunksDown => (int)(((long)Height + ChunkHeight - 1) / ChunkHeight);

    /// <summary>Number of separate planes of strips or tiles.</summary>
    public int Planes => IsPlanar ? Samples : 1;

    /// <summary>Samples of a pixel in one strip or tile.</summary>
    public int ChunkSamples => IsPlanar ? 1 : Samples;

    /// <summary>Bytes of a line of a strip or tile.</summary>
    public long ChunkLineBytes => (((long)ChunkWidth * ChunkSamples * Bits) + 7) / 8;

    /// <summary>Where each strip or tile stands: [plane, down, across].</summary>
    public long[] Offsets { get; private set; } = [];

    /// <summary>Bytes that each strip or tile takes.</summary>
    public long[] ByteCounts { get; private set; } = [];

    public static TiffLayout Parse(TiffDirectory directory)
    {
        var layout = new TiffLayout(directory);
        layout.CheckKinds(directory);
        layout.ReadPlaces(directory);
        layout.CheckPlaces();
        layout.CheckLimits();
        return layout;
    }

    /// <summary>Rows of the image that a row of strips or tiles holds.</summary>
    public int ChunkRows(int down) => (int)Math.Min(ChunkHeight, Height - ((long)down * ChunkHeight));

    /// <summary>Index of a strip or tile.</summary>
    public int Chunk(int plane, int down, int across) => (((plane * ChunksDown) + down) * ChunksAcross) + across;

    private static int Extent(TiffDirectory directory, TiffTag tag) => directory.Numbers(tag, 1)[0] is >= 1 and <= int.MaxValue and var extent
        ? (int)extent
        : throw directory.File.Malformed($"tag {tag}", "an extent out of range", "1 to 2^31 - 1");

    private (int Bits, SampleKind Kind) ParseSamples(TiffDirectory directory)
    {
        var bits = Uniform(directory, TiffTag.BitsPerSample, 1);
        var format = Uniform(directory, TiffTag.SampleFormat, 1);

        // Format 4 is "undefined" and read as unsigned, as libtiff does.
        return (bits, format) switch
        {
            (1 or 2 or 4, 1 or 4) when Samples == 1 => ((int)bits, SampleKind.UInt8),
            (8, 1 or 4) => (8, SampleKind.UInt8),
            (16, 1 or 4) => (16, SampleKind.UInt16),
            (16, 2) => (16, SampleKind.Int16),
            (32, 3) => (32, SampleKind.Float32),
            _ => throw Malformed(TiffTag.BitsPerSample, $"{Samples} samples of {bits} bits in format {format}", "8 or 16 bit integers, 32 bit floats, or one sample of 1, 2 or 4 bits"),
        };
    }

    private long Uniform(TiffDirectory directory, TiffTag tag, long absent)
    {
        if (!directory.Has(tag))
        {
            return absent;
        }

        // Some writers give one value for all samples.
        var values = directory.Numbers(tag, (int)Math.Min(directory.Count(tag), Samples));
        return values.All(value => value == values[0]) ? values[0] : throw Malformed(tag, "samples that differ", "the same for all samples");
    }

    private void CheckKinds(TiffDirectory directory)
    {
        if (!Enum.IsDefined(Compression))
        {
            throw Malformed(TiffTag.Compression, $"method {(int)Compression}", "none, LZW, Deflate or PackBits (1, 5, 8, 32946, 32773)");
        }

        if (Photometric is < 0 or > 3 || (Photometric == 2 && Samples < 3) || (Photometric == 3 && (Samples != 1 || Bits > 8)) || (Photometric == 0 && Kind > SampleKind.UInt16))
        {
            throw Malformed(TiffTag.PhotometricInterpretation, $"{Photometric} with {Samples} samples of {Kind}", "grey, RGB or a palette (0 to 3)");
        }

        var fits = Predictor switch { 1 => true, 2 => Bits >= 8, 3 => Kind == SampleKind.Float32, _ => false };
        if (!fits)
        {
            throw Malformed(TiffTag.Predictor, $"{Predictor} with samples of {Bits} bits", "1, 2 for samples of at least 8 bits, or 3 for floats");
        }

        if (directory.Number(TiffTag.FillOrder, 1) != 1)
        {
            throw Malformed(TiffTag.FillOrder, "2", "1, the highest bit first");
        }
    }

    private void CheckLimits()
    {
        decimal row = (decimal)Width * Samples * sizeof(float);
        if (ChunkLineBytes > row + MaxTilePadding)
        {
            throw Malformed(TiffTag.TileWidth, $"{ChunkWidth}", $"not so much more than the image's width {Width}");
        }

        // A stored row and a converted one, and where channels lie apart in strips an unpacker for each beside the first; of tiles as many rows as they have, and a line.
        File.Limits.CheckPixels(File.Name, Width, Height);
        File.Limits.CheckBuffer(File.Name, "a row", (3 * row) + (IsTiled ? 0 : (decimal)(Planes - 1) * TiffUnpacker.MostStateBytes(Compression)));
        if (IsTiled)
        {
            var band = (decimal)Width * Samples * Math.Max(1, Bits / 8) * Math.Min(ChunkHeight, Height);
            File.Limits.CheckBuffer(File.Name, "a row of tiles", band + ChunkLineBytes);
        }
    }

    private void ReadPlaces(TiffDirectory directory)
    {
        var (offsets, counts) = IsTiled ? (TiffTag.TileOffsets, TiffTag.TileByteCounts) : (TiffTag.StripOffsets, TiffTag.StripByteCounts);
        var chunks = (decimal)ChunksAcross * ChunksDown * Planes;
        if (chunks > directory.Count(offsets))
        {
            throw Malformed(offsets, $"{directory.Count(offsets)} values", $"{chunks}");
        }

        Offsets = directory.Numbers(offsets, (int)chunks);
        ByteCounts = directory.Has(counts) || Compression != TiffCompression.None
            ? directory.Numbers(counts, (int)chunks)
            : [.. Offsets.Select(offset => Math.Max(0, File.Length - offset))];
        for (var i = 0; i < Offsets.Length; i++)
        {
            if (Offsets[i] > File.Length || ByteCounts[i] > File.Length - Offsets[i])
            {
                throw Malformed(offsets, $"{ByteCounts[i]} bytes from byte {Offsets[i]}", $"a place within {File.Length} bytes");
            }
        }
    }

    // What is declared must be able to come out of the bytes that are there.
    private void CheckPlaces()
    {
        var expansion = Compression switch
        {
            TiffCompression.None => 1,
            TiffCompression.PackBits => PackBitsMaxExpansion,
            TiffCompression.Lzw => LzwMaxExpansion,
            _ => InflateReader.MaxExpansion,
        };
        for (var i = 0; i < Offsets.Length; i++)
        {
            var rows = ChunkRows(i / ChunksAcross % ChunksDown);
            if (!IsAbsent(i) && (decimal)rows * ChunkLineBytes > (decimal)ByteCounts[i] * expansion)
            {
                throw File.Malformed(IsTiled ? $"tile {i}" : $"strip {i}", $"{rows} rows of {ChunkLineBytes} bytes", $"at most what {ByteCounts[i]} bytes can hold");
            }
        }
    }

    /// <summary>True if a strip or tile was never written (GDAL's sparse files): it reads as the value for no data, or 0.</summary>
    public bool IsAbsent(int chunk) => Offsets[chunk] == 0 && ByteCounts[chunk] == 0;

    private Serialization.MalformedFileException Malformed(TiffTag tag, string found, string expected) => File.Malformed($"tag {tag}", found, expected);
}
