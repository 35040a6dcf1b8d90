namespace SpikeSR.Reference.Imaging.Png;

/// <summary>The seven passes of an interlaced PNG (ISO/IEC 15948, clause 8.2): each takes the pixels of a lattice.</summary>
/// <param name="X">First column.</param>
/// <param name="Y">First row.</param>
/// <param name="StepX">Distance of columns.</param>
/// <param name="StepY">Distance of rows.</param>
internal readonly record struct Adam7(int X, int Y, int StepX, int StepY)
{
    public static readonly Adam7[] Passes =
    [
        new(0, 0, 8, 8), new(4, 0, 8, 8), new(0, 4, 4, 8), new(2, 0, 4, 4), new(0, 2, 2, 4), new(1, 0, 2, 2), new(0, 1, 1, 2),
    ];

    /// <summary>The pass of an image that is not interlaced.</summary>
    public static readonly Adam7 Whole = new(0, 0, 1, 1);

    /// <summary>Columns of the pass; 0 if it is empty.</summary>
    public int Columns(int width) => (int)(((long)width - X + StepX - 1) / StepX);

    /// <summary>Rows of the pass; 0 if it is empty.</summary>
    public int Lines(int height) => (int)(((long)height - Y + StepY - 1) / StepY);
}
