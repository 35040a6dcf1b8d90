namespace SpikeSR.Reference.Imaging;

/// <summary>Checks of the bands that readers give and writers take.</summary>
internal static class Rows
{
    /// <summary>How many rows a span of samples holds, given that <paramref name="next"/> rows have passed already.</summary>
    public static int Count(ImageHeader header, int next, int length, string name)
    {
        var (rows, rest) = Math.DivRem(length, header.RowSamples);
        if (rest != 0)
        {
            throw new ArgumentException($"{length} samples are no whole number of rows of {header.RowSamples}", name);
        }

        if (rows > header.Height - next)
        {
            throw new ArgumentException($"{rows} rows from row {next} pass the height {header.Height}", name);
        }

        return rows;
    }
}
