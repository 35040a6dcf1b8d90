namespace SpikeSR.Reference.Imaging.Jpeg;

/// <summary>The decoded samples of a component: three rows of MCUs, as many as smooth enlargement looks at.</summary>
internal sealed class JpegPlane
{
    public const int McuRows = 3;
    private readonly JpegComponent _component;
    private readonly byte[] _samples;
    private readonly int _stride;

    public JpegPlane(JpegComponent component)
    {
        _component = component;
        _stride = component.PaddedAcross * 8;
        _samples = new byte[McuRows * component.Vertical * 8 * _stride];
    }

    /// <summary>Where a block's samples go.</summary>
    /// <param name="mcuRow">Row of MCUs.</param>
    /// <param name="row">Row of blocks within it.</param>
    /// <param name="column">Column of blocks.</param>
    public Span<byte> Block(int mcuRow, int row, int column) => _samples.AsSpan((Line(((mcuRow * _component.Vertical) + row) * 8) * _stride) + (column * 8));

    /// <summary>Distance of rows.</summary>
    public int Stride => _stride;

    /// <summary>A row of samples; outside the image the nearest row inside.</summary>
    public ReadOnlySpan<byte> Row(int y) => _samples.AsSpan(Line(Math.Clamp(y, 0, _component.Height - 1)) * _stride, _component.Width);

    private int Line(int y) => y % (McuRows * _component.Vertical * 8);
}
