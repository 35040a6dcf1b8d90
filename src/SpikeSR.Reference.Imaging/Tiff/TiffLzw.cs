namespace SpikeSR.Reference.Imaging.Tiff;

/// <summary>
/// LZW (TIFF 6.0, section 13): codes of 9 to 12 bits, the highest bit first, one bit longer from the code before the last one of a length on;
/// 256 clears the table, 257 ends the data.
/// </summary>
internal sealed class TiffLzw : TiffUnpacker
{
    private const int Clear = 256;
    private const int End = 257;
    private const int MaxCodes = 4096;

    private readonly TiffBuffer _input = new();

    // A code's string: that of another code and one more byte.
    private readonly ushort[] _prefix = new ushort[MaxCodes];
    private readonly byte[] _last = new byte[MaxCodes];
    private readonly byte[] _first = new byte[MaxCodes];
    private readonly ushort[] _length = new ushort[MaxCodes];

    // The string that is being handed out.
    private readonly byte[] _string = new byte[MaxCodes];
    private int _given;
    private int _total;

    private uint _bits;
    private int _count;
    private int _codeLength;
    private int _codes;
    private int _previous;

    public TiffLzw()
    {
        for (var code = 0; code < Clear; code++)
        {
            (_first[code], _last[code], _length[code]) = ((byte)code, (byte)code, 1);
        }
    }

    public override void Start(TiffChunkBytes bytes)
    {
        _input.Start(bytes);
        _given = _total = 0;
        _bits = 0;
        _count = 0;
        ClearTable();
    }

    public override void ReadExactly(Span<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            if (_given == _total)
            {
                NextString();
            }

            var count = Math.Min(bytes.Length, _total - _given);
            _string.AsSpan(_given, count).CopyTo(bytes);
            _given += count;
            bytes = bytes[count..];
        }
    }

    private void NextString()
    {
        var code = NextCode();
        while (code == Clear)
        {
            ClearTable();
            code = NextCode();
        }

        // A code may be the one that is just being made: the last string and its own first byte. The first code after a clear is a byte.
        var limit = _previous < 0 ? Clear - 1 : _codes;
        if (code == End || code > limit)
        {
            throw _input.Malformed(code == End ? "the end of the data" : $"LZW code {code}", code == End ? "more of them" : $"at most {limit}");
        }

        if (_previous >= 0 && _codes < MaxCodes)
        {
            _prefix[_codes] = (ushort)_previous;
            _first[_codes] = _first[_previous];
            _last[_codes] = _first[code == _codes ? _previous : code];
            _length[_codes] = (ushort)(_length[_previous] + 1);
            _codes++;
            if (_codes + 1 >= 1 << _codeLength && _codeLength < 12)
            {
                _codeLength++;
            }
        }

        _previous = code;
        _given = 0;
        _total = _length[code];
        for (int at = _total - 1, link = code; at >= 0; at--, link = _prefix[link])
        {
            _string[at] = _last[link];
        }
    }

    private void ClearTable()
    {
        _codeLength = 9;
        _codes = End + 1;
        _previous = -1;
    }

    private int NextCode()
    {
        while (_count < _codeLength)
        {
            _bits = (_bits << 8) | _input.ReadByte();
            _count += 8;
        }

        _count -= _codeLength;
        return (int)(_bits >> _count) & ((1 << _codeLength) - 1);
    }
}
