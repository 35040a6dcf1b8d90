using SpikeSR.Reference.Imaging.Upscaling;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Imaging.Tests.Upscaling;

/// <summary>Enlarges twice by repeating pixels, after a mean over the square of pixels within reach; beyond a tile's edge there are zeros, as in a convolution.</summary>
internal sealed class StubNetwork(int reach = 0) : ITileNetwork
{
    public int Scale => 2;

    public TileLengths Lengths => new(6);

    /// <summary>Sizes of the tiles that came, in order.</summary>
    public List<(int Height, int Width)> Tiles { get; } = [];

    public long BytesFor(int height, int width) => 64L * height * width;

    public void Enlarge(TensorView<F32> tile, TensorView<F32> enlarged)
    {
        var (height, width) = (tile.Shape[1], tile.Shape[2]);
        lock (Tiles)
        {
            Tiles.Add((height, width));
        }

        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                for (var c = 0; c < 3; c++)
                {
                    float sum = 0;
                    for (var row = Math.Max(y - reach, 0); row <= Math.Min(y + reach, height - 1); row++)
                    {
                        for (var column = Math.Max(x - reach, 0); column <= Math.Min(x + reach, width - 1); column++)
                        {
                            sum += tile.Span[(((row * width) + column) * 3) + c].Value;
                        }
                    }

                    for (var part = 0; part < 4; part++)
                    {
                        enlarged.Span[((((((2 * y) + (part / 2)) * 2 * width) + (2 * x) + (part % 2)) * 3) + c)] = new F32(sum / (((2 * reach) + 1) * ((2 * reach) + 1)));
                    }
                }
            }
        }
    }
}
