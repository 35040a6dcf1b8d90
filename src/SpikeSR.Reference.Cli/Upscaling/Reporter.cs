using System.Diagnostics;
using System.Globalization;
using SpikeSR.Reference.Imaging;
using SpikeSR.Reference.Imaging.Upscaling;
using SpikeSR.Reference.Serialization;

namespace SpikeSR.Reference.Cli.Upscaling;

/// <summary>Tells what becomes of images: results on standard output (or where an image goes there, on standard error), progress on standard error, failures once more at the end.</summary>
internal abstract class Reporter : IDisposable
{
    private readonly int _images;
    private readonly List<(ImageList.Entry Image, Failure Failure)> _failures = [];
    private readonly Stopwatch _watch = new();
    private int _done;
    private int _skipped;

    protected Reporter(int images, TextWriter results) => (_images, Results) = (images, results);

    /// <summary>Where results are written.</summary>
    protected TextWriter Results { get; }

    /// <summary>Chooses by what standard output and error are.</summary>
    /// <param name="json">Whether results are lines of JSON.</param>
    /// <param name="images">The images.</param>
    public static Reporter Create(bool json, IReadOnlyList<ImageList.Entry> images)
    {
        var results = images.Any(image => AtomicFile.IsDevice(image.Output)) ? Console.Error : Console.Out;
        return json ? new JsonReporter(images.Count, results) : Console.IsErrorRedirected ? new PlainReporter(images.Count, results) : new TerminalReporter(images.Count, results);
    }

    /// <summary>An image begins.</summary>
    public void Start(string input)
    {
        _watch.Restart();
        Begin(_images == 1 ? input : string.Create(CultureInfo.InvariantCulture, $"[{_done + _skipped + _failures.Count + 1}/{_images}] {input}"));
    }

    /// <summary>A tile is done.</summary>
    public void Progress(ImageHeader header, UpscaleProgress state)
    {
        var rate = state.PixelsDone / _watch.Elapsed.TotalSeconds;
        Show(state, rate / 1e6, TimeSpan.FromSeconds((header.Pixels - state.PixelsDone) / rate));
    }

    /// <summary>An image is written.</summary>
    public void Done(ImageJob.Result result)
    {
        _done++;
        Written(result);
    }

    /// <summary>An image was left as it is.</summary>
    public virtual void Skipped(ImageList.Entry image) => _skipped++;

    /// <summary>An image could not be enlarged.</summary>
    public virtual void Failed(ImageList.Entry image, Failure failure) => _failures.Add((image, failure));

    /// <summary>Ends a run over several images.</summary>
    /// <returns>How many failed.</returns>
    public int Summarise()
    {
        Summary(_done, _skipped, _failures);
        return _failures.Count;
    }

    public virtual void Dispose()
    {
    }

    protected static string Line(Failure failure, ImageList.Entry image) =>
        failure.Message.Contains(image.Input, StringComparison.Ordinal) ? failure.Message : $"{image.Input}: {failure.Message}";

    protected abstract void Begin(string title);

    protected abstract void Show(UpscaleProgress state, double megapixelsPerSecond, TimeSpan left);

    protected abstract void Written(ImageJob.Result result);

    protected abstract void Summary(int done, int skipped, IReadOnlyList<(ImageList.Entry Image, Failure Failure)> failures);
}
