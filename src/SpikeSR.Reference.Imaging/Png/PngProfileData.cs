namespace SpikeSR.Reference.Imaging.Png;

/// <summary>The compressed part of an iCCP chunk.</summary>
internal sealed class PngProfileData(ReadOnlyMemory<byte> bytes) : CompressedBytes
{
    private ReadOnlyMemory<byte> _rest = bytes;

    protected override int Take(Span<byte> buffer)
    {
        var count = Math.Min(buffer.Length, _rest.Length);
        _rest.Span[..count].CopyTo(buffer);
        _rest = _rest[count..];
        return count;
    }
}
