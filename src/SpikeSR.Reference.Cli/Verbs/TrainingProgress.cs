using System.Globalization;
using Spectre.Console;
using SpikeSR.Reference.Training;

namespace SpikeSR.Reference.Cli.Verbs;

/// <summary>Shows how a run stands: a bar that is drawn over on a terminal, plain lines otherwise.</summary>
internal static class TrainingProgress
{
    /// <summary>Carries out a run.</summary>
    /// <param name="steps">Its last step.</param>
    /// <param name="from">The step it goes on from.</param>
    /// <param name="run">The run; it calls what it is given at every report.</param>
    public static void Show(int steps, long from, Action<Action<TrainingReport>> run)
    {
        if (Console.IsOutputRedirected || !AnsiConsole.Profile.Capabilities.Ansi)
        {
            run(report => Console.WriteLine($"step {report.Last.Step}/{steps}  {Text(report)}{Quality(report)}"));
            return;
        }

        AnsiConsole.Progress().AutoClear(false).Columns(new ProgressBarColumn(), new PercentageColumn(), new TaskDescriptionColumn { Alignment = Justify.Left }).Start(context =>
        {
            var task = context.AddTask($"step {from}/{steps}", maxValue: steps);
            task.Value = from;
            run(report =>
            {
                task.Value = report.Last.Step;
                task.Description = $"step {report.Last.Step}/{steps}  {Text(report)}";
                if (report.Psnr is not null)
                {
                    AnsiConsole.WriteLine($"step {report.Last.Step}{Quality(report)}");
                }
            });
        });
    }

    private static string Text(TrainingReport report) => string.Create(
        CultureInfo.InvariantCulture,
        $"loss {report.MeanLoss:F5}  lr {report.Last.Rate:E2}  {report.StepsPerSecond:F2} steps/s  {Left(report.Remaining)} left");

    private static string Quality(TrainingReport report) =>
        report.Psnr is { } value ? string.Create(CultureInfo.InvariantCulture, $"  PSNR-Y {value:F3} dB") : string.Empty;

    // Hours may pass 24.
    private static string Left(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours}:{time:mm\\:ss}");
}
