namespace SpikeSR.Reference.Imaging;

/// <summary>An image in memory as a sink of rows.</summary>
internal sealed class ImageRowWriter(Image image) : RowWriter(image.Header)
{
    protected override void WriteRow(ReadOnlySpan<float> row) => row.CopyTo(image.Row(NextRow));

    protected override void Finish()
    {
    }
}
