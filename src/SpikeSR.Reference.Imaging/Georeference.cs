using System.Globalization;
using System.Text;

namespace SpikeSR.Reference.Imaging;

/// <summary>
/// Where on the ground the pixels lie, as a GeoTIFF says it (OGC 19-008), and what GDAL adds. Values stand as they do in the file.
/// </summary>
public sealed record Georeference
{
    private const ushort RasterTypeKey = 1025;
    private const ushort PixelIsPoint = 2;

    /// <summary>Size of a pixel in model units along X, Y and Z (ModelPixelScaleTag); empty if absent.</summary>
    public IReadOnlyList<double> PixelScale { get; init; } = [];

    /// <summary>Pairs of raster (I, J, K) and model (X, Y, Z) coordinates, six numbers each (ModelTiepointTag); empty if absent.</summary>
    public IReadOnlyList<double> TiePoints { get; init; } = [];

    /// <summary>From raster to model coordinates, a row-major 4 x 4 matrix (ModelTransformationTag); empty if absent.</summary>
    public IReadOnlyList<double> Transformation { get; init; } = [];

    /// <summary>Coordinate system: GeoKeyDirectoryTag.</summary>
    public IReadOnlyList<ushort> Keys { get; init; } = [];

    /// <summary>Numbers that keys refer to: GeoDoubleParamsTag.</summary>
    public IReadOnlyList<double> KeyNumbers { get; init; } = [];

    /// <summary>Texts that keys refer to: GeoAsciiParamsTag, its final zero included.</summary>
    public ReadOnlyMemory<byte> KeyTexts { get; init; }

    /// <summary>GDAL's metadata, an XML text, its final zero included.</summary>
    public ReadOnlyMemory<byte> GdalMetadata { get; init; }

    /// <summary>The sample that stands for no data (GDAL_NODATA), as text, its final zero included.</summary>
    public ReadOnlyMemory<byte> NoData { get; init; }

    /// <summary>Coefficients of rational polynomials, 92 numbers (RPCCoefficientTag); empty if absent.</summary>
    public IReadOnlyList<double> RationalPolynomials { get; init; } = [];

    /// <summary>Whether anything says where pixels lie; what else GDAL adds holds for samples wherever they are.</summary>
    public bool HasPlace => PixelScale.Count + TiePoints.Count + Transformation.Count + RationalPolynomials.Count > 0;

    /// <summary>The sample that stands for no data; null if none is named or the text is no number.</summary>
    public float? NoDataValue
    {
        get
        {
            var text = Encoding.ASCII.GetString(NoData.Span).Trim(' ', '\0');
            return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? (float)number : null;
        }
    }

    /// <summary>True where raster coordinates are those of pixel centres; else (0, 0) is the outer corner of the first pixel.</summary>
    public bool IsPixelCentre
    {
        get
        {
            // Four numbers of header, then key, place (0: the value itself), count, value.
            for (var i = 4; i + 3 < Keys.Count; i += 4)
            {
                if (Keys[i] == RasterTypeKey && Keys[i + 1] == 0)
                {
                    return Keys[i + 3] == PixelIsPoint;
                }
            }

            return false;
        }
    }

    /// <summary>The reference of the same ground in more or fewer pixels; GDAL's statistics of the samples are left out.</summary>
    /// <param name="scaleX">Columns divided by columns before, positive.</param>
    /// <param name="scaleY">Rows divided by rows before, positive.</param>
    public Georeference Scaled(double scaleX, double scaleY)
    {
        var tiePoints = TiePoints.ToArray();
        for (var i = 0; i + 5 < tiePoints.Length; i += 6)
        {
            tiePoints[i] = Moved(tiePoints[i], scaleX, IsPixelCentre);
            tiePoints[i + 1] = Moved(tiePoints[i + 1], scaleY, IsPixelCentre);
        }

        var pixelScale = PixelScale.ToArray();
        if (pixelScale.Length >= 2)
        {
            pixelScale[0] /= scaleX;
            pixelScale[1] /= scaleY;
        }

        return this with
        {
            TiePoints = tiePoints,
            PixelScale = pixelScale,
            Transformation = ScaledTransformation(scaleX, scaleY),
            RationalPolynomials = ScaledPolynomials(scaleX, scaleY),
            GdalMetadata = Imaging.GdalMetadata.WithoutStatistics(GdalMetadata),
        };
    }

    // Corners scale about 0, centres about the corner half a pixel before 0.
    private static double Moved(double coordinate, double scale, bool isCentre) => isCentre ? ((coordinate + 0.5) * scale) - 0.5 : coordinate * scale;

    // X = a I + b J + d with I, J expressed by the new coordinates.
    private double[] ScaledTransformation(double scaleX, double scaleY)
    {
        var matrix = Transformation.ToArray();
        for (var row = 0; row < 3 && matrix.Length == 16; row++)
        {
            ref var a = ref matrix[row * 4];
            ref var b = ref matrix[(row * 4) + 1];
            if (IsPixelCentre)
            {
                matrix[(row * 4) + 3] += (a * ((0.5 / scaleX) - 0.5)) + (b * ((0.5 / scaleY) - 0.5));
            }

            a /= scaleX;
            b /= scaleY;
        }

        return matrix;
    }

    // Third and fourth: offset of line and sample, of pixel centres; eighth and ninth: their scale.
    private double[] ScaledPolynomials(double scaleX, double scaleY)
    {
        var numbers = RationalPolynomials.ToArray();
        if (numbers.Length == 92)
        {
            numbers[2] = Moved(numbers[2], scaleY, isCentre: true);
            numbers[3] = Moved(numbers[3], scaleX, isCentre: true);
            numbers[7] *= scaleY;
            numbers[8] *= scaleX;
        }

        return numbers;
    }
}
