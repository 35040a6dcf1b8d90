using SpikeSR.Reference.Imaging.Resampling;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Imaging.Upscaling;

/// <summary>
/// Enlarges images with a network: colours through the network, opacity by bicubic resampling. An image smaller than a patch is padded by reflection
/// and the result cropped (SPEC IMG-1).
/// </summary>
/// <param name="network">The network.</param>
/// <param name="backend">What computes.</param>
public sealed class SpikeSrUpscaler(SpikeSr<F32> network, Backend<F32> backend)
{
    private const int Colours = 3;

    /// <summary>The enlargement.</summary>
    public int Scale => network.Configuration.Scale;

    /// <summary>Enlarges one image, seen by the network as a whole.</summary>
    /// <param name="image">Grey or RGB, with or without opacity, any sample kind; values are scaled by the kind's largest.</param>
    /// <returns>An image of the same kind, s times as wide and high; integral kinds rounded to nearest even and clamped.</returns>
    public Image Upscale(Image image)
    {
        ArgumentNullException.ThrowIfNull(image);
        var result = new Image(image.Header.Resized(image.Width * Scale, image.Height * Scale));
        using var scope = backend.Workspace.OpenScope();
        var (height, width) = (Math.Max(image.Height, network.Configuration.MinimumSide), Math.Max(image.Width, network.Configuration.MinimumSide));
        var x = scope.Rent<F32>(1, height, width, Colours);
        var y = scope.Rent<F32>(1, height * Scale, width * Scale, Colours);
        Read(image, x);
        network.Evaluate(backend, x, y);
        Write(y, result);
        if (image.Header.Alpha != AlphaKind.None)
        {
            CopyOpacity(Bicubic.Resize(image, result.Width, result.Height, backend.Threads), result);
        }

        return result;
    }

    /// <summary>Position that <paramref name="index"/> reflects to in [0, size): ... 2 1 0 1 2 ... size - 2, size - 1, size - 2 ...</summary>
    /// <param name="index">Any position from 0.</param>
    /// <param name="size">Extent, at least 1.</param>
    internal static int Reflect(int index, int size)
    {
        if (size == 1)
        {
            return 0;
        }

        var period = 2 * (size - 1);
        var place = index % period;
        return place < size ? place : period - place;
    }

    private static void Read(Image image, TensorView<F32> x)
    {
        var (height, width, scale) = (x.Shape[1], x.Shape[2], image.Header.MaxValue);
        var pixels = x.Span;
        for (var row = 0; row < height; row++)
        {
            var source = image.Row(Reflect(row, image.Height));
            for (var column = 0; column < width; column++)
            {
                var from = Reflect(column, image.Width) * image.Channels;
                for (var c = 0; c < Colours; c++)
                {
                    pixels[(((row * width) + column) * Colours) + c] = new F32(source[from + (image.Header.ColourChannels == 1 ? 0 : c)] / scale);
                }
            }
        }
    }

    private static void Write(TensorView<F32> y, Image image)
    {
        var (width, scale, integral) = (y.Shape[2], image.Header.MaxValue, image.Header.Kind != SampleKind.Float32);
        var pixels = y.Span;
        for (var row = 0; row < image.Height; row++)
        {
            var target = image.Row(row);
            for (var column = 0; column < image.Width; column++)
            {
                var colours = pixels.Slice(((row * width) + column) * Colours, Colours);
                for (var c = 0; c < image.Header.ColourChannels; c++)
                {
                    // A grey image went in as three equal colours and comes back as their mean.
                    var value = (image.Header.ColourChannels == 1 ? (colours[0].Value + colours[1].Value + colours[2].Value) / Colours : colours[c].Value) * scale;
                    target[(column * image.Channels) + c] = integral ? MathF.Round(Math.Clamp(value, 0, scale)) : value;
                }
            }
        }
    }

    private static void CopyOpacity(Image from, Image to)
    {
        for (var i = to.Channels - 1; i < to.Samples.Length; i += to.Channels)
        {
            to.Samples[i] = from.Samples[i];
        }
    }
}
