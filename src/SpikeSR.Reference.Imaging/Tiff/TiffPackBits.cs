namespace SpikeSR.Reference.Imaging.Tiff;

/// <summary>Byte runs (TIFF 6.0, section 9): a count n, then n + 1 bytes, or for n below 0 one byte that stands for 1 - n of it; -128 is skipped.</summary>
internal sealed class TiffPackBits : TiffUnpacker
{
    private readonly TiffBuffer _input = new();
    private int _literals;
    private int _repeats;
    private byte _repeated;

    public override void Start(TiffChunkBytes bytes)
    {
        _input.Start(bytes);
        _literals = _repeats = 0;
    }

    public override void ReadExactly(Span<byte> bytes)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            while (_literals == 0 && _repeats == 0)
            {
                var count = (sbyte)_input.ReadByte();
                if (count >= 0)
                {
                    _literals = count + 1;
                }
                else if (count > sbyte.MinValue)
                {
                    _repeats = 1 - count;
                    _repeated = _input.ReadByte();
                }
            }

            if (_literals > 0)
            {
                bytes[i] = _input.ReadByte();
                _literals--;
            }
            else
            {
                bytes[i] = _repeated;
                _repeats--;
            }
        }
    }
}
