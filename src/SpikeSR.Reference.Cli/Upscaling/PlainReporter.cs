using System.Diagnostics;
using System.Globalization;
using SpikeSR.Reference.Imaging.Upscaling;

namespace SpikeSR.Reference.Cli.Upscaling;

/// <summary>Plain lines, for logs and pipes: a line of progress every few seconds at most.</summary>
internal class PlainReporter(int images, TextWriter results) : Reporter(images, results)
{
    private const double SecondsBetweenLines = 5;
    private readonly Stopwatch _sinceLine = new();
    private string _title = string.Empty;

    public override void Skipped(ImageList.Entry image)
    {
        base.Skipped(image);
        Results.WriteLine($"skipped {image.Input}: {image.Skip ?? $"{image.Output} is there already"}");
    }

    public override void Failed(ImageList.Entry image, Failure failure)
    {
        base.Failed(image, failure);
        CommandLine.Report(Line(failure, image));
    }

    protected static string Rate(UpscaleProgress state, double megapixelsPerSecond, TimeSpan left) => string.Create(
        CultureInfo.InvariantCulture, $"tile {state.TilesDone}/{state.Tiles}, {megapixelsPerSecond:0.000} Mpixel/s, {(int)left.TotalHours}:{left:mm\\:ss} left");

    protected override void Begin(string title)
    {
        _title = title;
        _sinceLine.Restart();
    }

    protected override void Show(UpscaleProgress state, double megapixelsPerSecond, TimeSpan left)
    {
        if (_sinceLine.Elapsed.TotalSeconds >= SecondsBetweenLines && state.TilesDone < state.Tiles)
        {
            Console.Error.WriteLine($"{_title}: {Rate(state, megapixelsPerSecond, left)}");
            _sinceLine.Restart();
        }
    }

    protected override void Written(ImageJob.Result result)
    {
        Results.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"wrote {result.Image.Output}, {result.Enlarged.Width} x {result.Enlarged.Height} pixels, {result.Duration.TotalSeconds:0.0} s{(result.Range == ValueRange.FullOf(result.Source) ? string.Empty : $", range {result.Range.Low} to {result.Range.High}")}"));
        if (result.Notice is { } notice)
        {
            CommandLine.Report($"{result.Image.Input}: {notice}");
        }
    }

    protected override void Summary(int done, int skipped, IReadOnlyList<(ImageList.Entry Image, Failure Failure)> failures)
    {
        Results.WriteLine($"{done} enlarged, {skipped} skipped, {failures.Count} failed");
        foreach (var (image, failure) in failures)
        {
            Results.WriteLine($"failed  {Line(failure, image)}");
        }
    }
}
