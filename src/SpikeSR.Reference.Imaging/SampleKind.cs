namespace SpikeSR.Reference.Imaging;

/// <summary>How a file stores one sample. In memory every sample is a <see cref="float"/> in the file's own units, which holds all of these exactly.</summary>
public enum SampleKind
{
    /// <summary>0 to 255.</summary>
    UInt8,

    /// <summary>0 to 65535.</summary>
    UInt16,

    /// <summary>-32768 to 32767 (elevations, some reflectance products).</summary>
    Int16,

    /// <summary>IEEE 754 binary32, any value.</summary>
    Float32,
}
