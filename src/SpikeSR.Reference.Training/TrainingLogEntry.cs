namespace SpikeSR.Reference.Training;

/// <summary>One line of a <see cref="TrainingLog"/>.</summary>
/// <param name="Step">Step.</param>
/// <param name="Loss">Mean loss since the line before.</param>
/// <param name="Psnr">Mean PSNR-Y on the pictures held back in dB, where it was measured.</param>
public sealed record TrainingLogEntry(long Step, double Loss, double? Psnr);
