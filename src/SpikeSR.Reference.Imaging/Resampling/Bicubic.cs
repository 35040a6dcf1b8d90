using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Imaging.Resampling;

/// <summary>
/// Bicubic interpolation (a = -0.5), antialiased when it shrinks: the degradation that super-resolution is trained and judged with.
/// Columns are resampled first, then rows. 8-bit images come out byte for byte as from Pillow's <c>Image.resize(size, BICUBIC)</c>: weights in
/// fixed point with 22 fractional bits, and rounding to whole levels after each of the two passes. All other kinds are resampled in double precision and stored as
/// float after each pass, as Pillow does with mode F; they are neither rounded nor clamped.
/// </summary>
public static class Bicubic
{
    internal const double FixedPointOne = 1 << 22;
    private const int RowsAtOnce = 8;

    /// <summary>Resamples an image; every channel alone, opacity too.</summary>
    /// <param name="image">The image.</param>
    /// <param name="width">Columns of the result, at least 1.</param>
    /// <param name="height">Rows of the result, at least 1.</param>
    /// <param name="parallelism">Threads; null for the calling thread alone. The result does not depend on it.</param>
    /// <returns>An image of the same kind, its metadata scaled.</returns>
    /// <exception cref="ArgumentException">An extent is below 1, or the result would pass 2^31 samples.</exception>
    public static Image Resize(Image image, int width, int height, Parallelism? parallelism = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        if ((decimal)Math.Max(image.Height, height) * width * image.Channels > Array.MaxLength)
        {
            throw new ArgumentException($"{width}x{height} pixels with {image.Channels} channels pass 2^31 samples; use tiles", nameof(width));
        }

        parallelism ??= Parallelism.Single;
        var narrowed = width == image.Width ? image : Columns(image, width, parallelism);
        return height == narrowed.Height ? narrowed : Rows(narrowed, height, parallelism);
    }

    // [y, x, c] = sum over k of weight[x, k] input[y, first[x] + k, c], k ascending.
    private static Image Columns(Image input, int width, Parallelism parallelism)
    {
        var isLevels = input.Header.Kind == SampleKind.UInt8;
        var taps = BicubicTaps.Between(input.Width, width, isLevels ? FixedPointOne : null);
        var output = new Image(input.Header.Resized(width, input.Height));
        var channels = input.Channels;
        parallelism.ForRange(input.Height, RowsAtOnce, (start, end) =>
        {
            for (var y = start; y < end; y++)
            {
                var source = input.Row(y);
                var target = output.Row(y);
                for (var x = 0; x < width; x++)
                {
                    var weights = taps.Weights(x);
                    var first = taps.First(x) * channels;
                    for (var c = 0; c < channels; c++)
                    {
                        double sum = 0;
                        for (var k = 0; k < weights.Length; k++)
                        {
                            sum += source[first + (k * channels) + c] * weights[k];
                        }

                        target[(x * channels) + c] = Store(sum, isLevels);
                    }
                }
            }
        });
        return output;
    }

    // [y, i] = sum over k of weight[y, k] input[first[y] + k, i], k ascending; i runs over columns and channels.
    private static Image Rows(Image input, int height, Parallelism parallelism)
    {
        var isLevels = input.Header.Kind == SampleKind.UInt8;
        var taps = BicubicTaps.Between(input.Height, height, isLevels ? FixedPointOne : null);
        var output = new Image(input.Header.Resized(input.Width, height));
        parallelism.ForRange(height, RowsAtOnce, (start, end) =>
        {
            var sums = new double[input.Header.RowSamples];
            for (var y = start; y < end; y++)
            {
                var weights = taps.Weights(y);
                Array.Clear(sums);
                for (var k = 0; k < weights.Length; k++)
                {
                    var source = input.Row(taps.First(y) + k);
                    for (var i = 0; i < sums.Length; i++)
                    {
                        sums[i] += source[i] * weights[k];
                    }
                }

                var target = output.Row(y);
                for (var i = 0; i < sums.Length; i++)
                {
                    target[i] = Store(sums[i], isLevels);
                }
            }
        });
        return output;
    }

    // Fixed-point sums are whole numbers below 2^53, so a double holds them exactly.
    internal static float Store(double sum, bool isLevels) =>
        isLevels ? (float)Math.Clamp(Math.Floor((sum + (FixedPointOne / 2)) / FixedPointOne), 0, byte.MaxValue) : (float)sum;
}
