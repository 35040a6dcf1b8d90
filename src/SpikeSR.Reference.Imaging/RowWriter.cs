namespace SpikeSR.Reference.Imaging;

/// <summary>
/// An image sink, written once from top to bottom in bands of rows. A format derives from this and takes one row at a time. Samples are
/// interleaved floats in the file's own units; integer formats round to nearest, halves up, clamp, and write NaN as 0.
/// </summary>
public abstract class RowWriter : IDisposable
{
    private bool _complete;

    /// <summary>Starts a sink.</summary>
    /// <param name="header">What the image is.</param>
    /// <exception cref="ArgumentException">The header makes no sense.</exception>
    protected RowWriter(ImageHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        header.Check(nameof(header));
        Header = header;
    }

    /// <summary>What the image is.</summary>
    public ImageHeader Header { get; }

    /// <summary>The next row that <see cref="WriteRows"/> takes; the height once all are written.</summary>
    public int NextRow { get; private set; }

    /// <summary>Writes the next rows.</summary>
    /// <param name="samples">[rows, width, channels]; its length says how many rows, at most what is left.</param>
    /// <exception cref="ArgumentException">The length is no whole number of rows, or more rows than are left.</exception>
    public void WriteRows(ReadOnlySpan<float> samples)
    {
        var rows = Rows.Count(Header, NextRow, samples.Length, nameof(samples));
        for (var row = 0; row < rows; row++)
        {
            WriteRow(samples.Slice(row * Header.RowSamples, Header.RowSamples));
            NextRow++;
        }
    }

    /// <summary>Writes what follows the last row. The file is whole only after this.</summary>
    /// <exception cref="InvalidOperationException">Rows are missing.</exception>
    public void Complete()
    {
        if (NextRow < Header.Height)
        {
            throw new InvalidOperationException($"{NextRow} of {Header.Height} rows were written");
        }

        if (!_complete)
        {
            _complete = true;
            Finish();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Encodes the row <see cref="NextRow"/>.</summary>
    /// <param name="row">[width, channels].</param>
    protected abstract void WriteRow(ReadOnlySpan<float> row);

    /// <summary>Writes what follows the last row.</summary>
    protected abstract void Finish();

    /// <summary>Frees what the writer holds; the stream stays open.</summary>
    /// <param name="disposing">True from <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
    }
}
