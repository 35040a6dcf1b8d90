namespace SpikeSR.Reference.Training;

/// <summary>Training has met a loss or a gradient that is not a number.</summary>
/// <param name="step">The step that met it; nothing was changed by it.</param>
/// <param name="loss">Its loss.</param>
/// <param name="gradientNorm">Its gradient's norm.</param>
public sealed class TrainingDivergedException(long step, double loss, double gradientNorm)
    : Exception($"training diverged at step {step}: loss {loss:G4}, gradient norm {gradientNorm:G4}; try a lower rate (checkpoints written before are intact)")
{
    /// <summary>The step that met it.</summary>
    public long Step { get; } = step;
}
