using SixLabors.ImageSharp.Advanced;
using SixLabors.ImageSharp.PixelFormats;
using Sharp = SixLabors.ImageSharp;

namespace SpikeSR.Reference.Imaging.ImageSharp;

/// <summary>An image that ImageSharp holds, row by row.</summary>
/// <typeparam name="TPixel">Its pixels: red, green, blue and perhaps opacity, 8 or 16 bits each.</typeparam>
/// <param name="image">The image; disposed with this.</param>
/// <param name="header">What it is.</param>
internal sealed class ImageSharpRowReader<TPixel>(Sharp.Image<TPixel> image, ImageHeader header) : RowReader(header)
    where TPixel : unmanaged, IPixel<TPixel>
{
    protected override void ReadRow(Span<float> row) => PixelRows.Read<TPixel>(image.DangerousGetPixelRowMemory(NextRow).Span, row, Header.Kind);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            image.Dispose();
        }
    }
}
