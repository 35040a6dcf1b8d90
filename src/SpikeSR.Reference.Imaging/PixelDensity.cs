namespace SpikeSR.Reference.Imaging;

/// <summary>Pixels along a metre, or only their ratio.</summary>
/// <param name="X">Pixels a metre along a row.</param>
/// <param name="Y">Pixels a metre along a column.</param>
/// <param name="IsPhysical">False where the unit is unknown and the two numbers only give the shape of a pixel.</param>
public readonly record struct PixelDensity(double X, double Y, bool IsPhysical);
