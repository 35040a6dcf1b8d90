namespace SpikeSR.Reference.Imaging;

/// <summary>An image in memory as a source of rows.</summary>
internal sealed class ImageRowReader(Image image) : RowReader(image.Header)
{
    protected override void ReadRow(Span<float> row) => image.Row(NextRow).CopyTo(row);

    protected override void Dispose(bool disposing)
    {
    }
}
