using System.Globalization;
using System.Text;

namespace SpikeSR.Reference.Imaging;

/// <summary>An image one of whose samples is said to stand for no data, whatever its file says (SPEC IMG-3).</summary>
public sealed class NoDataReader : RowReader
{
    private readonly RowReader _source;

    private NoDataReader(RowReader source, ImageHeader header)
        : base(header) => _source = source;

    /// <summary>Says of a source which sample stands for no data.</summary>
    /// <param name="source">The image; disposed with the result.</param>
    /// <param name="value">The sample, in the file's own units; null to go by the file.</param>
    /// <returns>The source itself where nothing changes.</returns>
    /// <exception cref="ArgumentException">No sample of this kind has the value.</exception>
    public static RowReader Of(RowReader source, float? value)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (value is not { } noData)
        {
            return source;
        }

        var header = source.Header;
        if (!Samples.CanBe(header.Kind, noData))
        {
            throw new ArgumentException($"nodata is {noData.ToString("R", CultureInfo.InvariantCulture)}, expected a number that a sample of kind {header.Kind} can be", nameof(value));
        }

        var ground = header.Metadata.Georeference ?? new Georeference();
        var text = Encoding.ASCII.GetBytes(noData.ToString("R", CultureInfo.InvariantCulture) + '\0');
        return new NoDataReader(source, header with { Metadata = header.Metadata with { Georeference = ground with { NoData = text } } });
    }

    /// <inheritdoc/>
    protected override void ReadRow(Span<float> row) => _source.ReadRows(row);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _source.Dispose();
        }
    }
}
