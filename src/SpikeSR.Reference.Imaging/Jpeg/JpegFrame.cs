namespace SpikeSR.Reference.Imaging.Jpeg;

/// <summary>A frame header (ITU-T T.81, B.2.2) and the geometry that follows from it.</summary>
internal sealed class JpegFrame
{
    private JpegFrame(int width, int height, bool isProgressive, JpegComponent[] components)
    {
        Width = width;
        Height = height;
        IsProgressive = isProgressive;
        Components = components;
        MaxHorizontal = components.Max(component => component.Horizontal);
        MaxVertical = components.Max(component => component.Vertical);
        McusAcross = (width + (8 * MaxHorizontal) - 1) / (8 * MaxHorizontal);
        McusDown = (height + (8 * MaxVertical) - 1) / (8 * MaxVertical);
        foreach (var component in components)
        {
            component.Width = ((width * component.Horizontal) + MaxHorizontal - 1) / MaxHorizontal;
            component.Height = ((height * component.Vertical) + MaxVertical - 1) / MaxVertical;
            component.PaddedAcross = McusAcross * component.Horizontal;
            component.PaddedDown = McusDown * component.Vertical;
        }
    }

    public int Width { get; }

    public int Height { get; }

    public bool IsProgressive { get; }

    public JpegComponent[] Components { get; }

    /// <summary>The largest sampling factors of any component.</summary>
    public int MaxHorizontal { get; }

    /// <inheritdoc cref="MaxHorizontal"/>
    public int MaxVertical { get; }

    /// <summary>Minimum coded units along a row and a column, where a scan holds all components.</summary>
    public int McusAcross { get; }

    /// <inheritdoc cref="McusAcross"/>
    public int McusDown { get; }

    /// <summary>Blocks of all components, whole MCUs.</summary>
    public long Blocks => Components.Sum(component => (long)component.PaddedAcross * component.PaddedDown);

    public static JpegFrame Parse(SourceFile file, int marker, ReadOnlySpan<byte> segment)
    {
        if (segment.Length < 6 || segment.Length != 6 + (3 * segment[5]))
        {
            throw file.Malformed("SOF", $"a length of {segment.Length + 2}", "8 and 3 for each component");
        }

        if (segment[0] != 8)
        {
            throw file.Malformed("SOF", $"samples of {segment[0]} bits", "8 bits, the only depth that is read");
        }

        var height = (segment[1] << 8) | segment[2];
        var width = (segment[3] << 8) | segment[4];
        if (width == 0 || height == 0)
        {
            throw file.Malformed("SOF", $"{width}x{height} pixels", "at least one each way (a height that comes later, in DNL, is not read)");
        }

        if (segment[5] is not (1 or 3))
        {
            throw file.Malformed("SOF", $"{segment[5]} components", "1 or 3: grey, YCbCr or RGB (CMYK is not read)");
        }

        var components = new JpegComponent[segment[5]];
        for (var i = 0; i < components.Length; i++)
        {
            var (identifier, factors, table) = (segment[6 + (3 * i)], segment[7 + (3 * i)], segment[8 + (3 * i)]);
            var (horizontal, vertical) = (factors >> 4, factors & 15);
            if (horizontal is 0 or > 4 || vertical is 0 or > 4 || table > 3 || components.Any(earlier => earlier?.Identifier == identifier))
            {
                throw file.Malformed("SOF", $"component {identifier} sampled {horizontal}x{vertical} with table {table}", "its own name, 1 to 4 each way, 0 to 3");
            }

            components[i] = new JpegComponent
            {
                Index = i,
                Identifier = identifier,

                // A single component's factors are relative to themselves.
                Horizontal = components.Length == 1 ? 1 : horizontal,
                Vertical = components.Length == 1 ? 1 : vertical,
                QuantizationTable = table,
            };
        }

        var frame = new JpegFrame(width, height, marker == 0xC2, components);
        foreach (var component in components)
        {
            if (frame.MaxHorizontal % component.Horizontal != 0 || frame.MaxVertical % component.Vertical != 0)
            {
                throw file.Malformed("SOF", $"sampling factors {component.Horizontal}x{component.Vertical}", $"divisors of {frame.MaxHorizontal}x{frame.MaxVertical}");
            }
        }

        return frame;
    }
}
