using System.Text;
using System.Text.Json;
using SpikeSR.Reference.Imaging.Upscaling;

namespace SpikeSR.Reference.Cli.Upscaling;

/// <summary>A line of JSON for each image, and one at the end of a run over several; for programs.</summary>
internal sealed class JsonReporter(int images, TextWriter results) : Reporter(images, results)
{
    public override void Skipped(ImageList.Entry image)
    {
        base.Skipped(image);
        Write(json => Names(json, image, "skipped"));
    }

    public override void Failed(ImageList.Entry image, Failure failure)
    {
        base.Failed(image, failure);
        Write(json =>
        {
            Names(json, image, "failed");
            json.WriteString("error", failure.Message);
            json.WriteNumber("exitCode", failure.ExitCode);
        });
    }

    protected override void Begin(string title)
    {
    }

    protected override void Show(UpscaleProgress state, double megapixelsPerSecond, TimeSpan left)
    {
    }

    protected override void Written(ImageJob.Result result) => Write(json =>
    {
        Names(json, result.Image, "done");
        json.WriteNumber("width", result.Enlarged.Width);
        json.WriteNumber("height", result.Enlarged.Height);
        json.WriteStartArray("range");
        json.WriteNumberValue(result.Range.Low);
        json.WriteNumberValue(result.Range.High);
        json.WriteEndArray();
        if (result.Notice is { } notice)
        {
            json.WriteString("notice", notice);
        }

        json.WriteNumber("seconds", Math.Round(result.Duration.TotalSeconds, 3));
        json.WriteNumber("megapixelsPerSecond", Math.Round(result.Source.Pixels / result.Duration.TotalSeconds / 1e6, 6));
    });

    protected override void Summary(int done, int skipped, IReadOnlyList<(ImageList.Entry Image, Failure Failure)> failures) => Write(json =>
    {
        json.WriteNumber("done", done);
        json.WriteNumber("skipped", skipped);
        json.WriteNumber("failed", failures.Count);
    });

    private static void Names(Utf8JsonWriter json, ImageList.Entry image, string status)
    {
        json.WriteString("input", image.Input);
        json.WriteString("output", image.Output);
        json.WriteString("status", status);
    }

    private void Write(Action<Utf8JsonWriter> members)
    {
        using var line = new MemoryStream();
        using (var json = new Utf8JsonWriter(line))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        Results.WriteLine(Encoding.UTF8.GetString(line.GetBuffer(), 0, (int)line.Length));
    }
}
