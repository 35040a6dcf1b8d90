using System.Globalization;
using System.Text;
using SpikeSR.Reference.Serialization;

namespace SpikeSR.Reference.Training;

/// <summary>A run's loss (on a logarithmic scale) and PSNR over its steps, as an SVG picture.</summary>
public static class TrainingCurve
{
    private const int Width = 720;
    private const int PanelHeight = 200;
    private const int Left = 70;
    private const int Right = 20;
    private const int Top = 30;
    private const int Gap = 50;
    private const int Ticks = 5;

    /// <summary>Draws and writes the picture, beside the target and then renamed.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="entries">The run's log, at least one entry.</param>
    /// <param name="bicubic">Bicubic's PSNR on the same pictures, drawn as a line; null: none is.</param>
    public static void Write(string path, IReadOnlyList<TrainingLogEntry> entries, double? bicubic)
    {
        var svg = Draw(entries, bicubic);
        AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(svg)));
    }

    /// <summary>Draws the picture.</summary>
    /// <param name="entries">The run's log, at least one entry.</param>
    /// <param name="bicubic">Bicubic's PSNR, or null.</param>
    /// <returns>The SVG's text.</returns>
    public static string Draw(IReadOnlyList<TrainingLogEntry> entries, double? bicubic)
    {
        ArgumentNullException.ThrowIfNull(entries);
        var steps = Math.Max(1, entries.Max(entry => entry.Step));
        var height = Top + PanelHeight + Gap + PanelHeight + Gap;
        var svg = new StringBuilder();
        Line(svg, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {height}\" width=\"{Width}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"12\">");
        Line(svg, $"<rect width=\"{Width}\" height=\"{height}\" fill=\"white\"/>");

        var losses = entries.Where(entry => entry.Loss > 0).Select(entry => (entry.Step, Value: Math.Log10(entry.Loss))).ToList();
        Panel(svg, Top, "L1 loss on the crops", losses, [], steps, value => Math.Pow(10, value).ToString("G3", CultureInfo.InvariantCulture));

        var quality = entries.Where(entry => entry.Psnr is not null).Select(entry => (entry.Step, Value: entry.Psnr!.Value)).ToList();
        Panel(svg, Top + PanelHeight + Gap, "PSNR-Y in dB on the images held back (dashed: bicubic)", quality, bicubic is { } line ? [line] : [], steps, value => value.ToString("F2", CultureInfo.InvariantCulture));
        Line(svg, $"<text x=\"{Width / 2}\" y=\"{height - 10}\" text-anchor=\"middle\">step</text>");
        svg.Append("</svg>\n");
        return svg.ToString();
    }

    private static void Panel(StringBuilder svg, int top, string title, List<(long Step, double Value)> points, double[] lines, long steps, Func<double, string> label)
    {
        Line(svg, $"<text x=\"{Left}\" y=\"{top - 8}\">{title}</text>");
        Line(svg, $"<rect x=\"{Left}\" y=\"{top}\" width=\"{Width - Left - Right}\" height=\"{PanelHeight}\" fill=\"none\" stroke=\"#888\"/>");
        var values = points.Select(point => point.Value).Concat(lines).Where(double.IsFinite).ToList();
        if (points.Count == 0 || values.Count == 0)
        {
            return;
        }

        var (low, high) = (values.Min(), values.Max());
        var margin = Math.Max((high - low) * 0.05, 1e-3);
        (low, high) = (low - margin, high + margin);
        double X(double step) => Left + (step / steps * (Width - Left - Right));
        double Y(double value) => top + PanelHeight - ((value - low) / (high - low) * PanelHeight);
        for (var i = 0; i < Ticks; i++)
        {
            var (value, step) = (low + ((high - low) * i / (Ticks - 1)), (double)steps * i / (Ticks - 1));
            Line(svg, $"<line x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Y(value):F1}\" y2=\"{Y(value):F1}\" stroke=\"#ddd\"/>");
            Line(svg, $"<text x=\"{Left - 6}\" y=\"{Y(value) + 4:F1}\" text-anchor=\"end\">{label(value)}</text>");
            Line(svg, $"<text x=\"{X(step):F1}\" y=\"{top + PanelHeight + 16}\" text-anchor=\"middle\">{step:F0}</text>");
        }

        foreach (var line in lines)
        {
            Line(svg, $"<line x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Y(line):F1}\" y2=\"{Y(line):F1}\" stroke=\"#d62728\" stroke-dasharray=\"6 4\"/>");
        }

        var path = string.Join(' ', points.Where(point => double.IsFinite(point.Value)).Select(point => string.Create(CultureInfo.InvariantCulture, $"{X(point.Step):F1},{Y(point.Value):F1}")));
        Line(svg, $"<polyline points=\"{path}\" fill=\"none\" stroke=\"#1f77b4\" stroke-width=\"1.5\"/>");
    }

    private static void Line(StringBuilder svg, FormattableString line) => svg.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
