using System.Globalization;

namespace SpikeSR.Reference.Training;

/// <summary>A run's reports as a CSV file that grows line by line; a run that is taken up again goes on with it.</summary>
public sealed class TrainingLog : IDisposable
{
    private readonly StreamWriter _writer;

    /// <summary>Opens the file; lines of steps after <paramref name="step"/> are dropped.</summary>
    /// <param name="path">The file.</param>
    /// <param name="step">Where the run goes on; 0: a new file.</param>
    public TrainingLog(string path, long step)
    {
        var kept = step > 0 && File.Exists(path)
            ? File.ReadLines(path).Skip(1).Where(line => long.TryParse(line.Split(',')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var at) && at <= step).ToList()
            : [];
        _writer = new StreamWriter(path) { AutoFlush = true };
        _writer.WriteLine("step,loss,rate,gradient_norm,psnr");
        kept.ForEach(_writer.WriteLine);
    }

    /// <summary>Adds a line.</summary>
    /// <param name="report">The report.</param>
    public void Add(TrainingReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        _writer.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{report.Last.Step},{report.MeanLoss:G6},{report.Last.Rate:G6},{report.Last.GradientNorm:G6},{report.Psnr:F4}"));
    }

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();
}
