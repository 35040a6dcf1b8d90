namespace SpikeSR.Reference.Imaging.Tiff;

/// <summary>How the bytes of a strip or tile are packed.</summary>
internal enum TiffCompression
{
    None = 1,
    Lzw = 5,
    Deflate = 8,
    OldDeflate = 32946,
    PackBits = 32773,
}
