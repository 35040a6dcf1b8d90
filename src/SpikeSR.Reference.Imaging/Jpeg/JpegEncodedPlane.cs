using System.Numerics;

namespace SpikeSR.Reference.Imaging.Jpeg;

/// <summary>A component on its way into a file: a row of MCUs of samples, reduced where colour is halved, filled up where the image ends.</summary>
internal sealed class JpegEncodedPlane
{
    private readonly int _blocks;
    private readonly int _reduction;
    private readonly byte[] _steps;
    private readonly HuffmanCode _dc;
    private readonly HuffmanCode _ac;
    private readonly int _stride;
    private readonly int _blocksAcross;
    private readonly int _blocksDown;
    private readonly byte[] _samples;
    private readonly int[] _pending;
    private int _lines;
    private int _mcuRow;
    private int _prediction;

    /// <param name="header">The image.</param>
    /// <param name="blocks">Blocks of an MCU along each direction: 1 or 2.</param>
    /// <param name="reduction">Pixels along each direction that make a sample: 1 or 2.</param>
    /// <param name="steps">Quantization in natural order.</param>
    /// <param name="dc">Code of DC differences.</param>
    /// <param name="ac">Code of the other coefficients.</param>
    public JpegEncodedPlane(ImageHeader header, int blocks, int reduction, byte[] steps, HuffmanCode dc, HuffmanCode ac)
    {
        _blocks = blocks;
        _reduction = reduction;
        _steps = steps;
        _dc = dc;
        _ac = ac;
        var size = 8 * blocks * reduction;
        var mcus = (header.Width + size - 1) / size;
        _stride = mcus * blocks * 8;
        _blocksAcross = (((header.Width + reduction - 1) / reduction) + 7) / 8;
        _blocksDown = (((header.Height + reduction - 1) / reduction) + 7) / 8;
        _samples = new byte[_stride * blocks * 8];
        _pending = new int[_stride];
        LastRow = header.Height - 1;
    }

    private int LastRow { get; }

    /// <summary>Adds a row of pixels.</summary>
    /// <param name="row">[width].</param>
    /// <param name="y">Its number.</param>
    public void Add(ReadOnlySpan<byte> row, int y)
    {
        var line = _samples.AsSpan(_lines * _stride, _stride);
        if (_reduction == 1)
        {
            row.CopyTo(line);
            line[row.Length..].Fill(row[^1]);
            _lines++;
            return;
        }

        // The last row of an odd number stands for the missing one too.
        var weight = y == LastRow && y % 2 == 0 ? 2 : 1;
        for (var x = 0; x < _stride; x++)
        {
            var left = row[Math.Min(2 * x, row.Length - 1)];
            var right = row[Math.Min((2 * x) + 1, row.Length - 1)];
            _pending[x] = (y % 2 == 0 ? 0 : _pending[x]) + (weight * (left + right));
        }

        if (y % 2 == 0 && weight == 1)
        {
            return;
        }

        // Halves are rounded down and up in turns, so that no tint creeps in.
        for (var x = 0; x < _stride; x++)
        {
            line[x] = (byte)((_pending[x] + 1 + (x % 2)) >> 2);
        }

        _lines++;
    }

    /// <summary>Repeats the last line down to the end of the row of MCUs.</summary>
    public void FillDown()
    {
        for (; _lines < 8 * _blocks; _lines++)
        {
            _samples.AsSpan((_lines - 1) * _stride, _stride).CopyTo(_samples.AsSpan(_lines * _stride));
        }
    }

    /// <summary>Writes the blocks of an MCU; after the row's last one the next row may be added.</summary>
    public void WriteMcu(JpegBitWriter bits, int mcu)
    {
        Span<int> block = stackalloc int[64];
        for (var row = 0; row < _blocks; row++)
        {
            for (var column = (mcu * _blocks); column < (mcu + 1) * _blocks; column++)
            {
                if (column >= _blocksAcross || (_mcuRow * _blocks) + row >= _blocksDown)
                {
                    // Nothing of such a block is shown: the same DC again, and no other coefficient.
                    Write(bits, _dc[0]);
                    Write(bits, _ac[0]);
                    continue;
                }

                for (var i = 0; i < 64; i++)
                {
                    block[i] = _samples[(((row * 8) + (i / 8)) * _stride) + (column * 8) + (i % 8)] - 128;
                }

                ForwardDct.Transform(block);
                WriteBlock(bits, block);
            }
        }

        if ((mcu + 1) * _blocks * 8 == _stride)
        {
            _lines = 0;
            _mcuRow++;
        }
    }

    // T.81, F.1.2.
    private void WriteBlock(JpegBitWriter bits, ReadOnlySpan<int> block)
    {
        var dc = Quantized(block, 0);
        WriteNumber(bits, _dc, 0, dc - _prediction);
        _prediction = dc;
        var zeros = 0;
        for (var k = 1; k < 64; k++)
        {
            var value = Quantized(block, JpegTables.NaturalOrder[k]);
            if (value == 0)
            {
                zeros++;
                continue;
            }

            for (; zeros >= 16; zeros -= 16)
            {
                Write(bits, _ac[0xF0]);
            }

            WriteNumber(bits, _ac, zeros, value);
            zeros = 0;
        }

        if (zeros > 0)
        {
            Write(bits, _ac[0]);
        }
    }

    // The transform leaves a factor of 8; halves are rounded away from zero.
    private int Quantized(ReadOnlySpan<int> block, int at)
    {
        var step = _steps[at] * 8;
        var magnitude = (Math.Abs(block[at]) + (step / 2)) / step;
        return block[at] < 0 ? -magnitude : magnitude;
    }

    private static void WriteNumber(JpegBitWriter bits, HuffmanCode code, int zeros, int value)
    {
        var size = 32 - BitOperations.LeadingZeroCount((uint)Math.Abs(value));
        Write(bits, code[(zeros << 4) | size]);
        bits.Write(value < 0 ? value - 1 : value, size);
    }

    private static void Write(JpegBitWriter bits, (int Code, int Length) code) => bits.Write(code.Code, code.Length);
}
