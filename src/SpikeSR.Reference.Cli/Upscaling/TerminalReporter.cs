using Spectre.Console;
using SpikeSR.Reference.Imaging.Upscaling;

namespace SpikeSR.Reference.Cli.Upscaling;

/// <summary>A bar that fills, for people who watch.</summary>
internal sealed class TerminalReporter(int images, TextWriter results) : PlainReporter(images, results)
{
    private const int BarWidth = 30;
    private readonly IAnsiConsole _terminal = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
    private string _title = string.Empty;

    public override void Failed(ImageList.Entry image, Failure failure)
    {
        Clear();
        base.Failed(image, failure);
    }

    public override void Dispose()
    {
        Clear();
        _terminal.Cursor.Show();
        base.Dispose();
    }

    protected override void Begin(string title)
    {
        _title = title;
        _terminal.Cursor.Hide();
        Draw(0, "...");
    }

    protected override void Show(UpscaleProgress state, double megapixelsPerSecond, TimeSpan left) =>
        Draw((double)state.TilesDone / state.Tiles, Rate(state, megapixelsPerSecond, left));

    protected override void Written(ImageJob.Result result)
    {
        Clear();
        base.Written(result);
    }

    private void Draw(double share, string text)
    {
        var full = (int)(share * BarWidth);
        var room = Math.Max(_terminal.Profile.Width - BarWidth - text.Length - 4, 8);
        var title = _title.Length <= room ? _title : "..." + _title[^(room - 3)..];
        Clear();
        _terminal.Write(new Text($"{title} "));
        _terminal.Write(new Text(new string('━', full), new Style(Color.Green)));
        _terminal.Write(new Text(new string('━', BarWidth - full), new Style(Color.Grey)));
        _terminal.Write(new Text($" {text}"));
    }

    private void Clear() => Console.Error.Write(_terminal.Profile.Capabilities.Ansi ? "\r\u001b[K" : "\r");
}
