using System.Globalization;
using SpikeSR.Reference.Imaging;
using SpikeSR.Reference.Imaging.Metrics;
using SpikeSR.Reference.Imaging.Upscaling;

namespace SpikeSR.Reference.Bench;

/// <summary>By how much tiles change what the shipped network makes of images.</summary>
internal static class TileMeasurements
{
    private const int Inner = 16;
    private static readonly int[] Sides = [72, 128, 226];
    private static readonly (int Margin, int Feather)[] Overlaps = [(4, 4), (8, 8), (16, 8)];

    /// <summary>Prints a row a setting: PSNR in dB between the tiled result and the whole image's, the mean over the images; then that of the pixels <see cref="Inner"/> or more inside.</summary>
    /// <param name="paths">The images, each larger than the largest tile.</param>
    public static void Print(IReadOnlyList<string> paths)
    {
        var upscaler = SpikeSrUpscaler.Load();
        var images = paths.Select(path => Image.Load(path)).ToArray();
        var whole = images.Select(image => upscaler.Upscale(image, new UpscaleSettings { TileSize = UpscaleSettings.WholeImage })).ToArray();
        Console.WriteLine($"| side | margin | feather | whole result | {Inner} pixels or more inside |\n| --- | --- | --- | --- | --- |");
        foreach (var side in Sides)
        {
            foreach (var (margin, feather) in Overlaps)
            {
                var settings = new UpscaleSettings { TileSize = side, Margin = margin, Feather = feather };
                var tiled = images.Select(image => upscaler.Upscale(image, settings)).ToArray();
                double Mean(int border) => tiled.Zip(whole, (one, other) => Psnr.OfColours(one, other, border * upscaler.Scale)).Average();
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {side} | {margin} | {feather} | {Mean(0):F1} | {Mean(Inner):F1} |"));
            }
        }
    }
}
