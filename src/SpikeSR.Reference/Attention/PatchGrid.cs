using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Attention;

/// <summary>
/// Where the overlapping patches of an image lie (SPEC PATCH-1): tops 0, step, 2 step, ... while below H + step - P; a patch that would pass the edge
/// is moved back to end at it. Columns likewise. Patches are numbered row-major.
/// </summary>
public sealed class PatchGrid
{
    private readonly int[] _rowDivisors;
    private readonly int[] _columnDivisors;

    /// <summary>Lays the grid.</summary>
    /// <param name="patchSize">P, in pixels.</param>
    /// <param name="step">Pixels between neighbouring tops, 1 to P; P - 2 in SpikeSR.</param>
    /// <param name="height">H, at least P.</param>
    /// <param name="width">W, at least P.</param>
    /// <param name="published">Whether reversal divides as the published code does (SPEC PATCH-4) instead of by the true count.</param>
    /// <exception cref="ArgumentException">The image is smaller than a patch, a size is not positive, or the step is above P.</exception>
    public PatchGrid(int patchSize, int step, int height, int width, bool published = false)
    {
        Guard.That(patchSize >= 1, $"patch size is {patchSize}, expected at least 1", nameof(patchSize));
        Guard.That(step >= 1 && step <= patchSize, $"step is {step}, expected 1 to the patch size {patchSize}: no pixel may lie between patches", nameof(step));
        Guard.That(height >= patchSize && width >= patchSize, $"an image of {height} x {width} pixels is smaller than a patch of {patchSize} x {patchSize}", nameof(height));
        (PatchSize, Height, Width) = (patchSize, height, width);
        (Tops, Lefts) = (Starts(height, patchSize, step), Starts(width, patchSize, step));
        Func<IReadOnlyList<int>, int, int, int[]> divisors = published ? PublishedDivisors : Counts;
        (_rowDivisors, _columnDivisors) = (divisors(Tops, height, patchSize), divisors(Lefts, width, patchSize));
    }

    /// <summary>P, in pixels.</summary>
    public int PatchSize { get; }

    /// <summary>Image height in pixels.</summary>
    public int Height { get; }

    /// <summary>Image width in pixels.</summary>
    public int Width { get; }

    /// <summary>First rows of the patch rows.</summary>
    public IReadOnlyList<int> Tops { get; }

    /// <summary>First columns of the patch columns.</summary>
    public IReadOnlyList<int> Lefts { get; }

    /// <summary>n, the number of patches.</summary>
    public int Count => Tops.Count * Lefts.Count;

    /// <summary>What the sum at a pixel is divided by in <see cref="PatchOperator.Reverse"/>.</summary>
    /// <param name="row">Row of the image.</param>
    /// <param name="column">Column of the image.</param>
    public int Divisor(int row, int column) => _rowDivisors[row] * _columnDivisors[column];

    /// <summary>The top left pixel of a patch.</summary>
    /// <param name="patch">Patch number, row-major.</param>
    public (int Top, int Left) Origin(int patch) => (Tops[patch / Lefts.Count], Lefts[patch % Lefts.Count]);

    private static int[] Starts(int size, int patchSize, int step)
    {
        var starts = new List<int>();
        for (var start = 0; start < size + step - patchSize; start += step)
        {
            starts.Add(Math.Min(start, size - patchSize));
        }

        return [.. starts];
    }

    // Patches over each row.
    private static int[] Counts(IReadOnlyList<int> starts, int size, int patchSize)
    {
        var counts = new int[size];
        foreach (var start in starts)
        {
            for (var row = start; row < start + patchSize; row++)
            {
                counts[row]++;
            }
        }

        return counts;
    }

    // 2^r, r = number of neighbouring pairs (a, b) of starts with b <= row < a + P.
    private static int[] PublishedDivisors(IReadOnlyList<int> starts, int size, int patchSize)
    {
        var divisors = new int[size];
        Array.Fill(divisors, 1);
        for (var i = 0; i < starts.Count - 1; i++)
        {
            for (var row = starts[i + 1]; row < starts[i] + patchSize; row++)
            {
                divisors[row] *= 2;
            }
        }

        return divisors;
    }
}
