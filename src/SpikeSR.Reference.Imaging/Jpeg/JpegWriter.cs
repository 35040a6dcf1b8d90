using System.Buffers.Binary;

namespace SpikeSR.Reference.Imaging.Jpeg;

/// <summary>
/// Writes baseline JPEG: grey or YCbCr with 8 bits, colour at full size or halved both ways, the tables that T.81 prints scaled by a quality of
/// 1 to 100. Coefficients are those of libjpeg at the same settings. One row of MCUs is held at a time.
/// </summary>
internal sealed class JpegWriter : RowWriter
{
    private const int MaxProfilePiece = 65519;
    private readonly Stream _stream;
    private readonly JpegBitWriter _bits;
    private readonly JpegEncodedPlane[] _planes;
    private readonly int _factor;
    private readonly byte[][] _row;

    /// <summary>Starts a file: every marker before the coded data.</summary>
    public JpegWriter(Stream stream, ImageHeader header, int quality, bool subsampleColour)
        : base(header)
    {
        Check(header);
        ArgumentOutOfRangeException.ThrowIfLessThan(quality, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(quality, 100);
        _stream = stream;
        _bits = new JpegBitWriter(stream);
        _factor = header.Channels == 3 && subsampleColour ? 2 : 1;
        var percent = quality < 50 ? 5000 / quality : 200 - (2 * quality);
        var steps = Scaled(JpegTables.LumaSteps, percent);
        var colourSteps = Scaled(JpegTables.ChromaSteps, percent);
        var dc = new HuffmanCode(JpegTables.LumaDcCounts, JpegTables.DcSymbols);
        var ac = new HuffmanCode(JpegTables.LumaAcCounts, JpegTables.LumaAcSymbols);
        var luma = new JpegEncodedPlane(header, _factor, 1, steps, dc, ac);
        if (header.Channels == 1)
        {
            _planes = [luma];
        }
        else
        {
            var colourDc = new HuffmanCode(JpegTables.ChromaDcCounts, JpegTables.DcSymbols);
            var colourAc = new HuffmanCode(JpegTables.ChromaAcCounts, JpegTables.ChromaAcSymbols);
            _planes =
            [
                luma, new JpegEncodedPlane(header, 1, _factor, colourSteps, colourDc, colourAc),
                new JpegEncodedPlane(header, 1, _factor, colourSteps, colourDc, colourAc),
            ];
        }

        _row = [.. _planes.Select(_ => new byte[header.Width])];
        WriteMarkers(steps, colourSteps);
    }

    /// <summary>Throws unless JPEG can hold such an image.</summary>
    public static void Check(ImageHeader header)
    {
        if (header.Kind != SampleKind.UInt8 || header.Alpha != AlphaKind.None || header.Channels is not (1 or 3))
        {
            throw new ArgumentException($"JPEG holds grey or RGB of 8 bits without opacity, not {header} with alpha {header.Alpha}", nameof(header));
        }

        if (header.Width > ushort.MaxValue || header.Height > ushort.MaxValue)
        {
            throw new ArgumentException($"JPEG holds at most 65535 pixels each way, not {header.Width}x{header.Height}", nameof(header));
        }
    }

    protected override void WriteRow(ReadOnlySpan<float> row)
    {
        if (_planes.Length == 1)
        {
            Samples.ToBytes(row, _row[0], SampleKind.UInt8, isLittleEndian: true);
        }
        else
        {
            Ycbcr.FromRgb(row, _row[0], _row[1], _row[2]);
        }

        for (var i = 0; i < _planes.Length; i++)
        {
            _planes[i].Add(_row[i], NextRow);
        }

        if ((NextRow + 1) % (8 * _factor) == 0)
        {
            WriteMcuRow();
        }
    }

    protected override void Finish()
    {
        if (Header.Height % (8 * _factor) != 0)
        {
            WriteMcuRow();
        }

        _bits.Flush();
        _stream.Write([0xFF, 0xD9]);
    }

    private static byte[] Scaled(ReadOnlySpan<byte> steps, int percent)
    {
        var scaled = new byte[64];
        for (var i = 0; i < 64; i++)
        {
            scaled[i] = (byte)Math.Clamp(((steps[i] * percent) + 50) / 100, 1, 255);
        }

        return scaled;
    }

    private void WriteMcuRow()
    {
        foreach (var plane in _planes)
        {
            plane.FillDown();
        }

        var mcus = (Header.Width + (8 * _factor) - 1) / (8 * _factor);
        for (var mcu = 0; mcu < mcus; mcu++)
        {
            foreach (var plane in _planes)
            {
                plane.WriteMcu(_bits, mcu);
            }
        }
    }

    private void WriteMarkers(byte[] steps, byte[] colourSteps)
    {
        _stream.Write([0xFF, 0xD8]);
        WriteDensity();
        WriteProfile(Header.Metadata.IccProfile.Span);
        WriteSteps(0, steps);
        if (_planes.Length > 1)
        {
            WriteSteps(1, colourSteps);
        }

        Span<byte> frame = [8, 0, 0, 0, 0, (byte)_planes.Length, 1, (byte)(0x11 * _factor), 0, 2, 0x11, 1, 3, 0x11, 1];
        BinaryPrimitives.WriteUInt16BigEndian(frame[1..], (ushort)Header.Height);
        BinaryPrimitives.WriteUInt16BigEndian(frame[3..], (ushort)Header.Width);
        WriteSegment(0xC0, frame[..(6 + (3 * _planes.Length))]);
        WriteSegment(0xC4, [0x00, .. JpegTables.LumaDcCounts, .. JpegTables.DcSymbols]);
        WriteSegment(0xC4, [0x10, .. JpegTables.LumaAcCounts, .. JpegTables.LumaAcSymbols]);
        if (_planes.Length > 1)
        {
            WriteSegment(0xC4, [0x01, .. JpegTables.ChromaDcCounts, .. JpegTables.DcSymbols]);
            WriteSegment(0xC4, [0x11, .. JpegTables.ChromaAcCounts, .. JpegTables.ChromaAcSymbols]);
        }

        WriteSegment(0xDA, _planes.Length == 1 ? [1, 1, 0x00, 0, 63, 0] : [3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0]);
    }

    private void WriteDensity()
    {
        Span<byte> jfif = [(byte)'J', (byte)'F', (byte)'I', (byte)'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0];
        if (Header.Metadata.Density is { } density)
        {
            // Dots an inch where that fits, which is what other programs expect; else the ratio.
            var (x, y) = density.IsPhysical ? (density.X * 0.0254, density.Y * 0.0254) : (density.X, density.Y);
            jfif[7] = (byte)(density.IsPhysical ? 1 : 0);
            BinaryPrimitives.WriteUInt16BigEndian(jfif[8..], (ushort)Math.Clamp(Math.Round(x), 1, ushort.MaxValue));
            BinaryPrimitives.WriteUInt16BigEndian(jfif[10..], (ushort)Math.Clamp(Math.Round(y), 1, ushort.MaxValue));
        }

        WriteSegment(0xE0, jfif);
    }

    private void WriteProfile(ReadOnlySpan<byte> profile)
    {
        var pieces = (profile.Length + MaxProfilePiece - 1) / MaxProfilePiece;
        for (var piece = 0; piece < Math.Min(pieces, byte.MaxValue); piece++)
        {
            var part = profile[(piece * MaxProfilePiece)..];
            WriteSegment(0xE2, [.. "ICC_PROFILE\0"u8, (byte)(piece + 1), (byte)pieces, .. part[..Math.Min(part.Length, MaxProfilePiece)]]);
        }
    }

    private void WriteSteps(byte table, byte[] steps)
    {
        var segment = new byte[65];
        segment[0] = table;
        for (var i = 0; i < 64; i++)
        {
            segment[1 + i] = steps[JpegTables.NaturalOrder[i]];
        }

        WriteSegment(0xDB, segment);
    }

    private void WriteSegment(byte marker, ReadOnlySpan<byte> segment)
    {
        var length = segment.Length + 2;
        _stream.Write([0xFF, marker, (byte)(length >> 8), (byte)length]);
        _stream.Write(segment);
    }
}
