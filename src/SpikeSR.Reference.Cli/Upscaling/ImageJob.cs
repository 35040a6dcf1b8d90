using System.Diagnostics;
using System.Globalization;
using SpikeSR.Reference.Imaging;
using SpikeSR.Reference.Imaging.Upscaling;

namespace SpikeSR.Reference.Cli.Upscaling;

/// <summary>Enlarges a file into a file.</summary>
/// <param name="upscaler">The network.</param>
internal sealed class ImageJob(SpikeSrUpscaler upscaler)
{
    public required UpscaleSettings Settings { get; init; }

    public required ImageWriteSettings WriteSettings { get; init; }

    /// <summary>Format of the output; null to go by its name.</summary>
    public ImageFormat? Format { get; init; }

    /// <summary>Bands to take, from 0; null for all.</summary>
    public IReadOnlyList<int>? Bands { get; init; }

    public bool KeepAlpha { get; init; } = true;

    /// <summary>The sample that stands for no data; null to go by the file.</summary>
    public float? NoData { get; init; }

    public RangeChoice Range { get; init; } = RangeChoice.Automatic;

    public bool Overwrite { get; init; }

    // Decoding may hold a quarter; an image that cannot be read from top to bottom has to fit into it.
    private ImageLimits Limits => new() { MaxBufferedBytes = Settings.MaxMemory / 4 };

    /// <summary>Enlarges one image; the output appears under its name when it is whole.</summary>
    /// <param name="image">Which.</param>
    /// <param name="progress">Called with the image's pixels and after every tile.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="LimitExceededException">It takes more memory than allowed.</exception>
    public Result Run(ImageList.Entry image, Action<ImageHeader, UpscaleProgress> progress, CancellationToken cancellation)
    {
        var watch = Stopwatch.StartNew();
        try
        {
            using var source = Open(image.Input);
            var header = source.Header;
            CheckBands(header, image.Input);
            var range = Range.For(header, () => Open(image.Input), out var farValue);
            var enlarged = upscaler.Enlarged(header);
            CheckWritable(image.Output, enlarged);
            OutputFolder.Create(image.Output);
            ImageFormats.Write(
                image.Output,
                enlarged,
                sink => upscaler.Upscale(source, sink, Settings with { Range = range }, state => progress(header, state), cancellation),
                Format,
                WriteSettings,
                Overwrite);
            return new Result(image, header, enlarged, range, farValue, watch.Elapsed);
        }
        catch (LimitExceededException failure)
        {
            throw new LimitExceededException($"{(failure.Message.Contains(image.Input, StringComparison.Ordinal) ? string.Empty : image.Input + ": ")}{failure.Message}; --max-memory raises it", failure);
        }
    }

    private RowReader Open(string path)
    {
        var source = ImageFormats.Open(path, Limits);
        try
        {
            return NoDataReader.Of(BandReader.Of(source, Bands, KeepAlpha), NoData);
        }
        catch (ArgumentException)
        {
            source.Dispose();
            throw;
        }
    }

    private static void CheckBands(ImageHeader header, string input)
    {
        if (header.ColourChannels is not (1 or 3))
        {
            throw new ArgumentException($"{input}: {header.ColourChannels} bands, expected one or three; --bands says which, such as --bands 4,3,2");
        }
    }

    private void CheckWritable(string output, ImageHeader enlarged)
    {
        var format = Format ?? ImageFormats.OfExtension(output)!.Value;
        try
        {
            ImageFormats.CheckWritable(format, enlarged);
        }
        catch (ArgumentException failure)
        {
            var advice = enlarged.Alpha != AlphaKind.None && format is ImageFormat.Jpeg or ImageFormat.Pnm ? "--alpha drop, or --format png or tif" : "--format tif, which holds everything";
            throw new ArgumentException($"{output}: {Failure.Of(failure).Message}; try {advice}", failure);
        }
    }

    /// <summary>What was done.</summary>
    /// <param name="Image">To which image.</param>
    /// <param name="Source">What it was.</param>
    /// <param name="Enlarged">What it became.</param>
    /// <param name="Range">The range that the network saw.</param>
    /// <param name="FarValue">A sample that may stand for no data, though nothing says so.</param>
    /// <param name="Duration">The time it took.</param>
    public sealed record Result(ImageList.Entry Image, ImageHeader Source, ImageHeader Enlarged, ValueRange Range, float? FarValue, TimeSpan Duration)
    {
        /// <summary>What to ask about <see cref="FarValue"/>; null where there is none.</summary>
        public string? Notice => FarValue is { } value
            ? string.Create(CultureInfo.InvariantCulture, $"several samples are {value}, far from all others; if that stands for no data, say --nodata {value}")
            : null;
    }
}
