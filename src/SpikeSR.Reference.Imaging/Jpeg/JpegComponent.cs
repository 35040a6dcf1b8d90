namespace SpikeSR.Reference.Imaging.Jpeg;

/// <summary>One colour plane of a frame: its size, its tables and, where scans are gathered, its coefficients.</summary>
internal sealed class JpegComponent
{
    /// <summary>Its place in the frame.</summary>
    public required int Index { get; init; }

    /// <summary>The name that scans give it.</summary>
    public required int Identifier { get; init; }

    /// <summary>Samples along a row, relative to the frame's component with most of them: 1 to 4.</summary>
    public required int Horizontal { get; init; }

    /// <summary>Samples along a column, relative to the frame's component with most of them: 1 to 4.</summary>
    public required int Vertical { get; init; }

    /// <summary>Number of its quantization table, 0 to 3.</summary>
    public required int QuantizationTable { get; init; }

    /// <summary>Columns and rows that carry image.</summary>
    public int Width { get; set; }

    /// <inheritdoc cref="Width"/>
    public int Height { get; set; }

    /// <summary>Blocks along a row and a column that a scan of this component alone holds.</summary>
    public int BlocksAcross => (Width + 7) / 8;

    /// <inheritdoc cref="BlocksAcross"/>
    public int BlocksDown => (Height + 7) / 8;

    /// <summary>Blocks along a row and a column, filled up to whole MCUs.</summary>
    public int PaddedAcross { get; set; }

    /// <inheritdoc cref="PaddedAcross"/>
    public int PaddedDown { get; set; }

    /// <summary>Quantization steps in natural order, fixed when the component's first scan starts.</summary>
    public ushort[]? Steps { get; set; }

    /// <summary>[PaddedDown, PaddedAcross, 64] in natural order, where scans are gathered before anything is shown.</summary>
    public short[]? Coefficients { get; set; }

    /// <summary>The last DC coefficient of the current scan.</summary>
    public int Prediction { get; set; }

    /// <summary>True once a scan has brought DC coefficients.</summary>
    public bool HasDc { get; set; }

    /// <summary>The coefficients of one block.</summary>
    public Span<short> Block(int row, int column) => Coefficients.AsSpan(((row * PaddedAcross) + column) * 64, 64);
}
