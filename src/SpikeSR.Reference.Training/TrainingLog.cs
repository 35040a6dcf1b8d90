using System.Globalization;
using System.Text;
using SpikeSR.Reference.Serialization;

namespace SpikeSR.Reference.Training;

/// <summary>A run's reports as a CSV file that grows line by line; a run that is taken up again goes on with it.</summary>
public sealed class TrainingLog : IDisposable
{
    private const string Header = "step,loss,rate,gradient_norm,psnr";
    private readonly StreamWriter _writer;

    /// <summary>Opens the file; lines of steps after <paramref name="step"/> are dropped.</summary>
    /// <param name="path">The file.</param>
    /// <param name="step">Where the run goes on; 0: a new file.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public TrainingLog(string path, long step)
    {
        var kept = step > 0 && File.Exists(path) ? Read(path).Where(entry => entry.Entry.Step <= step).Select(entry => entry.Line).ToList() : [];
        AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(string.Concat(kept.Prepend(Header).Select(line => line + '\n')))));
        _writer = new StreamWriter(path, append: true) { AutoFlush = true, NewLine = "\n" };
    }

    /// <summary>Reads the entries of a log.</summary>
    /// <param name="path">The file; lines that are no entries are passed over.</param>
    public static IReadOnlyList<TrainingLogEntry> Entries(string path) => [.. Read(path).Select(entry => entry.Entry)];

    /// <summary>Adds a line.</summary>
    /// <param name="report">The report.</param>
    /// <exception cref="IOException">The disk is full, say.</exception>
    public void Add(TrainingReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        _writer.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{report.Last.Step},{report.MeanLoss:G6},{report.Last.Rate:G6},{report.Last.GradientNorm:G6},{report.Psnr:F4}"));
    }

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();

    private static IEnumerable<(TrainingLogEntry Entry, string Line)> Read(string path)
    {
        foreach (var line in File.ReadLines(path))
        {
            var parts = line.Split(',');
            if (parts.Length == 5
                && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var step)
                && double.TryParse(parts[1], NumberStyles.Float, CultureInfo.InvariantCulture, out var loss))
            {
                yield return (new TrainingLogEntry(step, loss, double.TryParse(parts[4], NumberStyles.Float, CultureInfo.InvariantCulture, out var psnr) ? psnr : null), line);
            }
        }
    }
}
