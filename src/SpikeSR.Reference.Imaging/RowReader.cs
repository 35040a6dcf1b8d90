namespace SpikeSR.Reference.Imaging;

/// <summary>
/// An image source, read once from top to bottom in bands of rows, so that an image never has to fit into memory. A format derives from
/// this and yields one row at a time. Samples are interleaved floats in the file's own units (0 to 255, 0 to 65535, ...).
/// </summary>
public abstract class RowReader : IDisposable
{
    /// <summary>Starts a source.</summary>
    /// <param name="header">What the image is.</param>
    /// <exception cref="ArgumentException">The header makes no sense.</exception>
    protected RowReader(ImageHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        header.Check(nameof(header));
        Header = header;
    }

    /// <summary>What the image is.</summary>
    public ImageHeader Header { get; }

    /// <summary>The next row that <see cref="ReadRows"/> gives; the height once all are read.</summary>
    public int NextRow { get; private set; }

    /// <summary>Reads the next rows. The last row is given only after the rest of the file has been checked.</summary>
    /// <param name="samples">[rows, width, channels]; its length says how many rows, at most what is left.</param>
    /// <exception cref="ArgumentException">The length is no whole number of rows, or more rows than are left.</exception>
    /// <exception cref="Serialization.MalformedFileException">The file is wrong.</exception>
    public void ReadRows(Span<float> samples)
    {
        var rows = Rows.Count(Header, NextRow, samples.Length, nameof(samples));
        for (var row = 0; row < rows; row++)
        {
            ReadRow(samples.Slice(row * Header.RowSamples, Header.RowSamples));
            NextRow++;
            if (NextRow == Header.Height)
            {
                Finish();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Decodes the row <see cref="NextRow"/>.</summary>
    /// <param name="row">[width, channels].</param>
    protected abstract void ReadRow(Span<float> row);

    /// <summary>Checks what follows the last row.</summary>
    protected virtual void Finish()
    {
    }

    /// <summary>Frees what the reader holds, the stream included.</summary>
    /// <param name="disposing">True from <see cref="Dispose()"/>.</param>
    protected abstract void Dispose(bool disposing);
}
