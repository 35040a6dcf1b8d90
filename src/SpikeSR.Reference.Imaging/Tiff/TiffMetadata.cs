namespace SpikeSR.Reference.Imaging.Tiff;

/// <summary>What a directory says beside the samples: profile, size of a pixel, place on the ground.</summary>
internal static class TiffMetadata
{
    private const double Inch = 0.0254;
    private const double Centimetre = 0.01;

    public static ImageMetadata Parse(TiffDirectory directory) => new()
    {
        IccProfile = directory.Bytes(TiffTag.IccProfile),
        Density = Density(directory),
        Georeference = Georeference(directory),
    };

    private static PixelDensity? Density(TiffDirectory directory)
    {
        var across = directory.Doubles(TiffTag.XResolution);
        var down = directory.Doubles(TiffTag.YResolution);
        if (across.Length == 0 || down.Length == 0 || !(across[0] > 0 && double.IsFinite(across[0]) && down[0] > 0 && double.IsFinite(down[0])))
        {
            return null;
        }

        var unit = directory.Number(TiffTag.ResolutionUnit, 2) switch { 2 => Inch, 3 => Centimetre, _ => 1 };
        return new PixelDensity(across[0] / unit, down[0] / unit, IsPhysical: unit < 1);
    }

    private static Georeference? Georeference(TiffDirectory directory)
    {
        TiffTag[] tags =
        [
            TiffTag.ModelPixelScale, TiffTag.ModelTiepoint, TiffTag.ModelTransformation, TiffTag.GeoKeyDirectory, TiffTag.GdalMetadata, TiffTag.GdalNoData,
            TiffTag.RationalPolynomials,
        ];
        if (!tags.Any(directory.Has))
        {
            return null;
        }

        var keys = (int)Math.Min(directory.Count(TiffTag.GeoKeyDirectory), TiffDirectory.MaxMetadataBytes / sizeof(long));
        return new Georeference
        {
            PixelScale = directory.Doubles(TiffTag.ModelPixelScale),
            TiePoints = directory.Doubles(TiffTag.ModelTiepoint),
            Transformation = directory.Doubles(TiffTag.ModelTransformation),
            Keys = keys == 0 ? [] : [.. directory.Numbers(TiffTag.GeoKeyDirectory, keys).Select(key => (ushort)key)],
            KeyNumbers = directory.Doubles(TiffTag.GeoDoubleParams),
            KeyTexts = directory.Bytes(TiffTag.GeoAsciiParams),
            GdalMetadata = directory.Bytes(TiffTag.GdalMetadata),
            NoData = directory.Bytes(TiffTag.GdalNoData),
            RationalPolynomials = directory.Doubles(TiffTag.RationalPolynomials),
        };
    }
}
