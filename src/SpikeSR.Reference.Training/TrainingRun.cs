using System.Diagnostics;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Training;

/// <summary>How a run stands.</summary>
/// <param name="Last">The last step.</param>
/// <param name="MeanLoss">Mean loss since the last report.</param>
/// <param name="Psnr">Mean PSNR-Y on the held-back pictures in dB, where it was measured at this step.</param>
/// <param name="StepsPerSecond">Since the run was started or taken up.</param>
/// <param name="Remaining">Time left at that speed.</param>
public sealed record TrainingReport(TrainingStep Last, double MeanLoss, double? Psnr, double StepsPerSecond, TimeSpan Remaining);

/// <summary>Carries a run to its last step: reports, measures, saves checkpoints, and stops between steps when asked to.</summary>
public sealed class TrainingRun
{
    private readonly Trainer _trainer;
    private readonly Backend<F32> _backend;

    /// <summary>Prepares a run.</summary>
    /// <param name="trainer">The run's state, fresh or resumed.</param>
    /// <param name="backend">What computes.</param>
    public TrainingRun(Trainer trainer, Backend<F32> backend) => (_trainer, _backend) = (trainer, backend);

    /// <summary>Where checkpoints go; null: none are written.</summary>
    public string? CheckpointPath { get; init; }

    /// <summary>Steps between checkpoints.</summary>
    public int CheckpointEvery { get; init; } = 500;

    /// <summary>Steps between reports.</summary>
    public int ReportEvery { get; init; } = 20;

    /// <summary>Steps between measurements on the held-back pictures.</summary>
    public int ValidateEvery { get; init; } = 500;

    /// <summary>Pictures to measure on; none: no measurement.</summary>
    public IReadOnlyList<TrainingImage> HeldBack { get; init; } = [];

    /// <summary>Runs to the last step.</summary>
    /// <param name="report">Is told how the run stands.</param>
    /// <param name="cancellation">Stops between two steps; a checkpoint is written then.</param>
    /// <exception cref="TrainingDivergedException">The loss is not a number; the last checkpoint is as it was.</exception>
    /// <exception cref="OperationCanceledException">The run was stopped.</exception>
    public void ToTheEnd(Action<TrainingReport> report, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(report);
        var (clock, first) = (Stopwatch.StartNew(), _trainer.Step);
        var (loss, steps, last) = (0.0, 0, _trainer.Settings.Steps);
        while (_trainer.Step < last)
        {
            if (cancellation.IsCancellationRequested)
            {
                SaveCheckpoint();
                cancellation.ThrowIfCancellationRequested();
            }

            var done = _trainer.Advance();
            (loss, steps) = (loss + done.Loss, steps + 1);
            var measured = Due(ValidateEvery) && HeldBack.Count > 0 ? Measure() : (double?)null;
            if (Due(CheckpointEvery))
            {
                SaveCheckpoint();
            }

            if (Due(ReportEvery) || measured is not null)
            {
                var rate = (_trainer.Step - first) / clock.Elapsed.TotalSeconds;
                report(new TrainingReport(done, loss / steps, measured, rate, TimeSpan.FromSeconds((last - _trainer.Step) / rate)));
                (loss, steps) = (0, 0);
            }
        }
    }

    // Every so many steps, and at the last.
    private bool Due(int every) => _trainer.Step % every == 0 || _trainer.Step == _trainer.Settings.Steps;

    private double Measure()
    {
        _trainer.SwapAverage();
        var psnr = Validation.MeanPsnr(_trainer.Network, _backend, HeldBack);
        _trainer.SwapAverage();
        return psnr;
    }

    private void SaveCheckpoint()
    {
        if (CheckpointPath is not null)
        {
            TrainingCheckpoint.Save(_trainer, CheckpointPath);
        }
    }
}
