namespace SpikeSR.Reference.Imaging;

/// <summary>A file format.</summary>
public enum ImageFormat
{
    /// <summary>Portable Network Graphics (ISO/IEC 15948).</summary>
    Png,

    /// <summary>JPEG (ITU-T T.81), 8-bit Huffman-coded baseline, extended and progressive.</summary>
    Jpeg,

    /// <summary>TIFF 6.0, BigTIFF, GeoTIFF.</summary>
    Tiff,

    /// <summary>PBM, PGM and PPM.</summary>
    Pnm,
}
