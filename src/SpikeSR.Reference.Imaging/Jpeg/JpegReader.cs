namespace SpikeSR.Reference.Imaging.Jpeg;

/// <summary>
/// Reads JPEG: Huffman-coded baseline, extended and progressive with 8 bits, grey, YCbCr or RGB, any whole-numbered subsampling, restart
/// markers. Arithmetic is that of libjpeg's defaults. An image whose components stand in one sequential scan is decoded row by row; all
/// others are gathered first.
/// </summary>
internal sealed class JpegReader : RowReader
{
    private const int MaxScans = 256;
    private readonly SourceFile _file;
    private readonly JpegInput _input;
    private readonly JpegFrame _frame;
    private readonly JpegPlane[] _planes;
    private readonly JpegScan? _scan;
    private readonly bool _isYcbcr;
    private readonly byte[][] _rows;
    private readonly int[] _sums;
    private int _mcuRows;

    private JpegReader(JpegInput input, JpegFrame frame, JpegScan? scan, bool isYcbcr, ImageHeader header)
        : base(header)
    {
        _file = input.File;
        _input = input;
        _frame = frame;
        _scan = scan;
        _isYcbcr = isYcbcr;
        _planes = [.. frame.Components.Select(component => new JpegPlane(component))];

        // Enlarging writes whole pairs.
        _rows = [.. frame.Components.Select(_ => new byte[frame.Width + 1])];
        _sums = new int[frame.Width];
    }

    /// <summary>Reads everything before the pixels, or all there is where scans have to be gathered.</summary>
    public static RowReader Open(SourceFile file)
    {
        var input = new JpegInput(file);
        if (input.ReadByte() != 0xFF || input.ReadByte() != 0xD8)
        {
            throw file.Malformed("start", "no SOI marker", "FFD8");
        }

        var state = new JpegState(file);
        JpegFrame? frame = null;
        JpegScan? scan = null;
        var scans = 0;
        for (var marker = input.NextMarker(); marker != 0xD9; marker = Next(input, scan))
        {
            if (IsBare(marker))
            {
                throw file.Malformed("markers", $"FF{marker:X2}", "no restart marker or second start outside of coded data");
            }

            var segment = input.ReadSegment($"segment FF{marker:X2}");
            if (marker == 0xDA)
            {
                _ = frame ?? throw file.Malformed("markers", "SOS", "a frame before it");
                scan = JpegScan.Parse(state, input, frame, segment);
                scans++;
                if (scans == 1 && !frame.IsProgressive && scan.Components.Length == frame.Components.Length)
                {
                    return Show(input, state, frame, scan);
                }

                Gather(file, frame, scan, scans);
            }
            else if (marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC))
            {
                frame = marker <= 0xC2 && frame is null
                    ? JpegFrame.Parse(file, marker, segment)
                    : throw file.Malformed("markers", $"frame FF{marker:X2}", "one frame, FFC0 to FFC2: baseline, extended or progressive with Huffman codes");
                CheckSize(file, frame);
            }
            else
            {
                state.Take(marker, segment);
            }
        }

        if (frame is null || !frame.Components.All(component => component.HasDc))
        {
            throw file.Malformed("markers", "EOI", frame is null ? "a frame before it" : "a scan of each component before it");
        }

        return Show(input, state, frame, scan: null);
    }

    protected override void ReadRow(Span<float> row)
    {
        // Smooth enlargement looks at the row of samples below, which may lie in the next row of MCUs.
        var needed = Math.Min((NextRow / (8 * _frame.MaxVertical)) + 2, _frame.McusDown);
        for (; _mcuRows < needed; _mcuRows++)
        {
            DecodeMcuRow(_mcuRows);
        }

        for (var i = 0; i < _planes.Length; i++)
        {
            Upsampling.Row(_frame.Components[i], _frame, _planes[i], NextRow, _rows[i], _sums);
        }

        if (_planes.Length == 1)
        {
            Samples.FromBytes(_rows[0].AsSpan(0, row.Length), row, SampleKind.UInt8, isLittleEndian: true);
        }
        else if (_isYcbcr)
        {
            Ycbcr.ToRgb(_rows[0], _rows[1], _rows[2], row);
        }
        else
        {
            for (var x = 0; x < Header.Width; x++)
            {
                (row[3 * x], row[(3 * x) + 1], row[(3 * x) + 2]) = (_rows[0][x], _rows[1][x], _rows[2][x]);
            }
        }
    }

    // Anything may follow the one scan, but the image has to end: a file without its end was cut.
    protected override void Finish()
    {
        if (_scan is null)
        {
            return;
        }

        for (var marker = _scan.TakeMarker(); marker != 0xD9; marker = _input.NextMarker())
        {
            if (marker == 0xDA || IsBare(marker))
            {
                throw _file.Malformed("markers", $"FF{marker:X2} after the only scan", "EOI");
            }

            _input.ReadSegment($"segment FF{marker:X2}");
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _file.Dispose();
        }
    }

    private static bool IsBare(int marker) => marker is 0x01 or (>= 0xD0 and <= 0xD8);

    private static int Next(JpegInput input, JpegScan? scan) => scan is null ? input.NextMarker() : scan.TakeMarker();

    private static RowReader Show(JpegInput input, JpegState state, JpegFrame frame, JpegScan? scan)
    {
        var header = new ImageHeader(frame.Width, frame.Height, frame.Components.Length, SampleKind.UInt8)
        {
            Metadata = new ImageMetadata { IccProfile = state.Profile(), Density = state.Density },
        };
        var reader = new JpegReader(input, frame, scan, frame.Components.Length == 3 && state.IsYcbcr(frame), header);
        return OrientedRowReader.Of(reader, state.Orientation, input.File);
    }

    private static void CheckSize(SourceFile file, JpegFrame frame)
    {
        // A block takes at least one bit for its DC coefficient, and another one to say that no other follows, which progressive scans leave out.
        if (frame.Blocks * (frame.IsProgressive ? 1 : 2) > 8 * file.Length)
        {
            throw file.Malformed("SOF", $"{frame.Width}x{frame.Height} pixels, {frame.Blocks} blocks", $"at most what {file.Length} bytes can hold");
        }

        file.Limits.CheckPixels(file.Name, frame.Width, frame.Height);
        file.Limits.CheckBuffer(file.Name, "rows of blocks", frame.Blocks * 64m / frame.McusDown * JpegPlane.McuRows);
    }

    private static void Gather(SourceFile file, JpegFrame frame, JpegScan scan, int scans)
    {
        if (scans > MaxScans)
        {
            throw file.Malformed("markers", $"more than {MaxScans} scans", "fewer");
        }

        if (frame.Components[0].Coefficients is null)
        {
            file.Limits.CheckBuffer(file.Name, "a JPEG of several scans", frame.Blocks * 64m * sizeof(short));
            foreach (var component in frame.Components)
            {
                component.Coefficients = new short[component.PaddedAcross * component.PaddedDown * 64];
            }
        }

        scan.DecodeAll();
    }

    private void DecodeMcuRow(int mcuRow)
    {
        if (_scan is not null)
        {
            _scan.DecodeMcuRow((component, row, column, block) => Transform(component, mcuRow, row, column, block));
            return;
        }

        foreach (var component in _frame.Components)
        {
            for (var row = 0; row < component.Vertical; row++)
            {
                for (var column = 0; column < component.PaddedAcross; column++)
                {
                    Transform(component, mcuRow, row, column, component.Block((mcuRow * component.Vertical) + row, column));
                }
            }
        }
    }

    private void Transform(JpegComponent component, int mcuRow, int row, int column, ReadOnlySpan<short> block)
    {
        var plane = _planes[component.Index];
        InverseDct.Transform(block, component.Steps, plane.Block(mcuRow, row, column), plane.Stride);
    }
}
