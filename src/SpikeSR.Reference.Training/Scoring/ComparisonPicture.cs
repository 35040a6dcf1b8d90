using SpikeSR.Reference.Imaging;

namespace SpikeSR.Reference.Training.Scoring;

/// <summary>Crops side by side, to be looked at: a row a picture; bicubic, the network and the truth from left to right, the middle of each, every pixel twice as wide and high.</summary>
public sealed class ComparisonPicture
{
    private const int Crop = 120;
    private const int Zoom = 2;
    private const int Gap = 8;
    private const int Columns = 3;
    private readonly List<Image[]> _rows = [];

    /// <summary>Whether it has no rows yet.</summary>
    public bool IsEmpty => _rows.Count == 0;

    /// <summary>Adds a row.</summary>
    /// <param name="pictures">What is shown.</param>
    /// <exception cref="ArgumentException">They are smaller than a crop.</exception>
    public void Add(Enlargements pictures)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        if (Math.Min(pictures.Truth.Width, pictures.Truth.Height) < Crop)
        {
            throw new ArgumentException($"a picture of {pictures.Truth.Width} x {pictures.Truth.Height} pixels holds no crop of {Crop} x {Crop}", nameof(pictures));
        }

        _rows.Add([pictures.Bicubic, pictures.Model, pictures.Truth]);
    }

    /// <summary>Draws the rows on white.</summary>
    /// <exception cref="InvalidOperationException">There are none.</exception>
    public Image Draw()
    {
        if (_rows.Count == 0)
        {
            throw new InvalidOperationException("no picture has been added");
        }

        const int Cell = (Crop * Zoom) + Gap;
        var sheet = new Image(new ImageHeader((Columns * Cell) - Gap, (_rows.Count * Cell) - Gap, 3, SampleKind.UInt8));
        Array.Fill(sheet.Samples, 255);
        for (var row = 0; row < _rows.Count; row++)
        {
            for (var column = 0; column < Columns; column++)
            {
                Copy(_rows[row][column], sheet, row * Cell, column * Cell);
            }
        }

        return sheet;
    }

    private static void Copy(Image from, Image sheet, int top, int left)
    {
        var (y0, x0) = ((from.Height - Crop) / 2, (from.Width - Crop) / 2);
        for (var y = 0; y < Crop * Zoom; y++)
        {
            var source = from.Row(y0 + (y / Zoom));
            var target = sheet.Row(top + y);
            for (var x = 0; x < Crop * Zoom; x++)
            {
                source.Slice((x0 + (x / Zoom)) * 3, 3).CopyTo(target[((left + x) * 3)..]);
            }
        }
    }
}
