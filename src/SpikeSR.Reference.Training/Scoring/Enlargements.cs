using SpikeSR.Reference.Imaging;

namespace SpikeSR.Reference.Training.Scoring;

/// <summary>A picture and what was made of its reduction, all of one size.</summary>
/// <param name="Bicubic">Bicubic enlargement.</param>
/// <param name="Model">The network's.</param>
/// <param name="Truth">The picture.</param>
public sealed record Enlargements(Image Bicubic, Image Model, Image Truth);
