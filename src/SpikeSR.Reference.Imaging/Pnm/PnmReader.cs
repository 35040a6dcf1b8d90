namespace SpikeSR.Reference.Imaging.Pnm;

/// <summary>
/// Reads PBM, PGM and PPM, plain (P1 to P3) and raw (P4 to P6), the first image of a file. A largest value other than 255 or 65535 is scaled
/// to 255, or to 65535 if it is above 255; the white and black of PBM become 255 and 0.
/// </summary>
internal sealed class PnmReader : RowReader
{
    private readonly ByteInput _input;
    private readonly int _kind;
    private readonly int _largest;
    private readonly byte[] _line;

    private PnmReader(ByteInput input, int kind, int largest, int lineBytes, ImageHeader header)
        : base(header)
    {
        _input = input;
        _kind = kind;
        _largest = largest;
        _line = new byte[lineBytes];
    }

    public static PnmReader Open(SourceFile file)
    {
        var input = new ByteInput(file);
        if (input.Require("magic number") != 'P' || input.Require("magic number") is not (>= '1' and <= '6' and var kind))
        {
            throw file.Malformed("magic number", "another", "P1 to P6");
        }

        var isBitmap = kind is '1' or '4';
        var isPlain = kind <= '3';
        var channels = kind is '3' or '6' ? 3 : 1;
        var width = PlainNumber(input, "width", 1, int.MaxValue);
        var height = PlainNumber(input, "height", 1, int.MaxValue);
        var largest = isBitmap ? 1 : PlainNumber(input, "largest value", 1, ushort.MaxValue);
        var samples = (decimal)width * channels;
        var lineBytes = isBitmap ? (width + 7L) / 8 : samples * (largest > byte.MaxValue ? 2 : 1);

        // In plain files a sample takes a digit, and a space between two of them unless they are bits.
        var needed = !isPlain ? lineBytes * height : isBitmap ? samples * height : (2 * samples * height) - 1;
        if (needed > input.Remaining)
        {
            throw file.Malformed("header", $"{width}x{height} pixels, at least {needed} bytes", $"at most the {input.Remaining} that are left");
        }

        file.Limits.CheckPixels(file.Name, width, height);
        file.Limits.CheckBuffer(file.Name, "a row", lineBytes + (samples * sizeof(float)));
        var header = new ImageHeader(width, height, channels, largest > byte.MaxValue ? SampleKind.UInt16 : SampleKind.UInt8);
        return new PnmReader(input, kind, largest, isPlain ? 0 : (int)lineBytes, header);
    }

    protected override void ReadRow(Span<float> row)
    {
        _input.ReadExactly(_line, "samples");
        for (var i = 0; i < row.Length; i++)
        {
            var sample = _kind switch
            {
                '1' => 1 - PlainBit(),
                '4' => 1 - ((_line[i >> 3] >> (7 - (i & 7))) & 1),
                '2' or '3' => PlainNumber(_input, "samples", 0, _largest),
                _ => RawSample(i),
            };
            row[i] = _largest is byte.MaxValue or ushort.MaxValue ? sample : Scaled(sample);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _input.File.Dispose();
        }
    }

    private static bool IsSpace(int value) => value is ' ' or '\t' or '\n' or '\v' or '\f' or '\r';

    /// <summary>A byte; a comment, from # to the end of the line, counts as that end.</summary>
    private static int PlainByte(ByteInput input, string part)
    {
        var value = input.ReadByte();
        if (value == '#')
        {
            do
            {
                value = input.Require(part);
            }
            while (value is not ('\n' or '\r'));
        }

        return value;
    }

    /// <summary>A decimal number after any white space, and the one byte that ends it.</summary>
    private static int PlainNumber(ByteInput input, string part, int lowest, int highest)
    {
        int value;
        do
        {
            value = PlainByte(input, part);
        }
        while (IsSpace(value));

        var number = -1L;
        for (; value is >= '0' and <= '9' && number <= int.MaxValue; value = PlainByte(input, part))
        {
            number = (Math.Max(number, 0) * 10) + value - '0';
        }

        // The last sample may end with the file.
        if (number < lowest || number > highest || !(IsSpace(value) || value < 0))
        {
            throw input.File.Malformed(part, number < 0 ? "no number" : $"{number} and a byte {value}", $"{lowest} to {highest} and white space");
        }

        return (int)number;
    }

    private int PlainBit()
    {
        int value;
        do
        {
            value = PlainByte(_input, "samples");
        }
        while (IsSpace(value));

        return value is '0' or '1' ? value - '0' : throw _input.File.Malformed("samples", value < 0 ? "the end of the file" : $"byte {value}", "0 or 1");
    }

    private int RawSample(int i)
    {
        var sample = _largest > byte.MaxValue ? (_line[2 * i] << 8) | _line[(2 * i) + 1] : _line[i];
        return sample <= _largest ? sample : throw _input.File.Malformed("samples", $"{sample}", $"at most {_largest}");
    }

    // To nearest, halves up.
    private int Scaled(int sample)
    {
        var top = (long)Header.MaxValue;
        return (int)(((2 * sample * top) + _largest) / (2 * _largest));
    }
}
